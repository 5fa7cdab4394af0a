"""Which nodes a service's grants bring in, and under which name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cases
import pytest

from hwaccess import access
from hwaccess.access import nodes
from hwaccess.access.nodes import expected_wants, node_wants
from hwaccess.facts import BoardNode
from hwaccess.grants import DeviceGrant, ExpectedAccess
from hwaccess.words import Risk

if TYPE_CHECKING:
    from hwaccess.facts import BoardFacts


def node(path: str, major: int, minor: int = 0, link: str = "") -> BoardNode:
    return BoardNode(path, "char", major, minor, 0o660, 0, 20, "dialout", link)


USB = node("/dev/ttyUSB0", 188)
BOARD = replace(
    cases.BOARD,
    nodes=(
        cases.I2C,
        node("/dev/null", 1, 3),
        node("/dev/sensors", 89, 1, link="/dev/i2c-1"),
        node("/dev/serial/by-id/usb-x", 188, 0, link="/dev/ttyUSB0"),
        node("/dev/snd/pcmC0D0p", 116, 16),
        node("/dev/snd/timer", 116, 33),
        USB,
    ),
    paths=(("/dev/ttyGONE", "directory"), ("/dev/log", "socket"), ("/srv", "directory")),
)
UNREAD = replace(cases.BOARD, complete=False, nodes=())
CDI = DeviceGrant(
    field="devices", text="v.com/c=n", place=cases.PLACE, host="", container="", cdi=True
)

TABLE = [
    ("device", (cases.device("/dev/i2c-1"),), BOARD, ["/dev/i2c-1"]),
    ("device under another name", (cases.device("/dev/i2c-1:/dev/bus0"),), BOARD, ["/dev/bus0"]),
    ("device that the board lacks", (cases.device("/dev/i2c-7"),), BOARD, ["/dev/i2c-7"]),
    ("directory of devices", (cases.device("/dev/snd"),), BOARD,
     ["/dev/snd/pcmC0D0p", "/dev/snd/timer"]),
    ("directory of links: refused", (cases.device("/dev/serial"),), BOARD, ["/dev/serial"]),
    ("CDI", (CDI,), BOARD, []),
    ("bound node", (cases.bind("/dev/i2c-1", "/i2c"),), BOARD, ["/i2c"]),
    ("bound node, board unread", (cases.bind("/dev/i2c-1"),), UNREAD, ["/dev/i2c-1"]),
    ("directory in the place of a node", (cases.bind("/dev/ttyGONE"),), BOARD, ["/dev/ttyGONE"]),
    ("bound directory", (cases.bind("/dev/serial", "/s"),), BOARD, ["/s/by-id/usb-x"]),
    ("bound directory, board unread", (cases.bind("/dev/serial"),), UNREAD, []),
    ("bound socket", (cases.bind("/dev/log"),), BOARD, []),
    ("bound elsewhere", (cases.bind("/srv"),), BOARD, []),
    ("all of /dev without a rule", (cases.bind("/dev"),), BOARD, []),
    ("all of /dev, every major", (cases.bind("/dev"), cases.rule(None)), BOARD, []),
    ("all of /dev with a rule", (cases.bind("/dev", "/host/"), cases.rule(188)), BOARD,
     ["/host/ttyUSB0"]),
    ("all of /dev, ordinary nodes", (cases.bind("/dev"), cases.rule(1)), BOARD, []),
    ("twice", (cases.device("/dev/i2c-1"), cases.bind("/dev"), cases.rule(89)), BOARD,
     ["/dev/i2c-1"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("grants", "board", "targets"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_grants_bring_in_nodes(
    grants: tuple[object, ...], board: BoardFacts, targets: list[str]
) -> None:
    wants = list(node_wants(cases.service(*grants), board))
    assert [want.target for want in wants] == targets
    assert all(want.grants and want.risk is Risk.OPEN for want in wants)


def test_a_target_carries_every_grant_that_makes_it_usable() -> None:
    device, bind, rule = cases.device("/dev/i2c-1"), cases.bind("/dev"), cases.rule(89)
    (want,) = node_wants(cases.service(device, bind, rule), BOARD)
    assert want.grants == (device, bind, rule)


@pytest.mark.parametrize(
    "text", ["/dev/i2c-1", "/dev/i2c-1:/dev/bus0", "/dev/sensors:/dev/bus0", "/dev/x:/dev/i2c-1"]
)
def test_the_kind_follows_the_hardware_under_any_name(text: str) -> None:
    service = cases.service(cases.device(text))
    assert len(list(node_wants(service, BOARD, "i2c"))) == 1


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("/dev/i2c-22", "i2c"),
        ("/dev/spidev0.1", "spi"),
        ("/dev/gpiochip10", "gpio"),
        ("/dev/gpiomem0", "gpio"),
        ("/dev/gpiomem", "gpio"),
        ("/dev/mem", "mem"),
        ("/dev/kmem", "mem"),
        ("/dev/port", "mem"),
        ("/dev/ttyUSB0", "device"),
        ("/dev/i2c", "device"),
        ("/dev/portal", "device"),
    ],
)
def test_the_kind_that_claims_a_node_has_it_and_device_has_the_rest(path: str, owner: str) -> None:
    assert access.owner(path) == owner


@pytest.mark.parametrize(
    ("target", "reach", "grants", "targets"),
    [
        ("/dev/i2c-9", True, (), ["/dev/i2c-9"]),
        ("", True, (cases.device("/dev/i2c-1:/dev/i2c-5"),), ["/dev/i2c-5"]),
        ("", True, (), ["/dev/i2c-0"]),
        ("", False, (), ["/dev/i2c-1"]),
    ],
    ids=["named", "granted", "default", "deny all of the board"],
)
def test_what_an_expectation_asks_for(
    target: str, *, reach: bool, grants: tuple[object, ...], targets: list[str]
) -> None:
    line = ExpectedAccess("i2c", target, reach, cases.PLACE)
    wants = list(expected_wants(line, cases.service(*grants), BOARD, "i2c", "/dev/i2c-0"))
    assert [want.target for want in wants] == targets
    assert [bool(want.grants) for want in wants] == [bool(grants)]


def test_a_denial_on_a_board_without_the_kind_asks_for_the_default() -> None:
    line = ExpectedAccess("i2c", "", reach=False, place=cases.PLACE)
    assert [
        w.target for w in expected_wants(line, cases.service(), UNREAD, "i2c", "/dev/i2c-0")
    ] == ["/dev/i2c-0"]
    assert not list(nodes.expected_wants(line, cases.service(), UNREAD, "i2c", ""))
