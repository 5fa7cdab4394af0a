"""The access `supervisor-api`: balena's supervisor on the device.

It is asked at the address in the environment.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.access.supervisor_api import rules
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "supervisor-api"
SUMMARY: Final = "the supervisor's API: variables, a request without and one with the key"
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = ("supervisor_api.py", "web.py")
PARAMS: Final[Mapping[str, object]] = {}
IMPLIES_DENY: Final = True  # who has the key may stop every service and reboot the device


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """The API, when the label asks for it."""
    del board
    if NAME in service.features:
        yield Want("", Risk.OPEN, grants=service.feature_labels(NAME))


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The API; it has no targets."""
    del expectation, board
    yield Want("", Risk.OPEN, grants=service.feature_labels(NAME))


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess.access.supervisor_api.judging import judge as work  # noqa: PLC0415 -- a plan needs none of it

    return work(case)
