"""The judge of the system bus, by table.

The answers are those that no daemon of this machine gives, as others have recorded them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cases
import pytest

from hwaccess.access import dbus
from hwaccess.access.dbus import rules
from hwaccess.grants import (
    EnvironmentGrant,
    ExpectedAccess,
    LabelGrant,
    NamespaceGrant,
    NamespaceKind,
)
from hwaccess.model import Case, Change, Expect, Layer, Outcome
from hwaccess.words import Risk

if TYPE_CHECKING:
    from hwaccess.model import Rule

PATH = "/var/run/dbus/system_bus_socket"
HOST = "/host/run/dbus/system_bus_socket"
SENT = (
    'type="method_call", sender=":1.42" (uid=99 pid=7) interface="org.bluez.Adapter1" '
    'destination="org.bluez" (uid=0)'
)
APPARMOR = (
    f"An AppArmor policy prevents this sender from sending this message to this recipient; {SENT}"
)
DENIED = "org.freedesktop.DBus.Error.AccessDenied"
UNKNOWN = "org.freedesktop.DBus.Error.ServiceUnknown"
BALENA = replace(cases.BOARD, engine="balenaEngine 20.10.43", engine_os="balenaOS 5.1.20")


def node(path: str = PATH, *, own: bool = False, **facts: Any) -> dict[str, Any]:
    usual = {"path": path, "kind": "socket", "mode": 0o777, "uid": 0, "gid": 0, "access": ""}
    return usual | {"mount": cases.mount(path if own else "/run", own=own)} | facts


def server(path: str = PATH, origin: str = "default", **facts: Any) -> dict[str, Any]:
    """A bus that answers; a fact given here replaces its own."""
    usual: dict[str, Any] = {
        "from": origin,
        "address": f"unix:path={path}",
        "node": node(path),
        "socket": "",
        "peer": {"pid": 0, "uid": 0, "gid": 0},
        "authentication": "OK 1234",
        "hello": {"value": ":1.42"},
        "names": {"value": 30},
    }
    return usual | facts


def down(
    errno: str = "ENOENT", path: str = PATH, origin: str = "default", **facts: Any
) -> dict[str, Any]:
    """A bus that cannot be connected to."""
    found = node(path, kind="absent") if errno == "ENOENT" else node(path)
    return {"from": origin, "address": f"unix:path={path}", "node": found | facts, "socket": errno}


def case(*servers: dict[str, Any], target: str = "", **more: Any) -> Case:
    return cases.case({"addresses": list(servers)}, access="dbus", target=target, **more)


def named(**facts: Any) -> Case:
    return case(server(**facts), target="org.bluez")


RESET = server(hello={"errno": "ECONNRESET"}, names={})
REJECTED = server(authentication="REJECTED EXTERNAL")
THROUGH = REJECTED | {"authentication_without_uid": "OK 1234"}  # and what comes after it went well
del REJECTED["hello"], REJECTED["names"]
OF_HOST = cases.service(cases.bind("/run/dbus", "/host/run/dbus"))
POLICY = {"error": DENIED, "text": f"Rejected send message, 2 matched rules; {SENT}"}
TABLE = [
    ("not mounted", case(down(), down(path=HOST, origin="host")), rules.NOT_MOUNTED),
    ("no bus on the board",
     case(down(), board=replace(cases.BOARD, paths=(("/run/dbus", "absent"),))), rules.NO_BUS),
    ("mounted and empty", case(down(path=HOST, origin="environment"), of=OF_HOST), rules.NO_BUS),
    ("label, and no bus on the board", case(down(), down(path=HOST, origin="host"), of=OF_HOST),
     rules.NO_BUS),
    ("nobody listens", case(down("ECONNREFUSED")), rules.NO_BUS),
    ("stale bind of the socket", case(down("ECONNREFUSED", mount=cases.mount(PATH, own=True))),
     rules.STALE_MOUNT),
    ("the engine made a directory", case(down("ECONNREFUSED", kind="directory")),
     rules.STALE_MOUNT),
    ("mode", case(down("EACCES", mode=0o770, access="EACCES"), confinement=cases.USER),
     rules.SOCKET_PERMISSION),
    ("hidden", case(down("EACCES", kind="hidden"), confinement=cases.USER),
     rules.SOCKET_PERMISSION),
    ("SELinux", case(down("EACCES")), rules.SECURITY_MODULE),
    ("SELinux at access(2), too", case(down("EACCES", access="EACCES")), rules.SECURITY_MODULE),
    ("AppArmor at Hello", case(server(hello={"error": DENIED, "text": APPARMOR})),
     rules.SECURITY_MODULE),
    ("AppArmor at a call", named(has_owner=True, policy={"error": DENIED, "text": APPARMOR}),
     rules.SECURITY_MODULE),
    ("user namespace", case(REJECTED, confinement=cases.REMAPPED), rules.OTHER_USER),
    ("user namespace, another client", case(THROUGH, confinement=cases.REMAPPED), rules.OTHER_USER),
    ("no EXTERNAL", case(REJECTED), rules.TURNED_AWAY),
    ("denied user", case(RESET), rules.TURNED_AWAY),
    ("ListNames denied", case(server(names={"error": DENIED, "text": "no"})), rules.TURNED_AWAY),
    ("call denied", named(has_owner=True, policy=POLICY), rules.TURNED_AWAY),
    ("service hangs", named(has_owner=True, policy={"errno": "ETIMEDOUT"}), rules.TURNED_AWAY),
    ("not running", named(has_owner=False), rules.NO_OWNER),
    ("gone since", named(has_owner=True, policy={"error": UNKNOWN, "text": ""}), rules.NO_OWNER),
    ("own bus", named(has_owner=False, peer={"pid": 12}), rules.OWN_BUS),
    ("elsewhere", case(down(), server(HOST, "host")), rules.ELSEWHERE),
    ("wrong variable", case(down(origin="environment"), server(HOST, "host")), rules.ELSEWHERE),
]  # fmt: skip


@pytest.mark.parametrize(
    ("judged", "rule"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_each_cause_has_its_rule(judged: Case, rule: Rule) -> None:
    verdict = dbus.judge(judged)
    assert (verdict.rule, verdict.layer) == (rule.id, rule.layer)
    assert verdict.outcome is not Outcome.REACHABLE


def test_every_rule_is_in_the_table() -> None:
    assert {rule.id for _, _, rule in TABLE} == {rule.id for rule in dbus.RULES}


@pytest.mark.parametrize(
    "judged",
    [
        case(server()),
        case(down(), server("/run/dbus/system_bus_socket", "run")),
        case(down(origin="environment"), server(HOST, "environment")),
        named(has_owner=True, policy={"value": None}),
        named(
            has_owner=True,
            policy={"error": "org.freedesktop.DBus.Error.UnknownMethod", "text": "no Ping here"},
        ),
    ],
)
def test_what_answers_is_reachable(judged: Case) -> None:
    assert dbus.judge(judged).outcome is Outcome.REACHABLE


def test_a_bus_that_only_the_app_would_miss_is_no_denial() -> None:
    judged = case(down(), server(HOST, "host"))
    denied = replace(judged, check=replace(judged.check, expect=Expect.DENY))
    assert dbus.judge(judged).layer is Layer.USERLAND
    assert dbus.judge(denied).outcome is Outcome.REACHABLE


def test_without_a_socket_it_is_denied() -> None:
    judged = case(down(), down(path=HOST, origin="host"))
    verdict = dbus.judge(replace(judged, check=replace(judged.check, expect=Expect.DENY)))
    assert (verdict.outcome, verdict.layer) == (Outcome.BLOCKED, Layer.ENGINE)


def changes(judged: Case) -> tuple[Change, ...]:
    remedy = dbus.judge(judged).remedy
    assert remedy is not None
    return remedy.changes


def test_remedies_are_the_smallest_change() -> None:
    setting = f"DBUS_SYSTEM_BUS_ADDRESS=unix:path={HOST}"
    variable = EnvironmentGrant(
        field="environment",
        text="DBUS_SYSTEM_BUS_ADDRESS=x",
        place=cases.PLACE,
        name="DBUS_SYSTEM_BUS_ADDRESS",
        value="x",
    )
    wrong = case(
        down(origin="environment"),
        server(HOST, "host"),
        of=replace(cases.service(), environment=(variable,)),
    )
    mounted = cases.bind("/run/dbus/system_bus_socket", PATH)
    stale = case(down("ECONNREFUSED", mount=cases.mount(PATH, own=True)), of=cases.service(mounted))
    assert changes(case(down())) == (Change("add", "volumes", "/run/dbus:/run/dbus"),)
    assert changes(case(down(), board=BALENA))[0] == Change(
        "add", "labels", 'io.balena.features.dbus: "1"'
    )
    assert changes(case(down(), server(HOST, "host"))) == (Change("add", "environment", setting),)
    assert changes(wrong) == (Change("replace", "environment", setting, variable.text),)
    assert changes(stale) == (
        Change("replace", "volumes", "/run/dbus:/var/run/dbus", mounted.text),
    )
    assert changes(case(down("EACCES", mode=0o770, access="EACCES", gid=44))) == (
        Change("add", "group_add", "44"),
    )
    assert changes(case(down("EACCES", mode=0o700, access="EACCES"))) == (
        Change("set", "user", "0"),
    )
    assert changes(case(REJECTED, confinement=cases.REMAPPED)) == (
        Change("set", "userns_mode", "host"),
    )


def test_a_bus_that_refuses_and_that_the_app_does_not_find_is_mended_in_both_at_once() -> None:
    setting = Change("add", "environment", f"DBUS_SYSTEM_BUS_ADDRESS=unix:path={HOST}")
    lifted = Change("add", "security_opt", "apparmor=unconfined")
    confined = {"hello": {"error": DENIED, "text": APPARMOR}, "names": {}, "node": node(HOST)}
    assert changes(case(down(), server(HOST, "host", **confined), of=OF_HOST)) == (lifted, setting)
    assert changes(case(server(HOST, "environment", **confined), of=OF_HOST)) == (lifted,)
    silent = case(
        down(), server(HOST, "host", hello={"error": "x.Busy", "text": ""}, names={}), of=OF_HOST
    )
    assert dbus.judge(silent).remedy is None


def test_a_client_without_uid_is_the_remedy_where_it_gets_through() -> None:
    judged = case(THROUGH, confinement=cases.REMAPPED)
    remedy = dbus.judge(judged).remedy
    denied = replace(judged, check=replace(judged.check, expect=Expect.DENY))
    assert dbus.judge(denied).outcome is Outcome.REACHABLE
    assert remedy is not None
    assert (remedy.kind, "GDBus" in remedy.text) == ("image", True)


def test_with_the_boards_processes_in_sight_a_bus_with_a_pid_is_the_boards() -> None:
    space = NamespaceGrant(
        field="pid", text="host", place=cases.PLACE, kind=NamespaceKind.PID, mode="host"
    )
    judged = case(
        server(peer={"pid": 500}),
        target="org.bluez",
        of=replace(cases.service(), namespaces=(space,)),
    )
    assert dbus.judge(judged).rule == rules.NO_OWNER.id


def test_the_bus_is_wanted_once_whatever_asks_for_it() -> None:
    label = LabelGrant(
        field="labels", text="1", place=cases.PLACE, name="io.resin.features.dbus", value="1"
    )
    mount = cases.bind("/run/dbus", "/host/run/dbus")
    asking = replace(cases.service(mount, cases.bind("/etc")), labels=(label,), features=("dbus",))
    (want,) = dbus.wanted(asking, cases.BOARD)
    assert (want.target, want.risk, want.grants) == ("", Risk.OPEN, (label, mount))
    assert not list(dbus.wanted(cases.service(cases.bind("/run/dbus-old")), cases.BOARD))
    assert not list(dbus.wanted(replace(cases.service(), labels=(label,)), cases.BOARD))


@pytest.mark.parametrize(
    ("params", "risk"),
    [
        ((), Risk.OPEN),
        ((("call", "org.freedesktop.DBus.Properties.Get"),), Risk.READ),
        ((("call", "org.bluez.Adapter1.StartDiscovery"),), Risk.WRITE),
    ],
)
def test_a_call_takes_the_risk_of_what_it_may_do(
    params: tuple[tuple[str, object], ...], risk: Risk
) -> None:
    line = ExpectedAccess("dbus", "org.bluez", reach=True, place=cases.PLACE, params=params)
    whole_bus, want = dbus.expected(line, cases.service(), cases.BOARD)
    assert (whole_bus.target, whole_bus.risk, whole_bus.params) == ("", Risk.OPEN, {})
    assert (want.target, want.risk) == ("org.bluez", risk)
    assert want.params.get("call_risk") == (risk.value if params else None)


def test_to_deny_a_service_is_not_to_deny_the_bus() -> None:
    line = ExpectedAccess("dbus", "org.bluez", reach=False, place=cases.PLACE)
    assert [want.target for want in dbus.expected(line, cases.service(), cases.BOARD)] == [
        "org.bluez"
    ]
