"""Steps of the ladder with what a kernel really gives, and the exact remedy.

A kernel gives errno, node facts and credentials.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cases
import pytest

from hwaccess.diagnose import permission, rules
from hwaccess.diagnose.ladder import judge_open
from hwaccess.diagnose.path_lookup import mount_folder
from hwaccess.facts import BoardNode, IdMap
from hwaccess.model import Case, Outcome, Verdict

PATH = "/dev/i2c-1"
NO_DAC = replace(cases.ROOT, effective=cases.ROOT.effective & ~2)  # bit 1: CAP_DAC_OVERRIDE


def verdict_of(errno: str, *grants: object, who: Any = cases.ROOT, **facts: Any) -> Verdict:
    """The verdict over a node whose open(2) failed so, for reading too."""
    told = {"access": errno if errno in ("EPERM", "EACCES") else "", **facts}
    return judged(
        cases.case(
            {"node": cases.node(**told)},
            cases.opens(PATH, errno, errno),
            of=cases.service(*grants),
            confinement=who,
        )
    )


def judged(case: Case) -> Verdict:
    verdict = judge_open(case)
    assert verdict is not None
    return verdict


def changes(verdict: Verdict) -> list[tuple[str, str, str, str]]:
    assert verdict.remedy is not None
    return [(c.op, c.field, c.value, c.old) for c in verdict.remedy.changes]


def test_an_open_for_reading_alone_is_no_pass() -> None:
    case = cases.case(
        {"node": cases.node(access="EPERM", access_read="")},
        cases.opens(PATH, "EPERM", None),
        of=cases.service(cases.device(PATH, "r")),
    )
    assert judged(case).rule == rules.READ_ONLY_RULE.id


MODES = [
    # mode, owner, group, who -> may it read and write
    (0o600, 1000, 998, cases.USER, True),
    (0o060, 1000, 998, cases.USER, False),  # the owner's class alone decides
    (0o066, 1000, 1000, cases.USER, False),
    (0o060, 0, 1000, cases.USER, True),
    (0o060, 0, 998, replace(cases.USER, groups=(998,)), True),
    (0o606, 0, 998, replace(cases.USER, groups=(998,)), False),  # the group's class hides the rest
    (0o606, 0, 1000, cases.USER, False),
    (0o006, 0, 998, cases.USER, True),
    (0o660, 0, 998, cases.USER, False),
    (0o664, 0, 998, cases.USER, False),
    (0o662, 0, 998, cases.USER, False),
    (0o640, 0, 1000, cases.USER, False),
    (0o400, 1000, 998, cases.USER, False),
    (0o600, 0, 0, cases.USER, False),
]


@pytest.mark.parametrize(("mode", "uid", "gid", "who", "may"), MODES)
def test_the_first_class_that_fits_decides(
    mode: int, uid: int, gid: int, who: Any, may: bool
) -> None:
    verdict = verdict_of("EACCES", who=who, mode=mode, uid=uid, gid=gid)
    assert (verdict.rule == rules.UNEXPLAINED.id) is may


def test_a_user_outside_of_the_group_joins_it() -> None:
    verdict = verdict_of("EACCES", who=cases.USER)
    assert verdict.summary == f"uid 1000 may not: {PATH} is 0:998 0660"
    assert verdict.evidence[-1] == "uid 1000, gid 1000, groups 1000"
    assert changes(verdict) == [("add", "group_add", "998", "")]


def test_a_process_without_groups_says_so_and_an_unknown_gid_has_no_name() -> None:
    verdict = verdict_of("EACCES", who=replace(cases.USER, groups=()), gid=44)
    assert verdict.evidence[-1].endswith("groups none")
    assert verdict.remedy is not None
    assert verdict.remedy.text == 'join the node\'s group: group_add: ["44"]'


@pytest.mark.parametrize(
    ("devname", "name"), [("", 'KERNEL=="i2c-1"'), ("i2c-9", 'KERNEL=="i2c-9"')]
)
def test_a_node_for_its_owner_alone_needs_a_group_first(devname: str, name: str) -> None:
    verdict = verdict_of("EACCES", who=cases.USER, mode=0o600, devname=devname)
    assert verdict.remedy is not None
    assert verdict.remedy.kind == "board"
    assert name in verdict.remedy.text


def test_root_without_dac_override_is_told_the_owner() -> None:
    verdict = verdict_of("EACCES", who=NO_DAC, uid=7, gid=8)
    assert verdict.summary == f"root lacks DAC_OVERRIDE, and {PATH} is 7:8 0660"
    assert changes(verdict) == [("add", "group_add", "8", "")]


def test_root_with_dac_override_is_not_stopped_by_mode() -> None:
    assert verdict_of("EACCES", uid=7, gid=8, mode=0).rule == rules.UNEXPLAINED.id


@pytest.mark.parametrize(
    ("group", "rule"),
    [("i2c", rules.OTHER_GID), ("998", rules.PERMISSION), ("spi", rules.PERMISSION)],
)
def test_a_group_by_name_is_replaced_by_the_boards_number(group: str, rule: Any) -> None:
    verdict = verdict_of("EACCES", cases.group(group), who=cases.USER)
    assert verdict.rule == rule.id
    if rule is rules.OTHER_GID:
        assert changes(verdict) == [("replace", "group_add", "998", "i2c")]


@pytest.mark.parametrize(
    ("ids", "mapped", "rule"),
    [
        ({"uid": 65534, "gid": 65534}, True, rules.UNMAPPED_IDS),
        ({"uid": 65534, "gid": 0}, True, rules.UNMAPPED_IDS),
        ({"uid": 0, "gid": 65534}, True, rules.UNMAPPED_IDS),
        ({"uid": 0, "gid": 998}, True, rules.PERMISSION),
        ({"uid": 65534, "gid": 65534}, False, rules.PERMISSION),
    ],
)
def test_ids_that_are_not_mapped(ids: dict[str, int], mapped: bool, rule: Any) -> None:
    who = replace(cases.USER, uid_map=(IdMap(0, 100000, 65536),)) if mapped else cases.USER
    verdict = verdict_of("EACCES", who=who, **ids)
    assert verdict.rule == rule.id
    assert (("set", "userns_mode", "host", "") in changes(verdict)) is (rule is rules.UNMAPPED_IDS)


def test_a_gid_has_the_boards_first_name() -> None:
    case = cases.case({})
    assert permission.group_name(case, 998) == "i2c"
    assert permission.group_name(case, 5) == ""


@pytest.mark.parametrize("letters", ["r", "w", "m", "rm", "wm"])
def test_a_line_of_devices_that_is_too_narrow_is_widened(letters: str) -> None:
    line = cases.device(f"/dev/i2c-7:{PATH}", letters)
    verdict = verdict_of("EPERM", line)
    assert verdict.rule == rules.READ_ONLY_RULE.id
    assert changes(verdict) == [("replace", "devices", f"/dev/i2c-7:{PATH}:rw", line.text)]


@pytest.mark.parametrize("letters", ["rw", "rwm"])
def test_a_line_of_devices_that_is_wide_enough_is_not_in_force(letters: str) -> None:
    verdict = verdict_of("EPERM", cases.device("/dev:/dev", letters), cases.rule(89, "r"))
    assert (verdict.rule, verdict.remedy is not None) == (rules.RULE_NOT_IN_FORCE.id, True)
    assert verdict.evidence[-1] == "devices at compose.yaml:3:7: /dev:/dev"


RULES = [
    (cases.rule(89), "char", rules.RULE_NOT_IN_FORCE),
    (cases.rule(89, minor=1), "char", rules.RULE_NOT_IN_FORCE),
    (cases.rule(89, minor=2), "char", rules.OTHER_MAJOR),
    (cases.rule(90), "char", rules.OTHER_MAJOR),
    (cases.rule(None), "char", rules.RULE_NOT_IN_FORCE),
    (cases.rule(None, minor=1), "char", rules.RULE_NOT_IN_FORCE),
    (cases.rule(89), "block", rules.OTHER_MAJOR),
    (replace(cases.rule(89), type="a"), "block", rules.RULE_NOT_IN_FORCE),
    (cases.rule(89, "w"), "char", rules.READ_ONLY_RULE),
    (cases.rule(89, "rm"), "char", rules.READ_ONLY_RULE),
]


@pytest.mark.parametrize(("line", "kind", "rule"), RULES)
def test_rules_of_the_device_cgroup(line: Any, kind: str, rule: Any) -> None:
    verdict = verdict_of("EPERM", line, kind=kind)
    assert verdict.rule == rule.id
    assert verdict.evidence[-1] == f"device_cgroup_rules at compose.yaml:3:7: {line.text}"
    wanted = f"{kind[0]} 89:* rw"
    if rule is rules.READ_ONLY_RULE:
        assert changes(verdict) == [("replace", "device_cgroup_rules", wanted, line.text)]


@pytest.mark.parametrize(
    ("major", "complete", "kind", "op"),
    [
        (240, True, "char", "replace"),  # no driver owns it: it was meant for this node
        (1, True, "char", "add"),
        (None, True, "char", "replace"),
        (240, False, "char", "add"),
        (240, True, "block", "add"),
    ],
)
def test_a_rule_that_serves_nothing_makes_room(
    major: int | None, complete: bool, kind: str, op: str
) -> None:
    case = cases.case(
        {"node": cases.node(access="EPERM", kind=kind)},
        cases.opens(PATH, "EPERM", "EPERM"),
        of=cases.service(cases.rule(major, minor=77)),
        board=replace(cases.BOARD, complete=complete),
    )
    assert changes(judged(case))[0][:3] == (op, "device_cgroup_rules", f"{kind[0]} 89:* rw")


def test_no_grant_at_all_maps_the_node() -> None:
    verdict = verdict_of("EPERM", cases.bind("/dev/", "/dev"))
    assert verdict.summary == f"no device cgroup rule allows {PATH} (89:1)"
    assert changes(verdict) == [("add", "devices", PATH, "")]


def test_a_bind_of_the_node_moves_and_a_volume_there_does_not() -> None:
    volume = replace(cases.bind(PATH), type="volume")
    assert verdict_of("EPERM", cases.bind("/dev/x", PATH)).rule == rules.BIND_MOUNT.id
    assert verdict_of("EPERM", volume).rule == rules.NO_RULE.id


@pytest.mark.parametrize(
    ("option", "access", "also"), [("nodev", "", 0), ("nodev", "EACCES", 1), ("noexec", "", None)]
)
def test_nodev_comes_before_owner_and_mode(option: str, access: str, also: int | None) -> None:
    facts = {"access": access, "mount": cases.mount("/nodes", option)}
    verdict = verdict_of("EACCES", who=cases.USER, **facts)
    assert verdict.rule == (rules.UNEXPLAINED if also is None else rules.NODEV).id
    if also is not None:
        assert len(verdict.also_possible) == also
        assert verdict.evidence[-1] == "mount /nodes: tmpfs rw,nodev"
        assert changes(verdict) == [("add", "devices", PATH, "")]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("hidden", f"a directory above {PATH} may not be searched"),
        ("directory", f"{PATH} is a directory"),
        ("file", f"{PATH} is a file, not a device"),
        ("socket", f"{PATH} is a socket, not a device"),
    ],
)
def test_what_stands_in_the_nodes_place(kind: str, words: str) -> None:
    verdict = verdict_of("EACCES", cases.device(f"/dev/i2c-7:{PATH}"), kind=kind)
    assert verdict.summary == words
    if kind == "directory":
        assert verdict.remedy is not None
        assert verdict.remedy.text.endswith("sudo rmdir /dev/i2c-7")


def absent(*grants: object, board: Any = cases.BOARD, **facts: Any) -> Verdict:
    """A path that stat(2) does not find."""
    told = {"path": PATH, "kind": "absent", **facts}
    calls = cases.opens(PATH, "ENOENT", "ENOENT")
    return judged(cases.case({"node": told}, calls, of=cases.service(*grants), board=board))


def test_a_link_to_nowhere_is_mapped_by_its_own_name() -> None:
    verdict = absent(link="/dev/i2c-9")
    assert (verdict.rule, verdict.summary) == ("HW103", f"{PATH} is a link to /dev/i2c-9")
    assert changes(verdict) == [("add", "devices", PATH, "")]


@pytest.mark.parametrize("source", ["/dev/i2c-7", "/dev/bus/"])
def test_the_boards_side_of_a_bind_is_looked_up(source: str) -> None:
    bus = source.endswith("/")
    host = "/dev/bus/i2c-1" if bus else source
    bind = cases.bind(source, "/dev" if bus else PATH)
    board = replace(cases.BOARD, nodes=(BoardNode(host, "char", 89, 7, 0o660, 0, 998, "i2c"),))
    verdict = absent(bind, board=board)
    assert verdict.evidence[-1] == f"the board has {host}: char 89:7"
    wanted = [("add", "devices", f"{host}:{PATH}", "")]
    removed = [] if bus else [("remove", "volumes", bind.text, "")]
    assert changes(verdict) == removed + wanted


@pytest.mark.parametrize(("complete", "rule"), [(True, "HW100"), (False, "HW102")])
def test_a_node_that_the_board_does_not_show(complete: bool, rule: str) -> None:
    verdict = absent(board=replace(cases.BOARD, nodes=(), complete=complete))
    assert (verdict.rule, bool(verdict.also_possible)) == (rule, not complete)


def test_a_folder_is_asked_for_in_the_services_own_words() -> None:
    plain = cases.case({})
    labelled = replace(plain, service=replace(plain.service, features=("dbus",)))
    assert mount_folder(plain, "/lib/modules", "kernel-modules").changes[0].value == (
        "/lib/modules:/lib/modules:ro"
    )
    assert mount_folder(labelled, "/lib/modules", "kernel-modules").changes[0].field == "labels"


def test_nobody_behind_the_number() -> None:
    none = verdict_of("ENXIO", driver="", in_sysfs=False)
    there = verdict_of("ENXIO")
    assert (none.outcome, none.summary) == (Outcome.ABSENT, "no driver owns char 89:1")
    assert there.evidence[-1] == "/sys/dev/char/89:1 exists"
    assert verdict_of("EIO", driver="", in_sysfs=False).summary.endswith("is not (EIO)")
    assert verdict_of("ENXIO", in_sysfs=False).evidence[-1].endswith("does not exist")
