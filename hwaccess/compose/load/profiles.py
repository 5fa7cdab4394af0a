"""`profiles`: which services take part in this run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.compose.load.rules import UNKNOWN_PROFILE
from hwaccess.compose.yaml.tree import Entry, Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Collection

    from hwaccess.compose.load.findings import Findings


def active_services(
    services: Mapping, wanted: Collection[str], findings: Findings
) -> tuple[Mapping, tuple[str, ...]]:
    """The services that take part, and the names of the others. `*` switches every profile on."""
    listed = {entry.key.text: _profiles(entry) for entry in services}
    known = {profile for profiles in listed.values() for profile in profiles}
    for profile in wanted:
        if profile != "*" and profile not in known:
            summary = f"no service has the profile {profile!r}"
            there = (
                f"the profiles are: {', '.join(sorted(known))}"
                if known
                else "no service has any profile"
            )
            findings.warn(UNKNOWN_PROFILE, summary, place=None, remedy=there, once=profile)
    on = {
        name
        for name, profiles in listed.items()
        if not profiles or "*" in wanted or not profiles.isdisjoint(wanted)
    }
    active = tuple(entry for entry in services if entry.key.text in on)
    return Mapping(active, services.place), tuple(name for name in listed if name not in on)


def _profiles(entry: Entry) -> frozenset[str]:
    node = entry.value.get("profiles") if isinstance(entry.value, Mapping) else None
    items = node.items if isinstance(node, Sequence) else ()
    return frozenset(item.text for item in items if isinstance(item, Scalar))
