"""A real dbus-daemon with a configuration of its own, and a service on it that answers Ping."""

from __future__ import annotations

import struct
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import probe_modules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from probes.dbus_client import Connection

CONFIGURATION = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path={socket}</listen>
  <auth>{auth}</auth>
  <servicedir>{services}</servicedir>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
    {policy}
  </policy>
</busconfig>
"""
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
TEST_NAME = "org.example.Sensor"


def client() -> Any:
    """The probe's own client."""
    return probe_modules.load("dbus_client")


@contextmanager
def bus(folder: Path, policy: str = "", auth: str = "EXTERNAL") -> Iterator[Path]:
    """A bus that listens in `folder`; the path of its socket."""
    socket, services = folder / "system_bus_socket", folder / "services"
    services.mkdir(exist_ok=True)
    text = CONFIGURATION.format(
        socket=str(socket).replace(" ", "%20"), services=services, policy=policy, auth=auth
    )
    (folder / "bus.conf").write_text(text)
    command = [
        "dbus-daemon",
        "--nofork",
        "--print-address=1",
        f"--config-file={folder / 'bus.conf'}",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as daemon:
        assert daemon.stdout is not None
        assert daemon.stdout.readline().startswith(b"unix:path=")
        try:
            yield socket
        finally:
            daemon.terminate()
            daemon.communicate(timeout=10)


def connected(socket: Path) -> Connection:
    """A connection that has said Hello."""
    made: Connection = client().Connection(str(socket))
    made.line("\0AUTH EXTERNAL")
    made.line("DATA")
    made.send(b"BEGIN\r\n")
    made.call(*BUS, "Hello", [])
    return made


@contextmanager
def service(socket: Path, name: str = TEST_NAME) -> Iterator[None]:
    """Somebody on the bus who owns `name` and answers every call with nothing."""
    link = connected(socket)
    request_name(link, name)
    answering = threading.Thread(target=answer_all, args=(link,), daemon=True)
    answering.start()
    try:
        yield
    finally:
        link.socket.shutdown(2)
        answering.join(timeout=10)
        link.socket.close()


def request_name(link: Connection, name: str) -> None:
    """The message of RequestName, whose text and number the probe's client never sends together."""
    body = struct.pack("<I", len(name)) + name.encode() + b"\0"
    body += b"\0" * (-len(body) % 4) + struct.pack("<I", 0)
    fields = b""
    for code, kind, text in (
        (1, "o", BUS[1]),
        (2, "s", BUS[2]),
        (3, "s", "RequestName"),
        (6, "s", BUS[0]),
        (8, "g", "su"),
    ):
        size = bytes([len(text)]) if kind == "g" else struct.pack("<I", len(text))
        fields += (
            b"\0" * (-len(fields) % 8)
            + bytes([code, 1])
            + kind.encode()
            + b"\0"
            + size
            + text.encode()
            + b"\0"
        )
    head = struct.pack("<cBBBIII", b"l", 1, 0, 1, len(body), 77, len(fields)) + fields
    link.send(head + b"\0" * (-len(head) % 8) + body)
    while link.message()[1].get(5) != 77:
        pass


def answer_all(link: Connection) -> None:
    """Answer each call with an empty return, until the connection ends."""
    link.socket.settimeout(None)
    module = client()
    while True:
        try:
            head = link.receive(16)
            body_size, serial, fields_size = struct.unpack_from("<III", head, 4)
            data = head + link.receive(fields_size + -fields_size % 8)
            link.receive(body_size)
        except OSError:
            return
        sender = module.read_fields(data, 16 + fields_size, "<").get(7, "")
        if head[1] != 1:
            continue
        fields = bytes([5, 1]) + b"u\0" + struct.pack("<I", serial) + bytes([6, 1]) + b"s\0"
        fields += struct.pack("<I", len(sender)) + sender.encode() + b"\0"
        reply = struct.pack("<cBBBIII", b"l", 2, 1, 1, 0, 1000 + serial, len(fields)) + fields
        link.send(reply + b"\0" * (-len(reply) % 8))
