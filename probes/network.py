"""The network namespace: its interfaces, and what NET_ADMIN and NET_RAW are good for in it.

Nothing is sent.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import calls

SIOCGIFFLAGS, SIOCGIFHWADDR, SO_RCVBUFFORCE, IFF_UP = 0x8913, 0x8927, 33, 1
AF_BLUETOOTH, BTPROTO_HCI = 31, 1
INTERFACE_LIMIT = 256


def describe(asker: socket.socket, name: str) -> dict[str, Any]:
    """One interface: its hardware address and whether it is up, as the namespace itself says."""
    request = struct.pack("16s16x", name.encode())
    found: dict[str, Any] = {"name": name, "address": "", "up": False}
    try:
        flags = fcntl.ioctl(asker.fileno(), SIOCGIFFLAGS, request)
        found["up"] = bool(struct.unpack_from("H", flags, 16)[0] & IFF_UP)
        address = fcntl.ioctl(asker.fileno(), SIOCGIFHWADDR, request)
        found["address"] = ":".join(f"{byte:02x}" for byte in address[18:24])
    except OSError:  # gone since it was listed
        pass
    return found


def list_interfaces(record: calls.Record) -> list[dict[str, Any]]:
    """The interfaces by the socket API: /sys/class/net shows those of whoever mounted /sys."""
    names = record.call(
        "if_nameindex",
        "",
        lambda: [name for _, name in socket.if_nameindex()][:INTERFACE_LIMIT],
        " ".join,
    )
    if names is None:
        return []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        return [describe(asker, name) for name in names]


def try_capability(record: calls.Record, name: str) -> None:
    """Use a capability on a socket of our own, which goes at once: nobody else sees it."""

    def force_buffer() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine:
            mine.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4096)

    def open_packet() -> None:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()  # protocol 0 receives nothing

    if name == "NET_ADMIN":
        record.call("setsockopt", "SO_RCVBUFFORCE", force_buffer)
    else:
        record.call("socket", "AF_PACKET, SOCK_RAW", open_packet)
    record.facts["errno"] = record.calls[-1]["errno"] or ""


def try_bluetooth(record: calls.Record, name: str) -> None:
    """Open a Bluetooth socket: only the board's first network namespace has them.

    The adapter shows in any.
    """
    record.facts["adapter"] = os.path.exists("/sys/class/bluetooth/" + name)
    made = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    record.call(
        "socket",
        "AF_BLUETOOTH, SOCK_RAW, BTPROTO_HCI",
        lambda: socket.socket(AF_BLUETOOTH, made, BTPROTO_HCI).close(),
    )
    record.facts["errno"] = record.calls[-1]["errno"] or ""


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """target: "host", "NET_ADMIN", "NET_RAW", "hci0", or the name of an interface."""
    del params
    record.facts["interfaces"] = list_interfaces(record)
    if target in ("NET_ADMIN", "NET_RAW"):
        try_capability(record, target)
    elif target.startswith("hci"):
        try_bluetooth(record, target)
