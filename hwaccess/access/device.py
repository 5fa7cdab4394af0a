"""Any device node that no other kind claims: serial, video, sound, disks, watchdog, ..."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hwaccess.access.nodes import OWN_KIND, expected_wants, node_wants
from hwaccess.diagnose.ladder import node_of, observation_of
from hwaccess.diagnose.node_judge import evidence_of, judge_node
from hwaccess.diagnose.place import host_path
from hwaccess.diagnose.verdicts import reached
from hwaccess.errors import ComposeError
from hwaccess.model import Layer, Rule
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.access.base import Want
    from hwaccess.facts import BoardFacts, NodeFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "device"
SUMMARY: Final = "any device node: asked with access(2), opened where opening it does nothing"
PARAMS: Final[Mapping[str, object]] = {
    "open": {"type": "boolean", "description": "open it although hwaccess does not know what opening it does"},
}
IMPLIES_DENY: Final = True
# Names that the kernel gives, and that apps therefore take for a promise of what is behind them.
STEM: Final = re.compile(
    r"(ttyUSB|ttyACM|ttyAMA|ttyTHS|ttymxc|ttyS|video|media|hidraw|rtc|watchdog|tpmrm|tpm|mmcblk|nvme|sd|event)(?=[\da-z])"
)

OTHER_DEVICE: Final = Rule(
    "HW200",
    "another device stands behind the node's name",
    """\
The node opens, but the kernel's own name for its number (DEVNAME in /sys/dev/char/MAJOR:MINOR/uevent) or the board's
node of that path is another one. Serial ports are the usual case: `ttyACM0` that is really `ttyAMA0` talks to the
board's console. It happens when a mapping names the wrong side, when a node was made by hand (`mknod`, an image that
brings its own /dev), and when a USB device came back under another number after the container was made.

    cat /sys/dev/char/188:0/uevent            # who is it?
    devices: ["/dev/serial/by-id/usb-NAME:/dev/ttyACM0"]

A path below /dev/serial/by-id names the device itself, whatever number it gets; the engine follows the link.
""",
    Layer.ENGINE,
)
RULES: Final = (OTHER_DEVICE,)


def claims(path: str) -> bool:
    """Every node that is not of a kind of its own."""
    return not OWN_KIND.fullmatch(path)


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """The nodes of `devices` and `volumes`. Looking is enough: how far the probe goes depends on what the node is."""
    for want in node_wants(service, board, claims):
        yield replace(want, risk=Risk.LOOK)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The node that is named, or those that the grants bring in; no node stands for all of them."""
    nothing_granted = expectation.reach and not any(wanted(service, board))
    if not expectation.target and (nothing_granted or not expectation.reach):
        message = "device needs the path of a node"
        raise ComposeError(message, hint="write device: /dev/ttyUSB0", place=expectation.place)
    for want in expected_wants(expectation, service, board, claims, ""):
        yield replace(want, risk=Risk.LOOK, params=dict(expectation.params))


def judge(case: Case) -> Verdict:
    """The ladder; then whether it is the device that its name promises, and what was not tried."""
    refused = judge_node(case)
    if refused is not None:
        return refused
    node = node_of(case)
    verdict = reached(f"{node.path} opens for reading and writing", None, *evidence_of(case))
    not_opened = observation_of(case).facts.text("not_opened", "")
    if not_opened:
        verdict = not_tried(case, node, not_opened)
    promise = broken_promise(case, node)
    if promise:
        evidence = (*verdict.evidence, promise)
        return replace(
            verdict, rule=OTHER_DEVICE.id, evidence=evidence, also_possible=(promise, *verdict.also_possible)
        )
    return verdict


def not_tried(case: Case, node: NodeFacts, why: str) -> Verdict:
    """access(2) says yes: owner, mode and device cgroup are right. Only the driver was not asked."""
    risk = observation_of(case).facts.text("opening_risk", "disrupt")
    summary = f"{node.path} is allowed to this user; it was not opened: {why}"
    also = [f"its driver may still refuse (busy, unplugged): --allow {risk} opens it"]
    if not node.in_sysfs:
        also.append(f"the device is gone: /sys/dev/{node.kind}/{node.number} does not exist")
    return replace(reached(summary, None, *evidence_of(case)), also_possible=tuple(also))


def broken_promise(case: Case, node: NodeFacts) -> str:
    """How the device differs from what its name promises, "" when it does not."""
    host = host_path(case.service, node.path)
    there = case.board.node(host)
    if there is not None and (there.kind, there.major, there.minor) != (node.kind, node.major, node.minor):
        return f"{node.path} is {node.number}, the board's {host} is {there.major}:{there.minor}"
    promised, real = (STEM.match(path.rpartition("/")[2]) for path in (node.path, node.devname))
    if promised and node.devname and (real is None or real.group(1) != promised.group(1)):
        return f"{node.path} is what the kernel calls {node.devname}"
    return ""
