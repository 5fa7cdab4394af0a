"""Judging the access `privileged`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.agent.answer import build_mount
from hwaccess.diagnose import rules
from hwaccess.diagnose.capability import confinement_of
from hwaccess.diagnose.declared import OLD, confines, names_of
from hwaccess.diagnose.ladder import observation_of
from hwaccess.diagnose.verdicts import board_remedy, compose_remedy, reached, stopped
from hwaccess.model import Change

if TYPE_CHECKING:
    from hwaccess.facts import Confinement
    from hwaccess.model import Case, Verdict
from hwaccess.access.privileged.rules import (
    NOT_PRIVILEGED,
    NOT_ROOT,
    OUTER_CAPABILITIES,
    OUTER_DEVICES,
    STILL_MASKED,
)

ALL_DEVICES: Final = "a *:* rwm"


def judge(case: Case) -> Verdict:
    """The first part that is missing, in the order of what it costs.

    The order is capabilities, seccomp, LSM, devices, paths.
    """
    who = confinement_of(case)
    evidence = (
        f"CapEff {who.effective:016x}, CapBnd {who.bounding:016x}, uid {who.euid}",
        f"Seccomp {who.seccomp}, LSM label {who.lsm_label or 'none'}",
        *device_evidence(case),
        *(f"{path}: {what}" for path, what in locked_paths(case)),
    )
    missing = (
        judge_capabilities(who, evidence)
        or judge_filters(who, evidence)
        or judge_devices(case, evidence)
        or judge_paths(case, evidence)
    )
    if missing is None:
        return reached("the container has all that privileged promises", None, *evidence)
    return missing if case.service.privileged else not_privileged(evidence)


def not_privileged(evidence: tuple[str, ...]) -> Verdict:
    """Nobody granted it; which part is missing first says nothing then."""
    remedy = compose_remedy(
        "name the devices, groups or capabilities that are needed; "
        "if it must be all: privileged: true",
        Change("set", "privileged", "true"),
    )
    return stopped(NOT_PRIVILEGED, "the service is not privileged", evidence, remedy=remedy)


def missing_from(capabilities: int) -> tuple[str, ...]:
    """The capabilities that are not in the set.

    The newest ones are left out: old engines do not know them.
    """
    return names_of(OLD & ~capabilities)


def judge_capabilities(who: Confinement, evidence: tuple[str, ...]) -> Verdict | None:
    """Whether every capability is effective on the board, and why not."""
    if who.euid != 0 and missing_from(who.effective):
        remedy = compose_remedy('run the service as root: user: "0"', Change("set", "user", "0"))
        summary = f"privileged gives uid {who.euid} no capability"
        return stopped(NOT_ROOT, summary, evidence, remedy=remedy)
    if not who.initial_user_namespace:
        remedy = compose_remedy(
            "start the service in the board's user namespace: userns_mode: host",
            Change("set", "userns_mode", "host"),
        )
        told = (
            *evidence,
            f"uid_map {who.uid_map[0].inside} {who.uid_map[0].outside}"
            if who.uid_map
            else "no uid_map",
        )
        summary = "the capabilities count only inside the container's user namespace"
        return stopped(rules.CAPABILITY_NAMESPACE, summary, told, remedy=remedy)
    lacking = missing_from(who.bounding & who.effective)
    if lacking:
        remedy = board_remedy(
            "see what the engine itself has: grep CapBnd /proc/$(pidof dockerd)/status"
        )
        summary = (
            f"privileged, without {', '.join(lacking[:3])}{' and more' if lacking[3:] else ''}"
        )
        return stopped(OUTER_CAPABILITIES, summary, evidence, remedy=remedy)
    return None


def judge_filters(who: Confinement, evidence: tuple[str, ...]) -> Verdict | None:
    """A seccomp filter or a security module that still confines it."""
    if who.seccomp:
        summary = (
            "privileged, and a seccomp filter is on: "
            "an outer container's, or one that security_opt names"
        )
        return stopped(rules.SECCOMP, summary, evidence)
    if confines(who.lsm_label):
        return stopped(rules.LSM, f"privileged, and confined by {who.lsm_label}", evidence)
    return None


def device_evidence(case: Case) -> tuple[str, ...]:
    """What shows of the device cgroup."""
    facts = observation_of(case).facts
    rows = facts.texts("device_rules")
    refused = facts.texts("refused")
    return (
        f"/dev has {facts.number('nodes', 0)} nodes",
        *((f"devices.list: {'; '.join(rows[:4])}",) if rows else ()),
        *((f'access("{refused[0]}", R_OK) = EPERM',) if refused else ()),
    )


def judge_devices(case: Case, evidence: tuple[str, ...]) -> Verdict | None:
    """A device cgroup that still limits it.

    One that shows in no file shows by EPERM of access(2).
    """
    facts = observation_of(case).facts
    rows = facts.texts("device_rules")
    limited = bool(rows) and ALL_DEVICES not in rows
    if not limited and not facts.texts("refused"):
        return None
    return stopped(OUTER_DEVICES, "privileged, and a device cgroup still refuses nodes", evidence)


def locked_paths(case: Case) -> tuple[tuple[str, str], ...]:
    """The paths that are read-only or covered by a mount of their own."""
    mounts = observation_of(case).facts.table("mounts")
    found = []
    for path in mounts.keys():  # noqa: SIM118 -- no dict
        mount = build_mount(mounts.table(path))
        if mount is None:
            continue
        if "ro" in mount.options:
            found.append((path, f"read-only ({mount.fstype} at {mount.point})"))
        elif mount.own and mount.fstype not in ("proc", "sysfs"):
            found.append((path, f"covered by {mount.fstype}"))
    return tuple(found)


def judge_paths(case: Case, evidence: tuple[str, ...]) -> Verdict | None:
    """A path that is still locked."""
    locked = locked_paths(case)
    if not locked:
        return None
    return stopped(STILL_MASKED, f"privileged, and {locked[0][0]} is {locked[0][1]}", evidence)
