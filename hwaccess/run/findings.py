"""Findings about grants.

They tell of grants that do nothing on this board or for this user, and of reach beyond what is
declared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.model import Outcome, Result
from hwaccess.run import rules as plan_rules
from hwaccess.words import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hwaccess.facts import BoardFacts, Confinement
    from hwaccess.grants import MountGrant, Service
    from hwaccess.model import CheckResult


def of_board(service: Service, board: BoardFacts) -> Iterator[Finding]:
    """Grants that do nothing on this board."""
    for index in sorted(missing_mounts(service, board)):
        yield missing_mount(service, service.mounts[index])
    if not board.complete:
        return
    for rule in service.cgroup_rules:
        kind = {"c": "char", "b": "block"}.get(rule.type)
        if kind and rule.major is not None and not board.driver(kind, rule.major):
            yield Finding(
                plan_rules.MAJOR_UNOWNED.id,
                Severity.NOTE,
                f"device_cgroup_rules {rule.text!r}: "
                f"no driver of the board owns {kind} major {rule.major}",
                service.name,
                rule.place,
                "look the number up on the board: cat /proc/devices",
            )


def missing_mounts(service: Service, board: BoardFacts) -> frozenset[int]:
    """The indices of bind mounts whose source the board does not have.

    The probe runs without them.
    """
    return frozenset(
        index
        for index, mount in enumerate(service.mounts)
        if mount.type == "bind"
        and (mount.create_host_path or mount.source_skipped_when_missing)
        and board.path_kind(mount.source) == "absent"
    )


def missing_mount(service: Service, mount: MountGrant) -> Finding:
    """What compose or the supervisor would make of a bind whose source is not there."""
    if mount.source_skipped_when_missing:
        return Finding(
            plan_rules.LABEL_SKIPPED.id,
            Severity.WARNING,
            f"label {mount.label} does nothing: the board has no {mount.source}",
            service.name,
            mount.place,
            f"provide {mount.source} on the board, or drop the label",
        )
    return Finding(
        plan_rules.SOURCE_MISSING.id,
        Severity.WARNING,
        f"the board has no {mount.source}: compose would make an empty directory there",
        service.name,
        mount.place,
        "use devices: for a node, or the long form with bind: {create_host_path: false}",
    )


def of_container(service: Service, confinement: Confinement) -> Iterator[Finding]:
    """Grants that do nothing for the user the container runs as, and nodes that no grant names."""
    if confinement.euid != 0:
        for grant in service.capabilities:
            if (
                grant.add
                and grant.name != "ALL"
                and not service.privileged
                and not confinement.effective
            ):
                yield Finding(
                    plan_rules.CAPABILITY_DOES_NOTHING.id,
                    Severity.WARNING,
                    f"cap_add {grant.text} does nothing: "
                    f"the service runs as uid {confinement.euid}",
                    service.name,
                    grant.place,
                    'run it as root (user: "0"), use setcap in the image, or drop the line',
                )
        privileged = service.value("privileged")
        if privileged is not None and privileged.on:
            yield Finding(
                plan_rules.PRIVILEGED_DOES_NOTHING.id,
                Severity.WARNING,
                f"privileged gives no capability to uid {confinement.euid}",
                service.name,
                privileged.place,
                "name the devices and groups that the service needs instead",
            )
    yield from of_reach(service, confinement)


def of_reach(service: Service, confinement: Confinement) -> Iterator[Finding]:
    """Device nodes that the container may use and no grant names."""
    if service.privileged:
        return
    for path in confinement.reachable_nodes:
        if not declares(service, path):
            yield Finding(
                plan_rules.REACHES_MORE.id,
                Severity.WARNING,
                f"the service may use {path}, which none of its grants names",
                service.name,
                service.place,
                "look at the engine's defaults: docker info",
            )


def declares(service: Service, path: str) -> bool:
    """Whether a device, or a bind together with a cgroup rule, gives the path."""
    if any(grant.cdi or grant.covers(path) for grant in service.devices) or service.device_requests:
        return True
    return service.bind(path) is not None and bool(service.cgroup_rules)


def of_passes(results: Iterable[CheckResult]) -> Iterator[Finding]:
    """What a judge had to say of an access that is reachable all the same."""
    for result in results:
        verdict = result.verdict
        if result.result is Result.PASS and verdict.outcome is Outcome.REACHABLE and verdict.rule:
            summary = "; ".join(verdict.also_possible) or verdict.summary
            yield Finding(
                verdict.rule, Severity.WARNING, summary, result.check.service, result.check.place
            )


def of_substitutions(service: Service, lines: tuple[str, ...]) -> Iterator[Finding]:
    """What could not be given to the probe container unchanged."""
    for line in lines:
        yield Finding(plan_rules.SUBSTITUTED.id, Severity.NOTE, line, service.name, service.place)
