"""The ladder's step of the device cgroup, on cgroup v1 and v2.

It refuses with EPERM from open(2) and from access(2) alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hwaccess.diagnose import rules
from hwaccess.diagnose.path_lookup import map_it
from hwaccess.diagnose.verdicts import board_remedy, compose_remedy, stopped
from hwaccess.model import Change

if TYPE_CHECKING:
    from hwaccess.facts import NodeFacts
    from hwaccess.grants import CgroupRuleGrant, DeviceGrant, Service
    from hwaccess.model import Case, Verdict


def judge(case: Case, node: NodeFacts, evidence: tuple[str, ...]) -> Verdict:
    """Which grant is missing, too narrow, or not in force."""
    device = case.service.device(node.path)
    if device is not None:
        return judge_mapped(case, node, device, evidence)
    return with_cdi(case.service, judge_unmapped(case, node, evidence))


def with_cdi(service: Service, verdict: Verdict) -> Verdict:
    """Add what a CDI name may give.

    Its specification on the board has nodes and rules that nobody sees here.
    """
    names = [grant for grant in service.devices if grant.cdi]
    if not names:
        return verdict
    told = (
        f"devices at {grant.place}: {grant.text} is a CDI name, "
        "whose nodes and rules only the board knows"
        for grant in names
    )
    return replace(
        verdict,
        evidence=(*verdict.evidence, *told),
        also_possible=(
            *verdict.also_possible,
            "the CDI specification lets it in with too narrow a rule",
        ),
    )


def judge_unmapped(case: Case, node: NodeFacts, evidence: tuple[str, ...]) -> Verdict:
    """No path under `devices` leads to the node.

    A bind mount, a rule of its own, or nothing lets it pass.
    """
    service = case.service
    if any(mount.type == "bind" and mount.target == node.path for mount in service.mounts):
        told = (*evidence, f"{node.path} is bind-mounted by volumes, and no device grant names it")
        summary = f"{node.path} is bind-mounted: the device cgroup does not allow it"
        return stopped(rules.BIND_MOUNT, summary, told, remedy=map_it(case, node.path))
    if service.cgroup_rules:
        return judge_rules(case, node, evidence)
    rule = f"{node.kind[0]} {node.major}:* rw"
    remedy = compose_remedy(
        f'map the node, or allow its major: device_cgroup_rules: ["{rule}"]',
        *map_it(case, node.path).changes,
    )
    summary = f"no device cgroup rule allows {node.path} ({node.number})"
    return stopped(rules.NO_RULE, summary, evidence, remedy=remedy)


def judge_mapped(
    case: Case, node: NodeFacts, device: DeviceGrant, evidence: tuple[str, ...]
) -> Verdict:
    """`devices` names it: its third field is too narrow, or the rule is not in force."""
    told = (*evidence, f"devices at {device.place}: {device.text}")
    if {"r", "w"} <= set(device.permissions):
        remedy = board_remedy(
            "recreate the container; if it stays so, look at the outer container's device rules"
        )
        summary = (
            f"{node.path} is mapped with {device.permissions}, and the device cgroup still refuses"
        )
        return stopped(rules.RULE_NOT_IN_FORCE, summary, told, remedy=remedy)
    line = f"{case.service.host_path(device.container)}:{device.container}:rw"
    remedy = compose_remedy(
        f'allow reading and writing: "{line}"', Change("replace", "devices", line, old=device.text)
    )
    summary = (
        f"{node.path} is mapped with permission {device.permissions!r}: "
        "opening for writing is refused"
    )
    return stopped(rules.READ_ONLY_RULE, summary, told, remedy=remedy)


def covers(rule: CgroupRuleGrant, node: NodeFacts) -> bool:
    """Whether a rule is about this node's kind and number."""
    return (
        rule.type in ("a", node.kind[0])
        and rule.major in (None, node.major)
        and rule.minor in (None, node.minor)
    )  # fmt: skip


def judge_rules(case: Case, node: NodeFacts, evidence: tuple[str, ...]) -> Verdict:
    """There are device_cgroup_rules, and they do not let the node pass.

    None covers the node, or the one that does is too narrow or not in force.
    """
    covering = next((rule for rule in case.service.cgroup_rules if covers(rule, node)), None)
    told = (
        *evidence,
        *(
            f"device_cgroup_rules at {rule.place}: {rule.text}"
            for rule in case.service.cgroup_rules
        ),
    )
    wanted = f"{node.kind[0]} {node.major}:* rw"
    if covering is None:
        near = next((rule for rule in case.service.cgroup_rules if rule.type == node.kind[0]), None)
        change = (
            Change("replace", "device_cgroup_rules", wanted, old=near.text)
            if near and case.board.complete and not case.board.driver(node.kind, near.major or 0)
            else Change("add", "device_cgroup_rules", wanted)
        )
        summary = f"no device_cgroup_rules line covers {node.number}, the number of {node.path}"
        remedy = compose_remedy(f'allow its major: device_cgroup_rules: ["{wanted}"]', change)
        return stopped(rules.OTHER_MAJOR, summary, told, remedy=remedy)
    if {"r", "w"} <= set(covering.permissions):
        summary = f"{covering.text!r} covers {node.path}, and the device cgroup still refuses"
        return stopped(rules.RULE_NOT_IN_FORCE, summary, told)
    summary = f"{covering.text!r} does not allow reading and writing of {node.path}"
    change = Change("replace", "device_cgroup_rules", wanted, old=covering.text)
    return stopped(
        rules.READ_ONLY_RULE, summary, told, remedy=compose_remedy(f'write "{wanted}"', change)
    )
