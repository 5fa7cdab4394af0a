"""`volumes_from`: the mounts of one service in another."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hwaccess.compose.grants import rules
from hwaccess.words import Severity

if TYPE_CHECKING:
    from hwaccess.compose.grants.reader import Reader
    from hwaccess.compose.yaml.tree import Mapping, Scalar
    from hwaccess.grants import MountGrant, Service

FIELD: Final = "volumes_from"
Sources = dict[str, list[tuple[str, bool, "Scalar"]]]


def with_volumes_from(
    services: tuple[Service, ...], bodies: Mapping, project: Reader
) -> tuple[Service, ...]:
    """The services, each with the mounts that it takes over.

    Its own mount at the same place stays.
    """
    known = {service.name: service for service in services}
    sources = {entry.key.text: _sources(entry.key.text, bodies, project, known) for entry in bodies}
    if not any(sources.values()):
        return services
    return tuple(
        replace(service, mounts=_mounts(service, known, sources, ())) for service in services
    )


def _sources(
    name: str, bodies: Mapping, project: Reader, known: dict[str, Service]
) -> list[tuple[str, bool, Scalar]]:
    """The services whose mounts are taken over.

    Each has whether its mounts become read-only, and where that is written.
    """
    reader = replace(project, service=name, field=FIELD)
    body = bodies.get(name)
    node = reader.mapping(body).get(FIELD) if body is not None else None
    found = []
    for text, item in reader.texts(node) if node is not None else ():
        source, _, mode = text.partition(":")
        if source == "container":
            summary = (
                f"the mounts of the container {mode!r} are not known here; "
                "the checks are made without them"
            )
            reader.find(rules.FOREIGN_MOUNTS, Severity.NOTE, summary, item.place)
        elif source not in known:
            others = ", ".join(other for other in known if other != name)
            hint = f"use one of: {others}" if others else "remove it"
            raise reader.error(item.place, f"no service is called {source!r}", hint)
        else:
            found.append((source, mode == "ro", item))
    return found


def _mounts(
    service: Service, known: dict[str, Service], sources: Sources, above: tuple[str, ...]
) -> tuple[MountGrant, ...]:
    """A service's mounts and those it takes over.

    These include what their owner takes over itself.
    """
    mounts = list(service.mounts)
    for source, read_only, item in sources[service.name]:
        if source in (service.name, *above):
            continue  # a circle: compose would refuse it as one of dependencies
        for mount in _mounts(known[source], known, sources, (*above, service.name)):
            if mount.type != "tmpfs" and mount.target not in {own.target for own in mounts}:
                taken = replace(mount, field=FIELD, text=item.text, place=item.place, label=None)
                mounts.append(replace(taken, read_only=mount.read_only or read_only))
    return tuple(mounts)
