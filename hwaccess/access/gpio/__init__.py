"""GPIO: chips and their lines, asked without requesting one, and /dev/gpiomem.

Then gpiozero's view of the board.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.gpio import rules
from hwaccess.access.nodes import expected_wants, node_wants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.access.base import Want
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict
    from hwaccess.words import Finding

NAME: Final = "gpio"
SUMMARY: Final = "a GPIO chip, its lines and their users; no line is requested"
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = ("gpio.py",)
PARAMS: Final[Mapping[str, object]] = {
    "lines": {
        "type": "array",
        "items": {"type": ["string", "integer"], "minimum": 0, "minLength": 1},
        "minItems": 1,
        "uniqueItems": True,
        "description": (
            "names or offsets of lines that must be there and free, such as GPIO17 or 17"
        ),
    },
    "gpiozero": {
        "type": "boolean",
        "description": "the app uses gpiozero: its view of the board must be right too",
    },
}
IMPLIES_DENY: Final = True
ON_BOARD: Final = "/dev/gpiochip*"
CHIP: Final = re.compile(r"/dev/(gpiochip\d+)")
MEMORY: Final = re.compile(r"/dev/gpiomem\d*")
DEFAULT: Final = "/dev/gpiochip0"


def claims(path: str) -> bool:
    """/dev/gpiochipN and /dev/gpiomem*."""
    return bool(CHIP.fullmatch(path) or MEMORY.fullmatch(path))


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """The chips that the grants bring in."""
    yield from node_wants(service, board, NAME)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The chip that is named, or those that the grants bring in."""
    for want in expected_wants(expectation, service, board, NAME, DEFAULT):
        yield replace(want, params=dict(expectation.params))


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess.access.gpio.judging import judge as work  # noqa: PLC0415 -- a plan needs none of it

    return work(case)


def missing_node(case: Case, path: str) -> Verdict | None:
    """Why the board has no such node, as far as the board's own list of them tells."""
    from hwaccess.access.gpio.judging import judge_missing  # noqa: PLC0415 -- see judge

    return judge_missing(case, path)


def lacks(board: BoardFacts) -> Iterator[Finding]:
    """Chips without a node, nodes that only root may use."""
    from hwaccess.diagnose import board as lacking  # noqa: PLC0415 -- only doctor asks

    without = [chip for chip in board.gpio_chips if board.node(f"/dev/{chip}") is None]
    if without:
        summary = f"no node for GPIO chip {', '.join(without)}"
        yield lacking.warning(
            rules.GPIO_WITHOUT_NODE, summary, "zcat /proc/config.gz | grep GPIO_CDEV"
        )
    yield from lacking.root_only(board, "gpio", "gpio", is_chip)


def is_chip(path: str) -> bool:
    """/dev/gpiochipN, and not the memory of /dev/gpiomem."""
    return path.startswith("/dev/gpiochip")
