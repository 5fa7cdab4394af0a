"""The system bus: socket, authentication, Hello, names, policy, each with its own result.

They are asked at each address, with a client of its own, since libraries say the same words for
different causes. Nothing is started by it: the bus itself is asked, and a named service only when
it has an owner, with the flag that forbids activation.
"""

from __future__ import annotations

import os
from typing import Any

from . import calls, dbus_client

BUS = "org.freedesktop.DBus"
# Where a bus may be when no variable says so: the default, today's path, and where balena binds the
# board's own.
DEFAULTS = (
    ("default", "/var/run/dbus/system_bus_socket"),
    ("run", "/run/dbus/system_bus_socket"),
    ("host", "/host/run/dbus/system_bus_socket"),
)


def unescape(text: str) -> str:
    """A value of a server address with its %XX undone."""
    first, *rest = text.encode().split(b"%")
    return os.fsdecode(
        first + b"".join(bytes.fromhex(part[:2].decode()) + part[2:] for part in rest)
    )


def parse_address(address: str) -> list[tuple[str, str]]:
    """The servers of an address, each as text and as the path to connect to.

    The path is "" for a transport that is not spoken here.
    """
    found = []
    for server in address.split(";"):
        transport, _, rest = server.partition(":")
        try:
            keys = {
                key: unescape(value)
                for key, _, value in (pair.partition("=") for pair in rest.split(","))
            }
        except ValueError:  # a % without two digits behind it
            keys = {}
        path = ""
        if transport == "unix":
            path = keys.get("path") or ("\0" + keys["abstract"] if keys.get("abstract") else "")
        if server:
            found.append((server, path))
    return found


def candidates(asked: str) -> list[tuple[dict[str, Any], str]]:
    """The places where the app may look for the bus, the one that it will take first.

    Facts and path of each.
    """
    variable = asked or os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", "")
    origin = "asked" if asked else "environment"
    found = [({"from": origin, "address": text}, path) for text, path in parse_address(variable)]
    seen = {path for _, path in found}
    for origin, path in DEFAULTS:
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        if not seen & {path, real}:
            found.append(({"from": origin, "address": "unix:path=" + path}, path))
        seen |= {path, real}
    return found


def ask(
    record: calls.Record,
    bus: dbus_client.Connection,
    where: tuple[str, str, str, str],
    texts: list[str],
) -> dict[str, Any]:
    """One method call, written down.

    "value", or "error" and "text" as the bus said them, or "errno".
    """
    answer: dict[str, Any] = {}

    def make_call() -> str:
        try:
            answer["value"] = value = bus.call(*where, texts)
        except dbus_client.BusError as error:
            answer.update(error=error.name, text=error.text)
            return str(error)
        if isinstance(value, list):
            return f"{len(value)} names"
        return str("ok" if value is None else value)

    if record.call(where[3], ", ".join((where[0], *texts)), make_call) is None:
        answer["errno"] = record.calls[-1]["errno"]
    return answer


def authenticate(record: calls.Record, bus: dbus_client.Connection, found: dict[str, Any]) -> bool:
    """SASL EXTERNAL with our uid, as libdbus does it.

    When that is refused, without, as sd-bus and GDBus do.
    """
    uid = str(os.getuid())

    def without_uid() -> str:
        answer = bus.line("AUTH EXTERNAL")
        return bus.line("DATA") if answer.startswith("DATA") else answer

    said = record.call(
        "auth", "EXTERNAL " + uid, lambda: bus.line("\0AUTH EXTERNAL " + uid.encode().hex())
    )
    found["authentication"] = said or record.calls[-1]["errno"]
    if said and not said.startswith("OK"):
        said = record.call("auth", "EXTERNAL", without_uid)
        found["authentication_without_uid"] = said or record.calls[-1]["errno"]
    if not said or not said.startswith("OK"):
        return False
    if record.call("auth", "BEGIN", lambda: bus.send(b"BEGIN\r\n")):
        return True
    found["authentication"] = record.calls[-1]["errno"]
    return False


def try_server(
    record: calls.Record, found: dict[str, Any], path: str
) -> dbus_client.Connection | None:
    """Connect, authenticate and say Hello at one address.

    The connection when all three went well.
    """
    shown = '"' + path.replace("\0", "@") + '"'
    bus: dbus_client.Connection | None = record.call(
        "connect", shown, lambda: dbus_client.Connection(path), lambda _: "ok"
    )
    found["socket"] = record.calls[-1]["errno"] or ""
    if bus is None:
        return None
    found["peer"] = bus.peer()
    if not authenticate(record, bus, found):
        return None
    found["hello"] = ask(record, bus, (BUS, "/org/freedesktop/DBus", BUS, "Hello"), [])
    return bus if "value" in found["hello"] else None


def ask_names(
    record: calls.Record, bus: dbus_client.Connection, found: dict[str, Any], target: str
) -> bool:
    """How many names there are; of a named service, whether it has an owner and could start."""

    def ask_bus(member: str, *texts: str) -> dict[str, Any]:
        return ask(record, bus, (BUS, "/org/freedesktop/DBus", BUS, member), list(texts))

    listed = ask_bus("ListNames")
    found["names"] = (
        dict(listed, value=len(listed["value"]))
        if isinstance(listed.get("value"), list)
        else listed
    )
    if not target:
        return False
    owned = ask_bus("NameHasOwner", target).get("value") is True
    found["has_owner"] = owned
    if not owned:
        found["activatable"] = target in (ask_bus("ListActivatableNames").get("value") or [])
    return owned


def ask_service(
    record: calls.Record,
    bus: dbus_client.Connection,
    found: dict[str, Any],
    target: str,
    params: dict[str, Any],
) -> None:
    """What policy says of a named service that runs.

    It says it to the call asked for, or to a Ping, which no app code sees.
    """
    path, method, texts = "/", BUS + ".Peer.Ping", []
    if "call" in params and record.may(params.get("call_risk", "write")):
        path, method, texts = params.get("path", "/"), params["call"], params.get("arguments", [])
    interface, _, member = method.rpartition(".")
    found["policy"] = ask(record, bus, (target, path, interface, member), texts)


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """Ask at each address. params: "address" of the app.

    "call", "call_risk", "path", "arguments" for the service.
    """
    results: list[dict[str, Any]] = []
    record.facts.update(addresses=results, variable=os.environ.get("DBUS_SYSTEM_BUS_ADDRESS", ""))
    for found, path in candidates(params.get("address", "")):
        results.append(found)
        if not path:
            found["socket"] = "unknown transport"
            continue
        if path.startswith("/"):
            found["node"] = calls.node_facts(path)
        bus = try_server(record, found, path)
        if bus:
            if ask_names(record, bus, found, target):
                ask_service(record, bus, found, target, params)
            bus.socket.close()
