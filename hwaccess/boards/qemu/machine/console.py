"""A terminal, or a pipe, on a machine's serial console."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import termios
import tty
from typing import TYPE_CHECKING, Final

from hwaccess.boards.qemu.machine.connection import connected
from hwaccess.errors import BoardAddressError, EngineError

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from hwaccess.boards.qemu.machine.machine import Machine

LEAVE: Final = b"\x1d"  # Ctrl-]
LINGER_SECONDS: Final = 1.0  # for the last answer, when the input is a pipe that has ended


def attach(machine: Machine) -> None:
    """Carry bytes both ways until Ctrl-], the end of the input, or the end of the machine.

    Raises `BoardAddressError` when the machine has ended, `EngineError` when its console does not
    answer.
    """
    if not machine.is_running:
        message = f"virtual board {machine.path.name} has ended"
        raise BoardAddressError(
            message, hint=f"read what it said: hwaccess board logs {machine.path.name}"
        )
    try:
        with connected(machine.path / "serial.sock") as serial, raw(sys.stdin.fileno()):
            serial.sendall(b"\n")  # for a prompt
            carry(serial, sys.stdin.fileno(), sys.stdout.fileno())
    except OSError as error:
        message = f"the console of {machine.path.name} cannot be reached: {error}"
        raise EngineError(
            message, hint="another shell may be on it; it takes one at a time"
        ) from error


def carry(serial: socket.socket, source: int, sink: int) -> None:
    """The loop of `attach`."""
    inputs: list[socket.socket | int] = [serial, source]
    while True:
        ready = select.select(inputs, [], [], None if source in inputs else LINGER_SECONDS)[0]
        if not ready:
            return
        if serial in ready:
            data = serial.recv(65536)
            if not data:
                return
            os.write(sink, data)
        if source in ready:
            data = os.read(source, 4096)
            if LEAVE in data:
                return
            if data:
                serial.sendall(data)
            else:
                inputs.remove(source)


@contextlib.contextmanager
def raw(descriptor: int) -> Iterator[None]:
    """A terminal that leaves every key to the other side; a pipe is left alone."""
    if not os.isatty(descriptor):
        yield
        return
    before = termios.tcgetattr(descriptor)
    tty.setraw(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
