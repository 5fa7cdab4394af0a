"""The shared ladder: why open(2) of a device node failed, in the order in which the kernel decides.

The first step that fails gives the errno, so one verdict is reported; later causes may show once it
is fixed. Order: path lookup, kind of file, nodev, owner and mode, device cgroup, LSM, driver
lookup, the driver's own checks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hwaccess.agent.answer import build_node
from hwaccess.diagnose import cgroup, path_lookup, permission, rules
from hwaccess.diagnose.capability import capability_evidence, confinement_of, judge_capability
from hwaccess.diagnose.verdicts import board_remedy, calls_of, stopped
from hwaccess.errors import ProbeError
from hwaccess.model import Call, Outcome

if TYPE_CHECKING:
    from hwaccess.facts import MountFacts, NodeFacts
    from hwaccess.model import Case, Observation, Verdict

RAW_IO_CHAR_MAJORS = (1, 202)  # /dev/mem, /dev/kmem, /dev/port; MSRs


def observation_of(case: Case) -> Observation:
    """The case's observation; a judge is only asked when the probe answered.

    Raises `ProbeError` when it did not.
    """
    if case.observation is None:
        message = f"{case.check.id} was to be judged without an observation"
        raise ProbeError(message, hint="run it again with --debug and report it")
    return case.observation


def node_of(case: Case) -> NodeFacts:
    """The facts "node" of the case's observation."""
    return build_node(observation_of(case).facts.table("node"))


def judge_open(case: Case) -> Verdict | None:
    """Why the node in facts "node" could not be opened.

    None when open(2) for reading and writing succeeded.
    """
    observation = observation_of(case)
    opened = next(
        (call for call in observation.calls if call.call == "open" and "O_RDONLY" not in call.args),
        None,
    )
    if opened is None:
        return judge_unopened(case)
    return judge_errno(case, node_of(case), opened) if opened.errno else None


def judge_unopened(case: Case) -> Verdict | None:
    """Why a node that was only asked with access(2), and not opened, may not be used.

    None when granted.
    """
    node = node_of(case)
    if node.is_node and not node.access:
        return None
    asked = observation_of(case).call("access")
    errno = {"absent": "ENOENT", "hidden": "EACCES"}.get(node.kind) or node.access or "EISDIR"
    return judge_errno(case, node, replace_errno(asked, errno))


def replace_errno(call: Call | None, errno: str) -> Call:
    """The access call with the errno that the node's facts give.

    Made up of the facts when it was not made.
    """
    return Call("access", call.args if call else "", errno)


def judge_errno(case: Case, node: NodeFacts, failed: Call) -> Verdict:
    """The step that gives this errno for this node."""
    not_there = path_lookup.judge(case, node)
    if not_there is not None:
        return not_there
    evidence = (*calls_of(case.observation), describe(node))
    match failed.errno:
        case "EACCES":
            return judge_eacces(case, node, evidence)
        case "EPERM" if node.access == "EPERM":
            return cgroup.judge(case, node, evidence)
        case "EPERM":
            return judge_driver(case, node, evidence)
        case "ENXIO" | "ENODEV" | "EIO":
            return judge_no_device(node, failed, evidence)
        case "EBUSY":
            remedy = board_remedy(f"find who holds it, on the board: sudo fuser -v {node.path}")
            return stopped(
                rules.BUSY, f"{node.path} is held by somebody else", evidence, remedy=remedy
            )
        case "EROFS":
            return stopped(rules.READ_ONLY, f"{node.path} is on a read-only mount", evidence)
        case _:
            summary = f"{failed} fits no known cause"
            return stopped(rules.UNEXPLAINED, summary, evidence, outcome=Outcome.UNKNOWN)


def describe(node: NodeFacts) -> str:
    """The node as `ls -l` would show it, with its driver."""
    driver = f"driver {node.driver}" if node.driver else "no driver for this major"
    return (
        f"{node.path}: {node.kind} {node.number}, "
        f"mode {node.mode:04o}, uid {node.uid}, gid {node.gid}, {driver}"
    )


