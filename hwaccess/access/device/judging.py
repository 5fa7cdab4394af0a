"""Judging the access `device`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hwaccess.diagnose.ladder import node_of, observation_of
from hwaccess.diagnose.node_judge import evidence_of, judge_node
from hwaccess.diagnose.verdicts import reached

if TYPE_CHECKING:
    from hwaccess.facts import NodeFacts
    from hwaccess.model import Case, Verdict
from hwaccess.access.device.rules import OTHER_DEVICE

# Names that the kernel gives, and that apps therefore take for a promise of what is behind them.
STEM: Final = re.compile(
    r"(ttyUSB|ttyACM|ttyAMA|ttyTHS|ttymxc|ttyS|video|media|hidraw|rtc|watchdog|tpmrm|tpm|mmcblk|nvme|sd|event)(?=[\da-z])"
)


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
            verdict,
            rule=OTHER_DEVICE.id,
            evidence=evidence,
            also_possible=(promise, *verdict.also_possible),
        )
    return verdict


def not_tried(case: Case, node: NodeFacts, why: str) -> Verdict:
    """access(2) says yes: owner, mode and device cgroup are right.

    Only the driver was not asked.
    """
    risk = observation_of(case).facts.text("opening_risk", "disrupt")
    summary = f"{node.path} is allowed to this user; it was not opened: {why}"
    also = [f"its driver may still refuse (busy, unplugged): --allow {risk} opens it"]
    if not node.in_sysfs:
        also.append(f"the device is gone: /sys/dev/{node.kind}/{node.number} does not exist")
    return replace(reached(summary, None, *evidence_of(case)), also_possible=tuple(also))


def broken_promise(case: Case, node: NodeFacts) -> str:
    """How the device differs from what its name promises, "" when it does not."""
    host = case.service.host_path(node.path)
    there = case.board.node(host)
    if there is not None and (there.kind, there.major, there.minor) != (
        node.kind,
        node.major,
        node.minor,
    ):
        return f"{node.path} is {node.number}, the board's {host} is {there.major}:{there.minor}"
    promised, real = (STEM.match(path.rpartition("/")[2]) for path in (node.path, node.devname))
    if promised and node.devname and (real is None or real.group(1) != promised.group(1)):
        return f"{node.path} is what the kernel calls {node.devname}"
    return ""
