"""A D-Bus client with the standard library alone.

It speaks as much of the protocol as the probe of the system bus needs.
"""

from __future__ import annotations

import errno
import socket
import struct
from functools import partial
from typing import Any, Callable

SECONDS = 2.0  # for each answer of the bus
MESSAGE_LIMIT = 1 << 20
NO_AUTO_START = 2
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SIGNATURE = 1, 2, 3, 4, 5, 6, 8
METHOD_RETURN, ERROR = 2, 3


class BusError(Exception):
    """An error message of the bus or of a service: its name and text."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}")
        self.name = name
        self.text = text


def pad(data: bytes, size: int) -> bytes:
    """Zero bytes up to the next multiple of size."""
    return data + b"\0" * (-len(data) % size)


def marshal_text(text: str) -> bytes:
    """A string or object path."""
    data = text.encode()
    return struct.pack("<I", len(data)) + data + b"\0"


def marshal_field(code: int, signature: str, text: str) -> bytes:
    """One header field, a struct of a byte and a variant."""
    value = bytes([len(text)]) + text.encode() + b"\0" if signature == "g" else marshal_text(text)
    head = bytes([code, 1]) + signature.encode() + b"\0"
    return head + value  # four bytes of head: the text's length is aligned


def marshal_call(
    serial: int, destination: str, path: str, interface: str, member: str, texts: list[str]
) -> bytes:
    """A method call whose arguments are all texts."""
    body = b""
    for text in texts:
        body = pad(body, 4) + marshal_text(text)
    fields = b""
    wanted = [
        (PATH, "o", path),
        (INTERFACE, "s", interface),
        (MEMBER, "s", member),
        (DESTINATION, "s", destination),
    ]
    if texts:
        wanted.append((SIGNATURE, "g", "s" * len(texts)))
    for code, signature, text in wanted:
        fields = pad(fields, 8) + marshal_field(code, signature, text)
    head = struct.pack("<cBBBIII", b"l", 1, NO_AUTO_START, 1, len(body), serial, len(fields))
    return pad(head + fields, 8) + body


def read_text(data: bytes, at: int, order: str) -> tuple[str, int]:
    """A string at an offset, and the offset behind it."""
    at += -at % 4
    (size,) = struct.unpack_from(order + "I", data, at)
    return data[at + 4 : at + 4 + size].decode("utf-8", "replace"), at + 4 + size + 1


def read_fields(data: bytes, end: int, order: str) -> dict[int, Any]:
    """The header fields of a message; its array begins at offset 16."""
    fields: dict[int, Any] = {}
    at = 16
    while at < end:
        at += -at % 8
        code, size = data[at], data[at + 1]
        signature = data[at + 2 : at + 2 + size].decode("ascii", "replace")
        at += 3 + size
        if signature in ("s", "o"):
            fields[code], at = read_text(data, at, order)
        elif signature == "g":
            fields[code] = data[at + 1 : at + 1 + data[at]].decode("ascii", "replace")
            at += data[at] + 2
        elif signature == "u":
            at += -at % 4
            (fields[code],) = struct.unpack_from(order + "I", data, at)
            at += 4
        else:
            raise OSError(errno.EPROTO, f"a header field of type {signature!r}")
    return fields


def read_body(signature: str, body: bytes, order: str) -> Any:
    """The first value of a body: text, boolean, list of texts.

    None for what this client has no need of.
    """
    if signature[:1] in ("s", "o"):
        return read_text(body, 0, order)[0]
    if signature[:1] == "b":
        return bool(struct.unpack_from(order + "I", body, 0)[0])
    if signature[:2] != "as":
        return None
    (size,) = struct.unpack_from(order + "I", body, 0)
    at, texts = 4, []
    while at < 4 + size:
        text, at = read_text(body, at, order)
        texts.append(text)
    return texts


class Connection:
    """One connection to a bus.

    Methods raise OSError: ETIMEDOUT after SECONDS, ECONNRESET when the bus closes it.
    """

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self.serial = 0
        try:
            self.socket.settimeout(SECONDS)
            self.within_time(lambda: self.socket.connect(path))
        except OSError:
            self.socket.close()
            raise

    def within_time(self, function: Callable[[], Any]) -> Any:
        """A call of the socket; Python's own time-out has no errno in 3.9."""
        try:
            return function()
        except socket.timeout as error:
            raise OSError(errno.ETIMEDOUT, "the bus does not answer") from error

    def send(self, data: bytes) -> None:
        """All of it."""
        self.within_time(lambda: self.socket.sendall(data))

    def receive(self, size: int) -> bytes:
        """Exactly that many bytes."""
        if size > MESSAGE_LIMIT:
            raise OSError(errno.EMSGSIZE, f"a message of {size} bytes")
        data = bytearray(size)
        view = memoryview(data)
        while view:
            count = self.within_time(partial(self.socket.recv_into, view))
            if not count:
                raise OSError(errno.ECONNRESET, "the bus closed the connection")
            view = view[count:]
        return bytes(data)

    def line(self, text: str) -> str:
        """Send one line of the authentication protocol and take the answer's line."""
        self.send(text.encode() + b"\r\n")
        answer = b""
        while not answer.endswith(b"\r\n") and len(answer) < 1024:
            answer += self.receive(1)
        return answer.decode("ascii", "replace").strip()

    def call(
        self, destination: str, path: str, interface: str, member: str, texts: list[str]
    ) -> Any:
        """Call a method and return the first value of its answer.

        BusError when it answers with an error.
        """
        self.serial += 1
        self.send(marshal_call(self.serial, destination, path, interface, member, texts))
        while True:
            kind, fields, body, order = self.message()
            if fields.get(REPLY_SERIAL) != self.serial or kind not in (METHOD_RETURN, ERROR):
                continue  # a signal such as NameAcquired
            value = read_body(fields.get(SIGNATURE, ""), body, order)
            if kind == ERROR:
                raise BusError(str(fields.get(ERROR_NAME)), str(value or ""))
            return value

    def message(self) -> tuple[int, dict[int, Any], bytes, str]:
        """The next message: type, header fields, body and the byte order of its writer."""
        data = self.receive(16)
        order = "<" if data[:1] == b"l" else ">"
        body_size, _, fields_size = struct.unpack_from(order + "III", data, 4)
        kind = data[1]
        data += self.receive(fields_size + -fields_size % 8)
        try:
            return kind, read_fields(data, 16 + fields_size, order), self.receive(body_size), order
        except (struct.error, IndexError) as error:
            raise OSError(errno.EPROTO, "no D-Bus message") from error

    def peer(self) -> dict[str, int]:
        """Who listens, as our namespaces show it: process 0 is one outside of them."""
        data = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        return dict(zip(("pid", "uid", "gid"), struct.unpack("3i", data)))
