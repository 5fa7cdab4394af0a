"""GPIO: chips, lines and their users, and what gpiozero makes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cases
import emulated_kernel
import pytest
from emulated_drivers import GpioChip

from hwaccess.access import gpio
from hwaccess.access.gpio import rules as gpio_rules
from hwaccess.diagnose import rules
from hwaccess.facts import BoardNode
from hwaccess.grants import EnvironmentGrant, ExpectedAccess
from hwaccess.model import Call, Check, Expect, Layer, LibraryCall, Outcome
from hwaccess.words import Risk

if TYPE_CHECKING:
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import Service
    from hwaccess.model import Case, Verdict

PATH = "/dev/gpiochip0"
BARE = replace(cases.BOARD, nodes=())
PI = replace(BARE, model="Raspberry Pi 4 Model B Rev 1.4")
GPIOMEM0 = BoardNode("/dev/gpiomem0", "char", 242, 0, 0o660, 0, 997, "gpio")


def absent(board: BoardFacts, path: str = PATH, of: Service | None = None) -> Verdict:
    """The verdict over a node that the container does not have."""
    facts = {"node": {"path": path, "kind": "absent"}}
    case = cases.case(
        facts, cases.opens(path, "ENOENT", "ENOENT"), of=of, board=board, access="gpio", target=path
    )
    return gpio.judge(case)


TWO = replace(BARE, gpio_chips=("gpiochip11", "gpiochip15"))
MISSING = [
    ("no chip", BARE, PATH, gpio_rules.NO_CHIP, "gpiodetect"),
    (
        "no GPIO",
        replace(BARE, config=(("I2C", "y"),)),
        PATH,
        gpio_rules.NO_CHIP,
        "CONFIG_GPIO_CDEV",
    ),
    (
        "one other chip",
        replace(BARE, gpio_chips=("gpiochip4",)),
        PATH,
        gpio_rules.OTHER_NUMBER,
        "/dev/gpiochip4:",
    ),
    ("several other chips", TWO, PATH, gpio_rules.OTHER_NUMBER, "gpiodetect"),
    ("a chip that /dev lacks", TWO, "/dev/gpiochip11", rules.MISSING_ON_BOARD, "doctor"),
    ("no gpiomem", BARE, "/dev/gpiomem", gpio_rules.NO_MEMORY, "/dev/gpiochip*"),
    (
        "a Pi 5",
        replace(BARE, nodes=(GPIOMEM0,)),
        "/dev/gpiomem",
        gpio_rules.NO_MEMORY,
        "/dev/gpiochip*",
    ),
    ("not mapped", replace(BARE, nodes=(GPIOMEM0,)), "/dev/gpiomem0", rules.NOT_MAPPED, "devices"),
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


CHIP = GpioChip(lines={8: ("GPIO8", "spi0 CS0"), 17: ("GPIO17", ""), 40: ("", "sysfs")})


def asked(monkeypatch: pytest.MonkeyPatch, chip: GpioChip, *lines: object) -> Verdict:
    """The verdict over a chip, with the lines that x-hwaccess names beside it."""
    params: dict[str, Any] = {"lines": lines} if lines else {}
    observation = emulated_kernel.observe(monkeypatch, "gpio", chip, **params)
    check = Check("app", "gpio", PATH, Expect.REACH, Risk.OPEN, tuple(params.items()))
    return gpio.judge(replace(cases.case({}), check=check, observation=observation))


@pytest.mark.parametrize("version", [2, 1], ids=["new kernel", "kernel before 5.10"])
def test_a_chip_is_reached_without_requesting_a_line(
    monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    verdict = asked(monkeypatch, replace(CHIP, version=version))
    assert (verdict.outcome, verdict.rule) == (Outcome.REACHABLE, "")
    assert verdict.summary == "gpiochip0 [pinctrl-bcm2711]: 58 lines, 2 in use"
    assert (
        len([line for line in verdict.evidence if "GET_LINEINFO" in line]) == 3 - version
    )  # one call, not 58


LINES = [
    ("named and free", CHIP, ("GPIO17",), None, "58 lines"),
    ("free by offset", CHIP, (17, 57), None, "58 lines"),
    ("used by name", CHIP, ("GPIO17", "GPIO8"), gpio_rules.LINE_BUSY, "GPIO8 by spi0 CS0"),
    ("used by offset", CHIP, (40,), gpio_rules.LINE_BUSY, "40 by sysfs"),
    ("no such name", CHIP, ("GPIO99",), gpio_rules.LINE_MISSING, "GPIO99"),
    ("no such offset", CHIP, (58,), gpio_rules.LINE_MISSING, "58"),
    ("an offset is no name", CHIP, ("17",), gpio_rules.LINE_MISSING, "17"),
    (
        "lines not told",
        replace(CHIP, version=0),
        ("GPIO17",),
        gpio_rules.LINES_UNKNOWN,
        "did not tell",
    ),
    ("a chip without lines", replace(CHIP, count=0, lines={}), (0,), gpio_rules.LINE_MISSING, "0"),
]


@pytest.mark.parametrize(
    ("chip", "lines", "rule", "words"), [r[1:] for r in LINES], ids=[r[0] for r in LINES]
)
def test_the_lines_that_the_compose_file_names(
    monkeypatch: pytest.MonkeyPatch,
    chip: GpioChip,
    lines: tuple[object, ...],
    rule: Any,
    words: str,
) -> None:
    verdict = asked(monkeypatch, chip, *lines)
    assert (verdict.rule, verdict.layer) == ((rule.id, rule.layer) if rule else ("", None))
    assert words in verdict.summary


def test_outcomes_of_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert asked(monkeypatch, CHIP, "GPIO8").outcome is Outcome.BUSY
    assert asked(monkeypatch, CHIP, "GPIO99").outcome is Outcome.ABSENT
    assert asked(monkeypatch, replace(CHIP, version=0), 1).outcome is Outcome.UNKNOWN


def test_another_device_is_no_chip() -> None:
    calls = (*cases.opens(PATH, None), Call("ioctl", "GPIO_GET_CHIPINFO_IOCTL", "ENOTTY"))
    verdict = gpio.judge(cases.case({"node": cases.node(PATH)}, calls, access="gpio"))
    assert (verdict.rule, verdict.layer) == (gpio_rules.NOT_A_CHIP.id, Layer.ENGINE)


def test_a_chip_that_is_gone_is_told_by_the_ladder() -> None:
    calls = (*cases.opens(PATH, None), Call("ioctl", "GPIO_GET_CHIPINFO_IOCTL", "ENODEV"))
    assert (
        gpio.judge(cases.case({"node": cases.node(PATH)}, calls, access="gpio")).rule
        == rules.GONE.id
    )


def test_a_node_of_a_harmful_class_is_named_so() -> None:
    facts = {
        "node": cases.node(PATH),
        "class": "tty",
        "not_opened": "opening it raises DTR and RTS",
    }
    assert (
        "class tty"
        in gpio.judge(cases.case(facts, cases.opens(PATH, None)[:1], access="gpio")).summary
    )


def test_gpiomem_is_reached_by_its_open() -> None:
    node = cases.node("/dev/gpiomem", major=239, minor=0, driver="bcm2835-gpiomem")
    verdict = gpio.judge(
        cases.case({"node": node}, cases.opens("/dev/gpiomem", None), access="gpio")
    )
    assert verdict.outcome is Outcome.REACHABLE
    assert "/dev/gpiomem opens" in verdict.summary


DETECTION = LibraryCall(
    "gpiozero", "2.0.1", "get_pi_revision()", ok=False, text="PinUnknownPi: unable to locate"
)
FACTORY = LibraryCall(
    "gpiozero", "2.0.1", "GPIOZERO_PIN_FACTORY=lgpio", ok=False, text="error: can not open gpiochip"
)
NO_LGPIO = replace(FACTORY, text="not installed: No module named 'lgpio'")
MASK = cases.mount("/sys/firmware", own=True)
USES = EnvironmentGrant(
    field="environment",
    text="GPIOZERO_PIN_FACTORY=lgpio",
    place=cases.PLACE,
    name="GPIOZERO_PIN_FACTORY",
    value="lgpio",
)


def with_gpiozero(
    *library: LibraryCall, board: BoardFacts = PI, masked: bool = True, uses: bool = False
) -> Case:
    """A chip that answers, and what gpiozero said afterwards."""
    chip = {"name": "gpiochip0", "label": "pinctrl-bcm2711", "lines": 58}
    firmware = MASK if masked else cases.mount("/sys")
    facts = {"node": cases.node(PATH), "chip": chip, "lines": [], "firmware": firmware}
    calls = (*cases.opens(PATH, None), Call("ioctl", "GPIO_GET_CHIPINFO_IOCTL", None, "gpiochip0"))
    service = replace(cases.service(), environment=(USES,) if uses else ())
    case = cases.case(facts, calls, of=service, board=board, access="gpio")
    assert case.observation is not None
    return replace(case, observation=replace(case.observation, library=library))


@pytest.mark.parametrize(
    ("case", "rule"),
    [
        (with_gpiozero(DETECTION, NO_LGPIO, uses=True), gpio_rules.FIRMWARE_MASKED),
        (with_gpiozero(DETECTION, NO_LGPIO, uses=True, masked=False), gpio_rules.GPIOZERO_FAILS),
        (with_gpiozero(FACTORY, uses=True), gpio_rules.GPIOZERO_FAILS),
        (with_gpiozero(NO_LGPIO, uses=True), None),
        (with_gpiozero(DETECTION), None),
        (with_gpiozero(DETECTION, board=BARE), None),
    ],
    ids=["masked", "unknown board", "factory", "not installed", "not used", "no Pi"],
)
def test_gpiozero_fails_a_check_only_when_the_service_uses_it(case: Case, rule: Any) -> None:
    verdict = gpio.judge(case)
    assert (verdict.rule, verdict.layer) == ((rule.id, rule.layer) if rule else ("", None))
    assert any(line.startswith("gpiozero 2.0.1") for line in verdict.evidence)


def test_neither_gpiozero_nor_a_line_keeps_anybody_from_the_chip() -> None:
    for params in ((), (("lines", ("GPIO99",)),)):
        case = with_gpiozero(DETECTION, uses=True)
        denied = replace(case, check=replace(case.check, expect=Expect.DENY, params=params))
        assert gpio.judge(denied).outcome is Outcome.REACHABLE


def test_an_app_with_gpiozero_is_warned_on_a_pi_alone() -> None:
    assert "HW226" in gpio.judge(with_gpiozero(DETECTION)).also_possible[0]
    assert not gpio.judge(with_gpiozero(DETECTION, board=BARE)).also_possible


def test_unmasking_is_a_change_of_the_compose_file() -> None:
    verdict = gpio.judge(with_gpiozero(DETECTION, uses=True))
    assert verdict.remedy is not None
    assert [change.value for change in verdict.remedy.changes] == ["systempaths=unconfined"]


def test_x_hwaccess_can_say_that_gpiozero_is_used() -> None:
    case = with_gpiozero(DETECTION)
    said = replace(case, check=replace(case.check, params=(("gpiozero", True),)))
    assert gpio.judge(said).rule == gpio_rules.FIRMWARE_MASKED.id


def test_what_is_wanted_and_what_travels_to_the_probe() -> None:
    service = cases.service(
        cases.device("/dev/gpiomem"), cases.device("/dev/gpiochip4:/dev/gpiochip0")
    )
    assert [want.target for want in gpio.wanted(service, BARE)] == ["/dev/gpiomem", PATH]
    line = ExpectedAccess(
        "gpio", PATH, reach=True, place=cases.PLACE, params=(("lines", ("GPIO17", 4)),)
    )
    (want,) = gpio.expected(line, service, BARE)
    assert (want.risk, dict(want.params)) == (Risk.OPEN, {"lines": ("GPIO17", 4)})


def test_every_rule_has_a_number_of_its_own() -> None:
    first, *others = (rule.id for rule in gpio.RULES)
    assert first == "HW083"  # what doctor says of a board that lacks it
    assert len(set(others)) == len(others)
    assert all(name.startswith("HW22") for name in others)
