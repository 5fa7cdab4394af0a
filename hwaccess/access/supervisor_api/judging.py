"""Judging the access `supervisor-api`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.access import web_api as web

if TYPE_CHECKING:
    from hwaccess.model import Case, Verdict
from hwaccess.access.supervisor_api import NAME
from hwaccess.access.supervisor_api.rules import (
    NO_KEY,
    NO_TLS,
    NO_WAY,
    NOBODY,
    NOT_ASKED,
    NOT_GIVEN,
    STRANGE,
)

API: Final = web.Api(
    name="the supervisor",
    label=NAME,
    address="BALENA_SUPERVISOR_ADDRESS",
    key="BALENA_SUPERVISOR_API_KEY",
    start="start the supervisor: systemctl start balena-supervisor",
    not_given=NOT_GIVEN,
    not_asked=NOT_ASKED,
    nobody=NOBODY,
    no_way=NO_WAY,
    no_key=NO_KEY,
    strange=STRANGE,
    no_tls=NO_TLS,
)


def judge(case: Case) -> Verdict:
    """See `hwaccess.access.web_api`."""
    return web.judge(case, API)
