"""The access `network`: the board's network namespace, an interface, or NET_ADMIN and NET_RAW."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.access.network import rules
from hwaccess.grants import NamespaceKind
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "network"
SUMMARY: Final = "the board's network namespace, an interface such as can0, NET_ADMIN, NET_RAW"
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = ("network.py",)
PARAMS: Final[Mapping[str, object]] = {
    "up": {"type": "boolean", "description": "whether the interface must be up"},
}
IMPLIES_DENY: Final = False  # several services may share the board's network
HOST: Final = "host"
CAPABILITIES: Final = ("NET_ADMIN", "NET_RAW")


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """The board's network when the mode says so, and the network capabilities added by name."""
    del board
    mode = service.namespace(NamespaceKind.NETWORK)
    if mode is not None and mode.mode == HOST:
        yield Want(HOST, Risk.LOOK, grants=(mode,))
    for name in CAPABILITIES:
        added = tuple(grant for grant in service.capabilities if grant.add and grant.name == name)
        if added:
            yield Want(name, Risk.OPEN, grants=added)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """What is named: "host" (also without a name), a capability, or an interface."""
    del board
    target = expectation.target or HOST
    mode = service.namespace(NamespaceKind.NETWORK)
    risk = Risk.OPEN if target in CAPABILITIES or target.startswith("hci") else Risk.LOOK
    yield Want(target, risk, dict(expectation.params), (mode,) if mode else ())


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess.access.network.judging import judge as work  # noqa: PLC0415 -- a plan needs none of it

    return work(case)
