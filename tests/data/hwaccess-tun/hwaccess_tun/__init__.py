"""Virtual network interfaces: /dev/net/tun and what its driver can do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.nodes import expected_wants, node_wants
from hwaccess_tun import rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.access.base import Want
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "tun"
SUMMARY: Final = "virtual network interfaces: the node and its driver's features; none is made"
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = (Path(__file__).with_name("probe.py"),)
PARAMS: Final[Mapping[str, object]] = {}
IMPLIES_DENY: Final = True
ON_BOARD: Final = "/dev/net/tun"


def claims(path: str) -> bool:
    """/dev/net/tun."""
    return path == "/dev/net/tun"


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """The node, when a grant brings it in."""
    yield from node_wants(service, board, NAME)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The node that is named, or the usual one."""
    yield from expected_wants(expectation, service, board, NAME, "/dev/net/tun")


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess_tun.judging import judge as work  # a plan needs none of it

    return work(case)
