"""Confinement: whether the container is confined as the compose file says.

Asked of every service.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.access.confinement import rules
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "confinement"
SUMMARY: Final = (
    "confinement: capabilities, seccomp, user, namespaces and paths are as the compose file says"
)
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = ("confinement.py",)
PARAMS: Final[Mapping[str, object]] = {}
IMPLIES_DENY: Final = False


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """Always, and for no grant in particular."""
    del service, board
    yield Want("", Risk.LOOK)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """It has no target."""
    del expectation
    yield from wanted(service, board)


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess.access.confinement.judging import judge as work  # noqa: PLC0415 -- a plan needs none of it

    return work(case)
