"""Physical memory and ports as nodes: /dev/mem, /dev/port, /dev/kmem.

One page is mapped when an address is named.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.access.mem import rules
from hwaccess.access.nodes import expected_wants, node_wants
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "mem"
SUMMARY: Final = (
    "physical memory: /dev/mem, /dev/port, /dev/kmem, and one page of it when an address is named"
)
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = ("mem.py",)
IMPLIES_DENY: Final = True
ON_BOARD: Final = "/dev/mem"
DEFAULT: Final = "/dev/mem"
OPTIONS: Final = {"/dev/mem": "DEVMEM", "/dev/port": "DEVPORT", "/dev/kmem": "DEVKMEM"}
PARAMS: Final[Mapping[str, object]] = {
    "address": {
        "type": "integer",
        "minimum": 0,
        "description": (
            "a physical address whose page must be mappable; it is mapped and not read, risk read"
        ),
    }
}


def claims(name: str) -> bool:
    """Whether a node of this name is ours."""
    return name in OPTIONS


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """The nodes that `devices` and `volumes` bring in."""
    return node_wants(service, board, NAME)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The named node, or what the grants bring in.

    With an address also a page of it, as a target of its own.
    """
    address = dict(expectation.params).get("address")
    for want in expected_wants(expectation, service, board, NAME, DEFAULT):
        yield want
        if isinstance(address, int):
            yield Want(f"{want.target}@{address:#x}", Risk.READ, {"address": address}, want.grants)


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess.access.mem.judging import judge as work  # noqa: PLC0415 -- a plan needs none of it

    return work(case)
