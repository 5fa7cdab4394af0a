"""I2C: the adapter behind /dev/i2c-N.

When they are named, whether an address answers and a register keeps a byte.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.i2c import rules
from hwaccess.access.nodes import expected_wants, node_wants
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from hwaccess.access.base import Want
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict
    from hwaccess.words import Finding

NAME: Final = "i2c"
SUMMARY: Final = "an I2C adapter and its functions; devices on it by address or register when asked"
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = ("i2c.py", "i2c_register.py")
ADDRESS: Final = {"type": "integer", "minimum": 0x03, "maximum": 0x77}
BYTE: Final = {"type": "integer", "minimum": 0x00, "maximum": 0xFF}
PARAMS: Final[Mapping[str, object]] = {
    "addresses": {
        "type": "array",
        "items": ADDRESS,
        "minItems": 1,
        "uniqueItems": True,
        "description": "7-bit addresses where something must answer a read, such as 0x48",
    },
    "registers": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"address": ADDRESS, "register": BYTE, "value": BYTE},
            "required": ["address", "register", "value"],
            "additionalProperties": False,
            "description": "such as {address: 0x48, register: 0x02, value: 0x5a}",
        },
        "minItems": 1,
        "uniqueItems": True,
        "description": (
            "registers that must keep the byte `value`: "
            "written, read back, and put back as they were"
        ),
    },
}
IMPLIES_DENY: Final = True
ON_BOARD: Final = "/dev/i2c-*"
NODE: Final = re.compile(r"/dev/i2c-(\d+)")
DEFAULT: Final = "/dev/i2c-1"
GUARDED: Final = (
    *range(0x30, 0x38),
    *range(0x50, 0x60),
)  # as the probe has them: a read there can write


def claims(path: str) -> bool:
    """/dev/i2c-N."""
    return NODE.fullmatch(path) is not None


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """The adapters that the grants bring in."""
    yield from node_wants(service, board, NAME)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The adapter, and one more for each address and register.

    A denial that names some is about those alone.
    """
    named: dict[str, Any] = dict(expectation.params)
    for want in expected_wants(expectation, service, board, NAME, DEFAULT):
        if expectation.reach or not named:
            yield want
        for address in named.get("addresses", ()):
            yield at_address(want, address)
        for register in named.get("registers", ()):
            yield at_register(want, dict(register))


def at_address(adapter: Want, address: int) -> Want:
    """A byte read from it; for a guarded one that is a write."""
    risk = Risk.WRITE if address in GUARDED else Risk.READ
    return replace(
        adapter, target=f"{adapter.target}@{address:#04x}", risk=risk, params={"address": address}
    )


def at_register(adapter: Want, register: dict[str, int]) -> Want:
    """A byte written to it.

    The value is part of the target, since one register may be tried with several.
    """
    target = "{}@{address:#04x}:{register:#04x}={value:#04x}".format(adapter.target, **register)
    return replace(adapter, target=target, risk=Risk.WRITE, params=register)


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess.access.i2c.judging import judge as work  # noqa: PLC0415 -- a plan needs none of it

    return work(case)


def missing_node(case: Case, path: str) -> Verdict | None:
    """Why the board has no such node, as far as the board's own list of them tells."""
    from hwaccess.access.i2c.judging import judge_missing  # noqa: PLC0415 -- see judge

    return judge_missing(case, path)


def lacks(board: BoardFacts) -> Iterator[Finding]:
    """Adapters without a node, a bus that is switched off, nodes that only root may use."""
    from hwaccess.diagnose import board as lacking  # noqa: PLC0415 -- only doctor asks

    without = [f"i2c-{adapter.number}" for adapter in board.i2c if not adapter.has_node]
    if without:
        summary = f"no node for I2C adapter {', '.join(without)}"
        yield lacking.no_node(board, rules.I2C_WITHOUT_NODE, summary, "I2C_CHARDEV", "i2c-dev")
    if not board.i2c:
        yield from lacking.bus_off(board, "I2C", "i2c_arm=on")
    yield from lacking.root_only(board, "i2c-dev", "i2c", claims)
