"""Raw I/O: whether CAP_SYS_RAWIO is really there, and on x86 whether I/O ports can be opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.access.rawio import rules
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "rawio"
SUMMARY: Final = "raw I/O: CAP_SYS_RAWIO in effect, and I/O ports on x86"
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = ("rawio.py",)
PARAMS: Final[Mapping[str, object]] = {}
IMPLIES_DENY: Final = True
CAPABILITY: Final = "SYS_RAWIO"


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """`cap_add: [SYS_RAWIO]`, or ALL."""
    del board
    grant = service.adds_capability(CAPABILITY)
    if grant is not None:
        yield Want("", Risk.OPEN, grants=(grant,))


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The capability has no target."""
    del expectation
    granted = tuple(wanted(service, board))
    yield granted[0] if granted else Want("", Risk.OPEN)


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess.access.rawio.judging import judge as work  # noqa: PLC0415 -- a plan needs none of it

    return work(case)
