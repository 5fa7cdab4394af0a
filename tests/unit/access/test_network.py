"""The judge of networks, by table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cases
import pytest

from hwaccess.access import network
from hwaccess.diagnose import rules as ladder_rules
from hwaccess.grants import ExpectedAccess, NamespaceGrant, NamespaceKind
from hwaccess.model import Call, Case, Change, Layer, Outcome
from hwaccess.words import Risk

if TYPE_CHECKING:
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import Service
    from hwaccess.model import Rule

INTERFACES = (
    ("lo", "00:00:00:00:00:00"),
    ("eth0", "b8:27:eb:00:00:01"),
    ("can0", ""),
    ("tunl0", "00:00:00:00"),
)
BOARD = replace(cases.BOARD, interfaces=INTERFACES, network_namespace="net:[4026531840]")
UNREAD = replace(cases.BOARD, complete=False)
NO_LINK = replace(BOARD, network_namespace="")  # as from a board container without SYS_PTRACE
IN_HOST = replace(cases.ROOT, namespaces=(("net", "net:[4026531840]"),))
WITH_ADMIN = replace(cases.ROOT, effective=cases.ROOT.effective | 1 << 12)
OWN = {"lo": True, "eth0": True}
BOARDS = {"lo": True, "eth0": True, "can0": False}


def case(
    target: str,
    seen: dict[str, bool],
    board: BoardFacts = BOARD,
    *,
    boards: bool = False,
    **more: Any,
) -> Case:
    """A container that sees these interfaces (name -> up), at the board's addresses or its own."""
    known = dict(INTERFACES) if boards else {}
    listed = [
        {"name": name, "address": known.get(name, "02:42:ac:11:00:02"), "up": up}
        for name, up in seen.items()
    ]
    facts = {"interfaces": listed, **more.pop("facts", {})}
    params = more.pop("params", ())
    made = cases.case(
        facts, more.pop("calls", ()), access="network", target=target, board=board, **more
    )
    return replace(made, check=replace(made.check, params=params))


def with_mode(mode: str, *grants: object) -> Service:
    space = NamespaceGrant(
        field="network_mode", text=mode, place=cases.PLACE, kind=NamespaceKind.NETWORK, mode=mode
    )
    return replace(cases.service(*grants), namespaces=(space,))


REFUSED: dict[str, Any] = {
    "facts": {"errno": "EPERM"},
    "calls": (Call("setsockopt", "SO_RCVBUFFORCE", "EPERM"),),
}
NO_SOCKET: dict[str, Any] = {"facts": {"errno": "EAFNOSUPPORT", "adapter": True}}
TABLE = [
    ("own namespace", case("host", OWN), network.rules.OWN_NAMESPACE),
    ("own namespace, told by interfaces", case("host", OWN, NO_LINK), network.rules.OWN_NAMESPACE),
    ("board not read", case("host", OWN, UNREAD), network.rules.NOT_KNOWN),
    ("interface of the board", case("can0", OWN), network.rules.NOT_HERE),
    ("interface of the board, told by interfaces", case("can0", OWN, NO_LINK),
     network.rules.NOT_HERE),
    ("no such interface", case("can1", OWN), network.rules.ABSENT),
    ("no such interface, board not read", case("can0", OWN, UNREAD), network.rules.NOT_KNOWN),
    ("down", case("can0", BOARDS, boards=True, confinement=IN_HOST, params=(("up", True),)),
     network.rules.DOWN),
    ("no adapter", case("hci0", OWN, facts={"errno": "EAFNOSUPPORT", "adapter": False}),
     network.rules.ABSENT),
    ("adapter without sockets", case("hci0", OWN, **NO_SOCKET), network.rules.NOT_HERE),
    ("not granted", case("NET_ADMIN", OWN, **REFUSED), ladder_rules.CAPABILITY),
    ("granted and refused", case("NET_ADMIN", OWN, confinement=WITH_ADMIN, **REFUSED),
     network.rules.NO_EFFECT),
]  # fmt: skip


@pytest.mark.parametrize(
    ("judged", "rule"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_each_cause_has_its_rule(judged: Case, rule: Rule) -> None:
    verdict = network.judge(judged)
    assert verdict.rule == rule.id
    assert verdict.outcome is not Outcome.REACHABLE


def test_every_rule_is_in_the_table() -> None:
    assert {rule.id for rule in network.RULES} <= {rule.id for _, _, rule in TABLE}


@pytest.mark.parametrize(
    "judged",
    [
        case("host", BOARDS, boards=True, confinement=IN_HOST),
        case("host", BOARDS, NO_LINK, boards=True),
        case("can0", BOARDS, boards=True),
        case("eth0", OWN, UNREAD, params=(("up", True),)),
        case("hci0", OWN, facts={"errno": "", "adapter": True}),
        case("NET_ADMIN", OWN, facts={"errno": ""}),
    ],
)
def test_what_is_there_is_reachable(judged: Case) -> None:
    assert network.judge(judged).outcome is Outcome.REACHABLE


def test_a_capability_says_of_which_network_it_is() -> None:
    own = network.judge(case("NET_ADMIN", OWN, facts={"errno": ""}))
    boards = network.judge(case("NET_ADMIN", BOARDS, confinement=IN_HOST, facts={"errno": ""}))
    assert own.summary.endswith("the container's own network")
    assert boards.summary.endswith("the board's network")


def test_an_unread_board_is_unknown_only_where_nothing_was_seen() -> None:
    assert network.judge(case("host", OWN, UNREAD)).outcome is Outcome.UNKNOWN
    assert network.judge(case("can0", OWN, UNREAD)).outcome is Outcome.BLOCKED


@pytest.mark.parametrize(
    ("service", "change"),
    [
        (cases.service(), Change("set", "network_mode", "host")),
        (with_mode("bridge"), Change("replace", "network_mode", "host", "bridge")),
    ],
)
def test_the_remedy_is_the_mode(service: Service, change: Change) -> None:
    verdict = network.judge(case("can0", OWN, of=service))
    assert verdict.layer is Layer.ENGINE
    assert verdict.remedy is not None
    assert verdict.remedy.changes == (change,)


def test_it_is_wanted_by_mode_and_by_capability() -> None:
    service = with_mode(
        "host", cases.capability("NET_ADMIN"), cases.capability("NET_RAW", add=False)
    )
    assert [(want.target, want.risk) for want in network.wanted(service, BOARD)] == [
        ("host", Risk.LOOK),
        ("NET_ADMIN", Risk.OPEN),
    ]
    assert not list(network.wanted(with_mode("none"), BOARD))


def test_a_line_without_a_name_means_the_boards_network() -> None:
    line = ExpectedAccess("network", "", reach=False, place=cases.PLACE)
    (want,) = network.expected(line, cases.service(), BOARD)
    assert (want.target, want.risk) == ("host", Risk.LOOK)
