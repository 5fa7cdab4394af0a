"""SPI: the device behind /dev/spidevB.C, by its settings; nothing is ever transferred."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.nodes import expected_wants, node_wants
from hwaccess.access.spi import rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.access.base import Want
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict
    from hwaccess.words import Finding

NAME: Final = "spi"
SUMMARY: Final = "a SPI device: mode and speed, never a transfer"
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = ("spi.py",)
PARAMS: Final[Mapping[str, object]] = {}
IMPLIES_DENY: Final = True
ON_BOARD: Final = "/dev/spidev*"
NODE: Final = re.compile(r"/dev/spidev(\d+\.\d+)")
DEFAULT: Final = "/dev/spidev0.0"


def claims(path: str) -> bool:
    """/dev/spidevB.C."""
    return NODE.fullmatch(path) is not None


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """The devices that the grants bring in."""
    yield from node_wants(service, board, NAME)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The device that is named, or those that the grants bring in."""
    yield from expected_wants(expectation, service, board, NAME, DEFAULT)


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess.access.spi.judging import judge as work  # noqa: PLC0415 -- a plan needs none of it

    return work(case)


def missing_node(case: Case, path: str) -> Verdict | None:
    """Why the board has no such node, as far as the board's own list of them tells."""
    from hwaccess.access.spi.judging import judge_missing  # noqa: PLC0415 -- see judge

    return judge_missing(case, path)


def lacks(board: BoardFacts) -> Iterator[Finding]:
    """Devices without a driver, a bus that is switched off, nodes that only root may use."""
    from hwaccess.diagnose import board as lacking  # noqa: PLC0415 -- only doctor asks

    without = [device for device in board.spi if " " not in device]
    if without:
        summary = f"no driver for SPI device {', '.join(without)}"
        yield lacking.no_node(board, rules.SPI_WITHOUT_DRIVER, summary, "SPI_SPIDEV", "spidev")
    if not board.spi:
        yield from lacking.bus_off(board, "SPI", "spi=on")
    yield from lacking.root_only(board, "spidev", "spi", claims)