def judge_eacces(case: Case, node: NodeFacts, evidence: tuple[str, ...]) -> Verdict:
    """EACCES: nodev comes before owner and mode, the LSM after them."""
    if node.mount and "nodev" in node.mount.options:
        also = ("owner and mode would not let this user in either",) if node.access else ()
        told = (*evidence, mount_line(node.mount))
        remedy = path_lookup.map_it(case, node.path)
        return stopped(
            rules.NODEV,
            f"{node.path} is on a mount with nodev",
            told,
            remedy=remedy,
            also_possible=also,
        )
    if node.access:
        refused = permission.judge(case, node, evidence)
        if refused is not None:
            return refused
    label = confinement_of(case).lsm_label
    told = (*evidence, f"LSM label {label or 'none'}")
    if label and not label.startswith("unconfined"):
        return stopped(rules.LSM, f"the security module forbids {node.path} to {label}", told)
    if not confinement_of(case).initial_user_namespace:
        return stopped(rules.NODEV, f"{node.path} is on a mount that a user namespace made", told)
    return stopped(
        rules.UNEXPLAINED,
        f"EACCES on {node.path} fits no known cause",
        told,
        outcome=Outcome.UNKNOWN,
    )


def mount_line(mount: MountFacts) -> str:
    """A mount in one line of evidence."""
    return f"mount {mount.point}: {mount.fstype} {','.join(mount.options)}"


def judge_driver(case: Case, node: NodeFacts, evidence: tuple[str, ...]) -> Verdict:
    """EPERM although access(2) says yes: the driver asks for more."""
    if node.kind == "char" and node.major in RAW_IO_CHAR_MAJORS:
        lacking = judge_capability(case, "SYS_RAWIO")
        if lacking is not None:
            return stopped_with(lacking, evidence)
        told = (
            *evidence,
            capability_evidence(confinement_of(case), "SYS_RAWIO"),
            lockdown_line(case),
        )
        return stopped(
            rules.LOCKDOWN,
            f"{node.path} is refused although SYS_RAWIO is there: kernel lockdown",
            told,
        )
    also = ("the driver wants a capability such as SYS_ADMIN", "kernel lockdown")
    return stopped(
        rules.DRIVER_REFUSES, f"the driver of {node.path} refuses", evidence, also_possible=also
    )


def stopped_with(verdict: Verdict, evidence: tuple[str, ...]) -> Verdict:
    """A verdict with the calls in front of its own evidence."""
    return replace(verdict, evidence=(*evidence, *verdict.evidence))


def lockdown_line(case: Case) -> str:
    """What the board says of lockdown."""
    return f"board lockdown: {case.board.lockdown or 'not told'}"


def judge_no_device(node: NodeFacts, failed: Call, evidence: tuple[str, ...]) -> Verdict:
    """Nobody behind the number: no driver at all, or a driver without this device."""
    if node.driver:
        told = (
            *evidence,
            f"/sys/dev/{node.kind}/{node.number} {'exists' if node.in_sysfs else 'does not exist'}",
        )
        remedy = board_remedy(
            f"look for the device on the board: ls -l /sys/dev/{node.kind}; dmesg | tail"
        )
        return stopped(
            rules.GONE,
            f"driver {node.driver} has no device {node.number} ({failed.errno})",
            told,
            remedy=remedy,
        )
    if failed.errno == "ENXIO":
        remedy = board_remedy(
            f"load the driver on the board; it must show in: grep -w {node.major} /proc/devices"
        )
        return stopped(
            rules.NO_DRIVER, f"no driver owns {node.kind} {node.number}", evidence, remedy=remedy
        )
    return stopped(
        rules.GONE, f"{node.path} is there, its device is not ({failed.errno})", evidence
    )
