"""`privileged`: whether the container really has all that the word promises, or which part is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.decode import build_mount
from hwaccess.diagnose import rules
from hwaccess.diagnose.capability import confinement_of
from hwaccess.diagnose.declared import OLD, confines, names_of
from hwaccess.diagnose.ladder import observation_of
from hwaccess.diagnose.verdicts import board_remedy, compose_remedy, reached, stopped
from hwaccess.model import Change, Layer, Rule
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts, Confinement
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "privileged"
SUMMARY: Final = "privileged: every capability, no seccomp, no device cgroup, nothing masked"
PARAMS: Final[Mapping[str, object]] = {}
IMPLIES_DENY: Final = False  # the check `confinement` of every other service says it already
ALL_DEVICES: Final = "a *:* rwm"

NOT_PRIVILEGED: Final = Rule(
    "HW310",
    "the container is not privileged",
    """\
Nobody made the service privileged, and its bounding set, seccomp and /sys show that it is not. That is the better
state: `privileged: true` gives every capability, every device node of the board and a writable /sys at once, while most
hardware needs one line of `devices`, a group by number, or one capability.

    hwaccess check FILE     # says for each access which single grant is missing
""",
    Layer.CAPABILITY,
)
NOT_ROOT: Final = Rule(
    "HW311",
    "privileged gives no capability to a user other than root",
    """\
The service is privileged and runs as another user than root. All capabilities are in the bounding set and none of them
is effective, so mounting, raw memory and modules are refused as in any container. Nodes are still judged by owner,
group and mode (HW123). What remains are the board's nodes, no seccomp filter, and unmasked paths.

    user: "0"                       # when the capabilities are needed
    group_add: ["GID OF THE NODE"]  # when only a node is needed; then `privileged` can go
""",
    Layer.CAPABILITY,
)
OUTER_CAPABILITIES: Final = Rule(
    "HW312",
    "privileged, and still without some capabilities",
    """\
The service is privileged and root, and capabilities are missing from its bounding set. `cap_drop` is not the reason:
engines ignore it beside `privileged`. The engine itself runs with a cut bounding set (in a container, a sandbox, a
hardened unit) and cannot hand on what it does not have. Stricter kernels do not even start such a container: the engine
then says `unable to apply caps: operation not permitted`.

    grep CapBnd /proc/$(pidof dockerd)/status
    capsh --decode=0000003fffffffff
""",
    Layer.CAPABILITY,
)
OUTER_DEVICES: Final = Rule(
    "HW313",
    "privileged, and a device cgroup still refuses nodes",
    """\
A privileged container has no device list of its own, and yet access(2) says EPERM for a node, or devices.list (cgroup
v1) is not `a *:* rwm`. A cgroup can never allow more than the one above it, so an outer container or service limits it:
LXC, a Kubernetes pod, Docker in Docker, `DeviceAllow=` of a unit.

    lxc.cgroup2.devices.allow: c 89:* rwm      # for example, in the outer container's configuration
""",
    Layer.DEVICE_CGROUP,
)
STILL_MASKED: Final = Rule(
    "HW314",
    "privileged, and paths of /proc or /sys are still masked or read-only",
    """\
The engine leaves /proc and /sys as they are in a privileged container. Here one of them is read-only or covered by an
empty mount, which an outer container does (its own /sys is read-only, so no inner one can be writable), or a mount of
the service itself.

    grep -E ' /(sys|proc)' /proc/self/mountinfo
""",
    Layer.MOUNT,
)
RULES: Final = (NOT_PRIVILEGED, NOT_ROOT, OUTER_CAPABILITIES, OUTER_DEVICES, STILL_MASKED)


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """`privileged: true`."""
    del board
    grant = service.value("privileged")
    if grant is not None and grant.on:
        yield Want("", Risk.LOOK, grants=(grant,))


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """It has no target."""
    del expectation
    granted = tuple(wanted(service, board))
    yield granted[0] if granted else Want("", Risk.LOOK)


def judge(case: Case) -> Verdict:
    """The first part that is missing, in the order of what it costs: capabilities, seccomp, LSM, devices, paths."""
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
        "name the devices, groups or capabilities that are needed; if it must be all: privileged: true",
        Change("set", "privileged", "true"),
    )
    return stopped(NOT_PRIVILEGED, "the service is not privileged", evidence, remedy=remedy)


def missing_from(capabilities: int) -> tuple[str, ...]:
    """The capabilities that are not in the set, the newest ones left out: old engines do not know them."""
    return names_of(OLD & ~capabilities)


def judge_capabilities(who: Confinement, evidence: tuple[str, ...]) -> Verdict | None:
    """Whether every capability is effective on the board, and why not."""
    if who.euid != 0 and missing_from(who.effective):
        remedy = compose_remedy('run the service as root: user: "0"', Change("set", "user", "0"))
        summary = f"privileged gives uid {who.euid} no capability"
        return stopped(NOT_ROOT, summary, evidence, remedy=remedy)
    if not who.initial_user_namespace:
        remedy = compose_remedy(
            "start the service in the board's user namespace: userns_mode: host", Change("set", "userns_mode", "host")
        )
        told = (*evidence, f"uid_map {who.uid_map[0].inside} {who.uid_map[0].outside}" if who.uid_map else "no uid_map")
        summary = "the capabilities count only inside the container's user namespace"
        return stopped(rules.CAPABILITY_NAMESPACE, summary, told, remedy=remedy)
    lacking = missing_from(who.bounding & who.effective)
    if lacking:
        remedy = board_remedy("see what the engine itself has: grep CapBnd /proc/$(pidof dockerd)/status")
        summary = f"privileged, without {', '.join(lacking[:3])}{' and more' if lacking[3:] else ''}"
        return stopped(OUTER_CAPABILITIES, summary, evidence, remedy=remedy)
    return None


def judge_filters(who: Confinement, evidence: tuple[str, ...]) -> Verdict | None:
    """A seccomp filter or a security module that still confines it."""
    if who.seccomp:
        summary = "privileged, and a seccomp filter is on: an outer container's, or one that security_opt names"
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
    """A device cgroup that still limits it; one that shows in no file shows by EPERM of access(2)."""
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
