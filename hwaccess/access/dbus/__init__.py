"""The access `dbus`: the board's system bus, or one service on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.access.dbus import judging as bus
from hwaccess.access.dbus import rules
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Grant, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "dbus"
SUMMARY: Final = "the board's system bus: socket, authentication, Hello, names, policy"
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = ("dbus.py", "dbus_client.py")
PARAMS: Final[Mapping[str, object]] = {
    "address": {
        "type": "string",
        "description": "where the app looks, when its own script sets the variable",
    },
    "call": {
        "type": "string",
        "pattern": r"^[^.]+(\.[^.]+)+$",
        "description": "INTERFACE.MEMBER to call",
    },
    "path": {"type": "string", "pattern": "^/"},
    "arguments": {"type": "array", "items": {"type": "string"}},
}
IMPLIES_DENY: Final = True  # root on the system bus is root on the board
ON_BOARD: Final = "/run/dbus/system_bus_socket"
FOLDERS: Final = ("/run/dbus", "/var/run/dbus")
# Calls that any service answers without doing anything; others are taken for a change.
READS: Final = (
    "org.freedesktop.DBus.Peer.Ping",
    "org.freedesktop.DBus.Introspectable.Introspect",
    "org.freedesktop.DBus.Properties.Get",
    "org.freedesktop.DBus.Properties.GetAll",
    "org.freedesktop.DBus.ObjectManager.GetManagedObjects",
)


def asking(service: Service) -> Iterator[Grant]:
    """The grants that bring the bus or point to it."""
    yield from service.feature_labels(NAME)
    for mount in service.mounts:
        if mount.type == "bind" and (
            mount.source.rstrip("/") in FOLDERS or mount.source.rpartition("/")[0] in FOLDERS
        ):
            yield mount
    yield from (variable for variable in service.environment if variable.name == bus.VARIABLE)


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """The bus, once, whatever the number of grants that ask for it."""
    del board
    grants = tuple(asking(service))
    if grants or "dbus" in service.features:
        yield Want("", Risk.OPEN, grants=grants)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The bus or a service by name; a call is a read when it is one of the standard ones.

    To reach a service is to reach the bus, too, which must not be taken for denied then.
    """
    del board
    params = dict(expectation.params)
    risk = Risk.OPEN
    if expectation.reach and expectation.target:
        address = {name: value for name, value in params.items() if name == "address"}
        yield Want("", risk, address, tuple(asking(service)))
    if "call" in params:
        risk = Risk.READ if params["call"] in READS else Risk.WRITE
        params["call_risk"] = risk.value
    yield Want(expectation.target, risk, params, tuple(asking(service)))


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess.access.dbus.judging import judge as work  # noqa: PLC0415 -- a plan needs none of it

    return work(case)
