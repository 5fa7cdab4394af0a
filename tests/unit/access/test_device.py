"""Any device node: what looking at it says, and whether it is the device that its name promises."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cases
import pytest

from hwaccess.access import device
from hwaccess.diagnose import rules
from hwaccess.errors import ComposeError
from hwaccess.facts import BoardNode
from hwaccess.grants import ExpectedAccess
from hwaccess.model import Layer, Outcome
from hwaccess.words import Risk

if TYPE_CHECKING:
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import Service
    from hwaccess.model import Case

PATH = "/dev/ttyUSB0"
USB = BoardNode(PATH, "char", 188, 0, 0o660, 0, 20, "dialout")
BY_ID = replace(USB, path="/dev/serial/by-id/usb-x", link=PATH)
BOARD = replace(cases.BOARD, nodes=(USB, BY_ID))
WHY = "opening it raises DTR and RTS, which resets some devices"


def seen(
    errno: str | None = None,
    *,
    path: str = PATH,
    of: Service | None = None,
    board: BoardFacts = BOARD,
    **facts: Any,
) -> Case:
    """A node that was opened, or whose open was refused."""
    usual: dict[str, Any] = {
        "major": 188,
        "minor": 0,
        "driver": "ttyUSB",
        "devname": "ttyUSB0",
        "gid": 20,
    }
    calls = cases.opens(path, errno, errno)
    return cases.case(
        {"node": cases.node(path, **(usual | facts))}, calls, of=of, board=board, target=path
    )


def looked_at(**facts: Any) -> Case:
    """A node that was only asked with access(2)."""
    case = seen(**facts)
    assert case.observation is not None
    data = {
        "node": cases.node(PATH, major=188, minor=0, driver="ttyUSB", **facts),
        "not_opened": WHY,
    }
    told = cases.case(
        data | {"opening_risk": "write"}, case.observation.calls[:1], board=BOARD, target=PATH
    )
    return replace(case, observation=told.observation)


STOPPED = [
    ("no driver", seen("ENXIO", driver="", in_sysfs=False), rules.NO_DRIVER),
    ("unplugged", seen("ENODEV", in_sysfs=False), rules.GONE),
    ("read fails as if unplugged", seen("EIO"), rules.GONE),
    ("busy", seen("EBUSY"), rules.BUSY),
    ("a file opens, and is no device", seen(kind="file", major=-1, minor=-1), rules.NOT_A_NODE),
    (
        "bound without a rule",
        seen("EPERM", access="EPERM", of=cases.service(cases.bind(PATH))),
        rules.BIND_MOUNT,
    ),
    ("looked at, refused by the device cgroup", looked_at(access="EPERM"), rules.NO_RULE),
]


@pytest.mark.parametrize(
    ("case", "rule"), [row[1:] for row in STOPPED], ids=[row[0] for row in STOPPED]
)
def test_what_stops_it(case: Case, rule: Any) -> None:
    verdict = device.judge(case)
    assert (verdict.rule, verdict.layer) == (rule.id, rule.layer)
    assert verdict.evidence


def test_a_node_that_opens_is_reached() -> None:
    verdict = device.judge(seen())
    assert (verdict.outcome, verdict.rule, verdict.also_possible) == (Outcome.REACHABLE, "", ())
    assert verdict.evidence[-1].startswith(f"{PATH}: char 188:0")


def test_a_node_that_was_only_looked_at_says_so() -> None:
    verdict = device.judge(looked_at())
    assert verdict.outcome is Outcome.REACHABLE
    assert f"not opened: {WHY}" in verdict.summary
    assert "--allow write" in verdict.also_possible[0]
    assert "gone" in device.judge(looked_at(in_sysfs=False)).also_possible[1]


CONSOLE: dict[str, Any] = {"major": 204, "minor": 64, "driver": "ttyAMA", "devname": "ttyAMA0"}
OTHER = [
    ("another driver's name", seen(path="/dev/ttyACM0", **CONSOLE), "ttyAMA0"),
    ("another number than the board's node", seen(minor=1, devname="ttyUSB1"), "188:0"),
    ("another number within the driver", seen(path="/dev/ttyUSB5"), ""),
    ("a name that promises nothing", seen(path="/dev/modem"), ""),
    (
        "a link of the board",
        seen(path="/dev/modem", of=cases.service(cases.device(f"{BY_ID.path}:/dev/modem"))),
        "",
    ),
    ("no name told", seen(path="/dev/ttyACM0", devname=""), ""),
]


@pytest.mark.parametrize(
    ("case", "words"), [row[1:] for row in OTHER], ids=[row[0] for row in OTHER]
)
def test_a_name_that_another_device_has_is_a_warning(case: Case, words: str) -> None:
    verdict = device.judge(case)
    assert verdict.outcome is Outcome.REACHABLE
    assert verdict.rule == (device.rules.OTHER_DEVICE.id if words else "")
    assert bool(verdict.also_possible) is bool(words)
    assert not words or words in verdict.also_possible[0]


def test_looking_is_enough_and_other_kinds_keep_their_nodes() -> None:
    service = cases.service(
        *map(cases.device, (PATH, "/dev/i2c-1", "/dev/gpiochip0", "/dev/mem", "/dev/spidev0.0"))
    )
    assert [(want.target, want.risk) for want in device.wanted(service, BOARD)] == [
        (PATH, Risk.LOOK)
    ]


def expectation(target: str, *, reach: bool = True, **params: object) -> ExpectedAccess:
    """A line of x-hwaccess."""
    return ExpectedAccess("device", target, reach, cases.PLACE, tuple(params.items()))


def test_an_expected_node_takes_the_words_beside_it() -> None:
    (want,) = device.expected(expectation("/dev/hailo0", open=True), cases.service(), BOARD)
    assert (want.target, want.risk, dict(want.params)) == ("/dev/hailo0", Risk.LOOK, {"open": True})


def test_without_a_target_the_granted_nodes_are_meant() -> None:
    wants = device.expected(expectation(""), cases.service(cases.device(PATH)), BOARD)
    assert [want.target for want in wants] == [PATH]


@pytest.mark.parametrize("reach", [True, False])
def test_no_node_stands_for_all_of_them(*, reach: bool) -> None:
    with pytest.raises(ComposeError, match=r"compose\.yaml:3:7: device needs the path of a node"):
        list(device.expected(expectation("", reach=reach), cases.service(), BOARD))


def test_its_rule() -> None:
    assert [(rule.id, rule.layer) for rule in device.RULES] == [("HW200", Layer.ENGINE)]
