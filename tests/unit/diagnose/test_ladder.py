"""Every step of the ladder, by table: the evidence on the left, the rule and layer on the right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cases
import pytest

from hwaccess.diagnose import rules
from hwaccess.diagnose.capability import judge_capability
from hwaccess.diagnose.ladder import judge_open
from hwaccess.facts import CAPABILITIES, BoardNode
from hwaccess.model import Call, Case, Layer, Outcome

PATH = "/dev/i2c-1"
NO_DAC = replace(cases.ROOT, effective=0, permitted=0)
RAWIO = 1 << CAPABILITIES["SYS_RAWIO"]
WITH_RAWIO = replace(
    cases.ROOT, effective=cases.ROOT.effective | RAWIO, bounding=cases.ROOT.bounding | RAWIO
)
UNREAD_BOARD = replace(cases.BOARD, complete=False, nodes=())
EMPTY_BOARD = replace(cases.BOARD, nodes=())
MEM = cases.node("/dev/mem", major=1, minor=1, gid=15, mode=0o640, driver="mem")


def refused(
    errno: str, of: Any = None, *, read_only: str | None = None, who: Any = cases.ROOT, **facts: Any
) -> Case:
    """A node whose open was refused."""
    told = {"access": errno if errno in ("EPERM", "EACCES") else "", **facts}
    calls = cases.opens(PATH, errno, read_only or errno)
    return cases.case({"node": cases.node(**told)}, calls, of=of, confinement=who)


def absent(of: Any = None, board: Any = cases.BOARD, **facts: Any) -> Case:
    """A node that is not in the container."""
    told = {"path": PATH, "kind": "absent", **facts}
    return cases.case({"node": told}, cases.opens(PATH, "ENOENT", "ENOENT"), of=of, board=board)


TABLE = [
    ("not mapped", absent(), rules.NOT_MAPPED),
    ("missing on the board", absent(board=EMPTY_BOARD), rules.MISSING_ON_BOARD),
    ("board not read", absent(board=UNREAD_BOARD), rules.NOT_THERE),
    ("dangling link", absent(link="../../ttyUSB0"), rules.DANGLING_LINK),
    ("directory", refused("EISDIR", kind="directory"), rules.DIRECTORY),
    ("a file", refused("EACCES", kind="file"), rules.NOT_A_NODE),
    ("hidden", refused("EACCES", kind="hidden"), rules.HIDDEN),
    ("nodev", refused("EACCES", access="", mount=cases.mount("/nodes", "nodev")), rules.NODEV),
    ("read-only file system", refused("EROFS"), rules.READ_ONLY),
    ("other gid", refused("EACCES", who=cases.USER), rules.PERMISSION),
    ("mode 0600", refused("EACCES", who=cases.USER, mode=0o600), rules.PERMISSION),
    (
        "unmapped ids",
        refused("EACCES", who=replace(cases.REMAPPED, effective=0), uid=65534, gid=65534),
        rules.UNMAPPED_IDS,
    ),
    (
        "root without DAC_OVERRIDE",
        refused("EACCES", who=NO_DAC, uid=7, gid=8),
        rules.NO_DAC_OVERRIDE,
    ),
    (
        "privileged user",
        refused("EACCES", cases.service(privileged=True), who=cases.USER),
        rules.PRIVILEGED_USER,
    ),
    (
        "group by name",
        refused("EACCES", cases.service(cases.group("i2c")), who=cases.USER),
        rules.OTHER_GID,
    ),
    ("bind-mounted", refused("EPERM", cases.service(cases.bind(PATH))), rules.BIND_MOUNT),
    ("r only", refused("EPERM", cases.service(cases.device(PATH, "r"))), rules.READ_ONLY_RULE),
    (
        "mapped and refused",
        refused("EPERM", cases.service(cases.device(PATH))),
        rules.RULE_NOT_IN_FORCE,
    ),
    ("directory bind", refused("EPERM", cases.service(cases.bind("/dev"))), rules.NO_RULE),
    (
        "rule for another major",
        refused("EPERM", cases.service(cases.bind("/dev"), cases.rule(188))),
        rules.OTHER_MAJOR,
    ),
    (
        "rule for reading",
        refused("EPERM", cases.service(cases.bind("/dev"), cases.rule(89, "r"))),
        rules.READ_ONLY_RULE,
    ),
    (
        "rule for all, refused",
        refused("EPERM", cases.service(cases.bind("/dev"), cases.rule(None))),
        rules.RULE_NOT_IN_FORCE,
    ),
    (
        "AppArmor",
        refused("EACCES", access="", who=replace(cases.ROOT, lsm_label="docker-default (enforce)")),
        rules.LSM,
    ),
    (
        "SELinux",
        refused("EACCES", who=replace(cases.ROOT, lsm_label="system_u:system_r:container_t:s0")),
        rules.LSM,
    ),
    ("no driver", refused("ENXIO", driver="", in_sysfs=False), rules.NO_DRIVER),
    ("unplugged", refused("ENXIO", in_sysfs=False), rules.GONE),
    ("gone", refused("ENODEV", driver=""), rules.GONE),
    ("busy", refused("EBUSY"), rules.BUSY),
    ("driver refuses", refused("EPERM", access=""), rules.DRIVER_REFUSES),
    ("nobody knows", refused("ELOOP"), rules.UNEXPLAINED),
    ("EACCES without a reason", refused("EACCES", access=""), rules.UNEXPLAINED),
]


@pytest.mark.parametrize(
    ("case", "rule"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_evidence_names_the_layer(case: Case, rule: Any) -> None:
    verdict = judge_open(case)
    assert verdict is not None
    assert verdict.rule == rule.id
    assert verdict.layer is rule.layer
    assert verdict.evidence
    assert verdict.outcome is not Outcome.REACHABLE


def test_evidence_shows_the_node_as_ls_would() -> None:
    verdict = judge_open(refused("EBUSY"))
    assert verdict is not None
    assert f"{PATH}: char 89:1, mode 0660, uid 0, gid 998, driver i2c" in verdict.evidence


def test_evidence_of_a_driver_that_refuses_says_whether_the_kernel_is_locked_down() -> None:
    opened = cases.opens("/dev/mem", "EPERM", "EPERM")
    board = replace(cases.BOARD, lockdown="integrity")
    verdict = judge_open(cases.case({"node": MEM}, opened, board=board, confinement=WITH_RAWIO))
    assert verdict is not None
    assert verdict.evidence[-1] == "board lockdown: integrity"


def test_every_rule_of_an_open_is_in_the_table() -> None:
    elsewhere = {
        rules.CAPABILITY, rules.CAPABILITY_USER, rules.CAPABILITY_NAMESPACE, rules.CAPABILITY_OUTER,
        rules.LOCKDOWN, rules.SECCOMP,
    }  # fmt: skip
    assert {row[2].id for row in TABLE} == {rule.id for rule in rules.RULES} - {
        rule.id for rule in elsewhere
    }


def test_an_open_that_worked_is_no_verdict() -> None:
    assert judge_open(cases.case({"node": cases.node()}, cases.opens(PATH, None))) is None


def test_a_node_that_was_only_asked_is_judged_by_access() -> None:
    asked = (Call("access", f'"{PATH}", R_OK|W_OK', "EPERM"),)
    refused_ = cases.case(
        {"node": cases.node(access="EPERM")}, asked, of=cases.service(cases.bind(PATH))
    )
    verdict = judge_open(refused_)
    assert verdict is not None
    assert verdict.rule == rules.BIND_MOUNT.id
    assert judge_open(cases.case({"node": cases.node()}, ())) is None


@pytest.mark.parametrize(
    ("who", "layer"),
    [
        (cases.ROOT, Layer.CAPABILITY),
        (WITH_RAWIO, Layer.LOCKDOWN),
        (replace(WITH_RAWIO, uid_map=cases.REMAPPED.uid_map), Layer.USER_NAMESPACE),
    ],
    ids=["no capability", "lockdown", "user namespace"],
)
def test_dev_mem_is_refused_by_its_driver(who: Any, layer: Layer) -> None:
    verdict = judge_open(
        cases.case({"node": MEM}, cases.opens("/dev/mem", "EPERM", "EPERM"), confinement=who)
    )
    assert verdict is not None
    assert verdict.layer is layer
    assert verdict.evidence[0].startswith("access(")


GRANTED = cases.service(cases.capability("SYS_RAWIO"))
USER_RAWIO = replace(cases.USER, bounding=cases.USER.bounding | RAWIO)


@pytest.mark.parametrize(
    ("of", "who", "rule"),
    [
        (cases.service(), cases.ROOT, rules.CAPABILITY),
        (cases.service(cases.capability("SYS_RAWIO", add=False)), cases.ROOT, rules.CAPABILITY),
        (GRANTED, USER_RAWIO, rules.CAPABILITY_USER),
        (GRANTED, replace(WITH_RAWIO, uid_map=cases.REMAPPED.uid_map), rules.CAPABILITY_NAMESPACE),
        (GRANTED, cases.ROOT, rules.CAPABILITY_OUTER),
        (cases.service(privileged=True), cases.ROOT, rules.CAPABILITY_OUTER),
        (GRANTED, WITH_RAWIO, None),
    ],
    ids=[
        "not granted",
        "dropped",
        "user",
        "user namespace",
        "outer",
        "outer privileged",
        "effective",
    ],
)
def test_capability_truth(of: Any, who: Any, rule: Any) -> None:
    verdict = judge_capability(cases.case({}, of=of, confinement=who), "SYS_RAWIO")
    assert (verdict.rule if verdict else None) == (rule.id if rule else None)


def test_the_remedy_of_a_bind_mount_moves_it() -> None:
    verdict = judge_open(refused("EPERM", cases.service(cases.bind(PATH))))
    assert verdict is not None
    assert verdict.remedy is not None
    assert [(change.op, change.field, change.value) for change in verdict.remedy.changes] == [
        ("remove", "volumes", f"{PATH}:{PATH}"),
        ("add", "devices", PATH),
    ]


def test_the_remedy_of_a_group_is_the_boards_number() -> None:
    verdict = judge_open(refused("EACCES", who=cases.USER))
    assert verdict is not None
    assert verdict.remedy is not None
    assert verdict.remedy.changes[0].value == "998"
    assert "i2c on the board" in verdict.remedy.text


def test_the_board_path_follows_the_grant() -> None:
    usb = BoardNode("/dev/serial/by-id/x", "char", 188, 0, 0o660, 0, 20, "dialout")
    mapped = cases.service(cases.bind("/dev/serial", "/serial"))
    case = absent(mapped, replace(cases.BOARD, nodes=(usb,)))
    verdict = judge_open(replace(case, observation=retarget("/serial/by-id/x")))
    assert verdict is not None
    assert "/dev/serial/by-id/x" in verdict.summary


def retarget(path: str) -> Any:
    """An observation that a path is absent."""
    other = cases.case(
        {"node": {"path": path, "kind": "absent"}}, cases.opens(path, "ENOENT", "ENOENT")
    )
    return other.observation
