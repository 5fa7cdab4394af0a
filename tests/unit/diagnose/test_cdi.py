"""A CDI name has no path: it must neither cover every path nor be forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cases
import pytest

from hwaccess.access import i2c
from hwaccess.diagnose import rules
from hwaccess.diagnose.ladder import judge_open
from hwaccess.facts import BoardNode

if TYPE_CHECKING:
    from hwaccess.model import Case, Rule

PATH = "/dev/i2c-1"
CDI_LINE = "devices at compose.yaml:3:7: vendor.com/gpu=all is a CDI name"


def refused_by_cgroup(*grants: object) -> Case:
    """Both open(2) and access(2) say EPERM, as a device cgroup makes them."""
    calls = cases.opens(PATH, "EPERM", "EPERM")
    return cases.case({"node": cases.node(access="EPERM")}, calls, of=cases.service(*grants))


def test_the_board_path_of_a_node_is_that_of_the_line_that_names_it() -> None:
    of = cases.service(cases.cdi(), cases.device("/dev/i2c-7:/dev/i2c-1"))
    seven = BoardNode("/dev/i2c-7", "char", 89, 7, 0o660, 0, 998, "i2c")
    absent = cases.case(
        {"node": {"path": PATH, "kind": "absent"}},
        cases.opens(PATH, "ENOENT", "ENOENT"),
        of=of,
        board=replace(cases.BOARD, nodes=(seven,)),
    )

    verdict = i2c.judge(absent)

    assert (verdict.rule, verdict.summary) == (
        rules.NOT_MAPPED.id,
        "the board has /dev/i2c-7, the container does not",
    )


@pytest.mark.parametrize("path", ["", "/", PATH])
def test_a_cdi_name_covers_no_path(path: str) -> None:
    assert not cases.cdi().covers(path)
    assert cases.service(cases.cdi()).host_path(path) == path


@pytest.mark.parametrize(
    ("grants", "rule"),
    [
        ((cases.cdi(),), rules.NO_RULE),
        ((cases.cdi(), cases.bind(PATH)), rules.BIND_MOUNT),
        ((cases.cdi(), cases.rule(188)), rules.OTHER_MAJOR),
        ((cases.cdi(), cases.rule(89, "r")), rules.READ_ONLY_RULE),
    ],
    ids=["alone", "bind", "other major", "read only"],
)
def test_a_cgroup_verdict_says_that_a_cdi_name_may_bring_rules(
    grants: tuple[object, ...], rule: Rule
) -> None:
    verdict = judge_open(refused_by_cgroup(*grants))

    assert verdict is not None
    assert verdict.rule == rule.id
    assert verdict.evidence[-1].startswith(CDI_LINE)
    assert verdict.also_possible == ("the CDI specification lets it in with too narrow a rule",)


def test_a_line_that_maps_the_node_speaks_for_itself() -> None:
    verdict = judge_open(refused_by_cgroup(cases.cdi(), cases.device(PATH, "r")))

    assert verdict is not None
    assert verdict.rule == rules.READ_ONLY_RULE.id
    assert not verdict.also_possible


def test_without_a_cdi_name_nothing_is_said_of_it() -> None:
    verdict = judge_open(refused_by_cgroup(cases.bind(PATH)))

    assert verdict is not None
    assert not verdict.also_possible
    assert verdict.evidence[-1].endswith("and no device grant names it")
