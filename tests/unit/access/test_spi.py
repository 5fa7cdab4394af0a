"""SPI: why there is no node, and what the driver says of itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cases
import emulated_kernel
import pytest
from emulated_drivers import SpiDevice

from hwaccess.access import spi
from hwaccess.access.spi import rules as spi_rules
from hwaccess.diagnose import rules
from hwaccess.grants import ExpectedAccess
from hwaccess.model import Call, Expect, Layer, LibraryCall, Outcome

if TYPE_CHECKING:
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import Service
    from hwaccess.model import Case, Verdict

PATH = "/dev/spidev0.0"
BARE = replace(cases.BOARD, nodes=())


def absent(board: BoardFacts, path: str = PATH, of: Service | None = None) -> Verdict:
    """The verdict over a node that the container does not have."""
    facts = {"node": {"path": path, "kind": "absent"}}
    case = cases.case(
        facts, cases.opens(path, "ENOENT", "ENOENT"), of=of, board=board, access="spi", target=path
    )
    return spi.judge(case)


def with_spi(*devices: str, **board: Any) -> BoardFacts:
    """A board with these SPI devices and no node."""
    return replace(BARE, spi=devices, **board)


MISSING = [
    ("no device", BARE, PATH, spi_rules.NO_DEVICE, "/boot/uEnv.txt"),
    (
        "no device on a Pi",
        replace(BARE, model="Raspberry Pi 4"),
        PATH,
        spi_rules.NO_DEVICE,
        "dtparam=spi=on",
    ),
    (
        "no SPI in the kernel",
        replace(BARE, config=(("SPI", "n"),)),
        PATH,
        spi_rules.NO_DEVICE,
        "CONFIG_SPI",
    ),
    ("not bound", with_spi("spi0.0"), PATH, spi_rules.NOT_BOUND, "spi0.0/driver_override"),
    ("another driver", with_spi("spi0.0 mcp251x"), PATH, spi_rules.OTHER_DRIVER, "mcp251x"),
    (
        "another number",
        with_spi("spi10.0 spidev"),
        PATH,
        spi_rules.OTHER_NUMBER,
        "/dev/spidev10.0:/dev/spidev0.0",
    ),
    (
        "several others",
        with_spi("spi1.0 spidev", "spi1.1 spidev"),
        PATH,
        spi_rules.OTHER_NUMBER,
        "ls /dev/spidev*",
    ),
    ("bound, and /dev lacks it", with_spi("spi0.0 spidev"), PATH, rules.MISSING_ON_BOARD, "doctor"),
    ("a name of its own", BARE, "/dev/display", rules.MISSING_ON_BOARD, "doctor"),
    ("board unread", replace(BARE, complete=False), PATH, rules.NOT_THERE, "devices"),
]


@pytest.mark.parametrize(
    ("board", "path", "rule", "words"), [r[1:] for r in MISSING], ids=[r[0] for r in MISSING]
)
def test_why_there_is_no_node(board: BoardFacts, path: str, rule: Any, words: str) -> None:
    verdict = absent(board, path)
    assert (verdict.rule, verdict.layer) == (rule.id, rule.layer)
    assert verdict.remedy is not None
    assert words in verdict.remedy.text


def test_a_device_that_another_driver_has_is_busy() -> None:
    assert absent(with_spi("spi0.0 mcp251x")).outcome is Outcome.BUSY


def test_the_only_other_number_takes_the_place_of_a_bind() -> None:
    verdict = absent(with_spi("spi10.0 spidev"), of=cases.service(cases.bind(PATH)))
    assert verdict.remedy is not None
    assert [(change.op, change.field) for change in verdict.remedy.changes] == [
        ("remove", "volumes"),
        ("add", "devices"),
    ]


def test_a_device_is_reached_by_questions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    observation = emulated_kernel.observe(monkeypatch, "spi", SpiDevice(), allowed="disrupt")
    verdict = spi.judge(replace(cases.case({}), observation=observation))
    assert (verdict.outcome, verdict.rule) == (Outcome.REACHABLE, "")
    assert "mode 1, 500000 Hz" in verdict.summary
    assert observation.facts.number("bits_per_word") == 8


def with_mode(errno_name: str | None, *library: LibraryCall) -> Case:
    """A node that opened, and what SPI_IOC_RD_MODE said."""
    calls = (*cases.opens(PATH, None), Call("ioctl", "SPI_IOC_RD_MODE", errno_name, "0"))
    case = cases.case(
        {"node": cases.node(PATH, major=153, minor=0, driver="spi"), "mode": 0}, calls, access="spi"
    )
    assert case.observation is not None
    return replace(case, observation=replace(case.observation, library=library))


LIBRARY = LibraryCall("spidev", "3.6", "SpiDev().open(0, 0)", ok=False, text="OSError: [Errno 22]")
NOT_INSTALLED = replace(LIBRARY, version="", text="not installed: No module named 'spidev'")
AFTER_OPEN = [
    ("no SPI device", with_mode("ENOTTY"), spi_rules.NOT_SPI),
    ("device gone", with_mode("ESHUTDOWN"), rules.GONE),
    ("the library fails", with_mode(None, LIBRARY), spi_rules.LIBRARY),
    ("the library is not there", with_mode(None, NOT_INSTALLED), None),
]


@pytest.mark.parametrize(
    ("case", "rule"), [row[1:] for row in AFTER_OPEN], ids=[row[0] for row in AFTER_OPEN]
)
def test_what_comes_after_the_open(case: Case, rule: Any) -> None:
    verdict = spi.judge(case)
    assert (verdict.rule, verdict.layer) == ((rule.id, rule.layer) if rule else ("", None))
    assert verdict.evidence


def test_a_library_that_fails_keeps_nobody_out() -> None:
    case = with_mode(None, LIBRARY)
    denied = replace(case, check=replace(case.check, expect=Expect.DENY))
    assert spi.judge(denied).outcome is Outcome.REACHABLE


def test_a_node_of_a_harmful_class_is_named_so() -> None:
    facts = {"node": cases.node(PATH), "class": "watchdog", "not_opened": "opening it arms a timer"}
    verdict = spi.judge(cases.case(facts, cases.opens(PATH, None)[:1], access="spi"))
    assert verdict.rule == spi_rules.NOT_SPI.id
    assert "class watchdog" in verdict.summary


def test_the_ladder_comes_before_the_driver() -> None:
    facts = {"node": cases.node(PATH, access="EACCES")}
    case = cases.case(
        facts, cases.opens(PATH, "EACCES", "EACCES"), confinement=cases.USER, access="spi"
    )
    assert spi.judge(case).layer is Layer.PERMISSION


def test_what_is_wanted_and_what_is_meant_without_a_target() -> None:
    service = cases.service(
        cases.device("/dev/spidev1.0:/dev/spidev0.0"), cases.device("/dev/i2c-1")
    )
    assert [want.target for want in spi.wanted(service, BARE)] == [PATH]
    line = ExpectedAccess("spi", "", reach=True, place=cases.PLACE)
    assert [want.target for want in spi.expected(line, cases.service(), BARE)] == [spi.DEFAULT]


def test_every_rule_has_a_number_of_its_own() -> None:
    first, *others = (rule.id for rule in spi.RULES)
    assert first == "HW082"  # what doctor says of a board that lacks it
    assert len(set(others)) == len(others)
    assert all(name.startswith("HW23") for name in others)
