"""`privileged`: whether the container has all that the word promises, or which part is missing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.access.privileged import rules
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "privileged"
SUMMARY: Final = "privileged: every capability, no seccomp, no device cgroup, nothing masked"
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = ("privileged.py",)
PARAMS: Final[Mapping[str, object]] = {}
IMPLIES_DENY: Final = False  # the check `confinement` of every other service says it already


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """`privileged: true`."""
    del board
    grant = service.value("privileged")
    if grant is not None and grant.on:
        yield Want("", Risk.LOOK, grants=(grant,))


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """It has no target."""
    del expectation
    granted = tuple(wanted(service, board))
    yield granted[0] if granted else Want("", Risk.LOOK)


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess.access.privileged.judging import judge as work  # noqa: PLC0415 -- a plan needs none of it

    return work(case)
