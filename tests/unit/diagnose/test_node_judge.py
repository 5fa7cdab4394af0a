"""Remedies that the kinds of nodes share, also where the engine refused before any probe ran."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cases
import pytest

from hwaccess import access
from hwaccess.access import gpio, i2c, spi
from hwaccess.diagnose.refusal import judge_refusal
from hwaccess.facts import I2cAdapter
from hwaccess.model import Call, Change, Refusal

if TYPE_CHECKING:
    from types import ModuleType

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import Service
    from hwaccess.model import Case

BARE = replace(cases.BOARD, nodes=())
ADAPTER_ONLY = replace(BARE, i2c=(I2cAdapter(1, "bcm2835", has_node=False),))
WORDS = (
    'error gathering device information while adding custom device "{}": no such file or directory'
)


def refused(path: str, board: BoardFacts = BARE) -> Case:
    """The engine's refusal of a service with one device."""
    case = cases.case({}, of=cases.service(cases.device(path)), target=path)
    refusal = Refusal("start", WORDS.format(path))
    return replace(case, board=board, observation=None, confinement=None, refusal=refusal)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (refused("/dev/i2c-1", ADAPTER_ONLY), "modprobe i2c-dev"),
        (refused("/dev/i2c-1", replace(BARE, model="Raspberry Pi 4")), "dtparam=i2c_arm=on"),
        (refused("/dev/spidev0.0", replace(BARE, spi=("spi0.0",))), "driver_override"),
        (
            refused("/dev/gpiochip0", replace(BARE, gpio_chips=("gpiochip4",))),
            '"/dev/gpiochip4:/dev/gpiochip0"',
        ),
        (refused("/dev/ttyUSB0"), "hwaccess doctor"),
        (refused("/dev/i2c-1", replace(BARE, complete=False)), "hwaccess doctor"),
    ],
    ids=["i2c-dev", "overlay", "spidev", "another chip", "no kind", "board unread"],
)
def test_a_node_that_the_engine_misses_has_the_remedy_of_its_kind(case: Case, words: str) -> None:
    verdict = judge_refusal(case, access.missing_node)
    assert verdict.rule == "HW050"
    assert verdict.remedy is not None
    assert words in verdict.remedy.text


QUESTIONS = [
    (i2c, "/dev/i2c-1", "I2C_FUNCS"),
    (spi, "/dev/spidev0.0", "SPI_IOC_RD_MODE"),
    (gpio, "/dev/gpiochip0", "GPIO_GET_CHIPINFO_IOCTL"),
]


def another_device(path: str, question: str, of: Service) -> Case:
    """A node that opens and does not know its kind's first question.

    The board has the right one.
    """
    calls = (*cases.opens(path, None), Call("ioctl", question, "ENOTTY"))
    board = replace(cases.BOARD, nodes=(replace(cases.I2C, path=path),))
    return cases.case(
        {"node": cases.node(path, major=1, minor=3)}, calls, of=of, board=board, target=path
    )


@pytest.mark.parametrize(("kind", "path", "question"), QUESTIONS)
def test_the_wrong_side_of_a_mapping_is_replaced(
    kind: ModuleType, path: str, question: str
) -> None:
    wrong = f"/dev/null:{path}"
    remedy = kind.judge(another_device(path, question, cases.service(cases.device(wrong)))).remedy
    assert remedy.changes == (Change("replace", "devices", path, old=wrong),)


@pytest.mark.parametrize(("kind", "path", "question"), QUESTIONS)
def test_a_node_that_is_wrong_on_the_board_is_looked_at_there(
    kind: ModuleType, path: str, question: str
) -> None:
    remedy = kind.judge(another_device(path, question, cases.service(cases.device(path)))).remedy
    assert "cat /sys/dev/char/1:3/uevent" in remedy.text
    assert not remedy.changes
