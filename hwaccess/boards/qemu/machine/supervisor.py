"""Holds one QEMU for the process that started it.

However that one ends, QEMU ends and its folder goes.

    python3 -I -S supervisor.py keep|end COMMAND... >lock      in the machine's folder

Its standard output is the lock by which others see that it lives, with its pid in it; nobody else
has it open. Its standard input is a pipe from its owner. The kernel closes the other end when the
owner is gone, also after SIGKILL; the owner's threads do not matter, as they would for a signal at
the death of a parent.

It also carries the bytes between the two descriptors of QEMU's that LINE names: a serial line on
one side, a network on the other.
"""

from __future__ import annotations

import ctypes
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

TYPE_CHECKING = False  # as the type checkers have it, without the time that importing typing takes
if TYPE_CHECKING:
    from collections.abc import Sequence

PR_SET_PDEATHSIG = 1
LINE = (70, 71)  # in QEMU; high, so that they are nobody else's
PENDING = 2**20  # bytes on the way in one direction before the other side has to wait


class Carrier:
    """Takes bytes from each end of the line to the other; either end may be slow."""

    def __init__(self) -> None:
        self._ours: list[socket.socket] = []
        for number in LINE:
            ours, theirs = socket.socketpair()
            ours.setblocking(False)  # noqa: FBT003 -- the only parameter
            self._ours.append(ours)
            os.dup2(theirs.fileno(), number)
            theirs.close()
        self._waiting = [b"", b""]  # for the end of the same index
        self._closed = [False, False]

    def readers(self) -> list[socket.socket]:
        """The ends that may be read from."""
        return [
            end
            for index, end in enumerate(self._ours)
            if not self._closed[index] and len(self._waiting[1 - index]) < PENDING
        ]

    def writers(self) -> list[socket.socket]:
        """The ends that something waits for."""
        return [
            end
            for index, end in enumerate(self._ours)
            if self._waiting[index] and not self._closed[index]
        ]

    def carry(self, readable: Sequence[object], writable: Sequence[object]) -> None:
        """What can be carried now."""
        for index, end in enumerate(self._ours):
            try:
                if end in readable:
                    data = end.recv(65536)
                    self._closed[index] = not data
                    self._waiting[1 - index] += data
                if end in writable:
                    self._waiting[index] = self._waiting[index][end.send(self._waiting[index]) :]
            except BlockingIOError:
                continue  # select was wrong, which it may be
            except OSError as error:
                self._closed[index] = True
                log(f"supervisor: an end of the line was lost: {error}")


def log(line: str) -> None:
    """Beside what QEMU says."""
    with Path("qemu.log").open("a", encoding="utf-8") as file:
        print(line, file=file)


def die_with_supervisor() -> None:
    """QEMU does not outlive a supervisor that was killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """QEMU, which gets its ends of the line, with what it says in qemu.log."""
    with Path("qemu.log").open("ab") as output:
        qemu = subprocess.Popen(  # noqa: S603 -- our owner's command
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, pass_fds=LINE,
            preexec_fn=die_with_supervisor,  # noqa: PLW1509 -- no threads here
        )  # fmt: skip
    for number in LINE:
        os.close(number)
    return qemu


def main(mode: str, command: list[str]) -> None:
    """Start it, wait for its end or ours."""
    folder = Path.cwd()
    os.write(1, f"{os.getpid()}\n".encode())  # for who finds the lock taken
    ending, wake = os.pipe()  # SIGTERM, from `hwaccess board down`
    os.set_blocking(wake, False)
    signal.signal(signal.SIGTERM, lambda *_: os.write(wake, b"x"))
    carrier = Carrier()
    qemu = start(command)
    owner = [] if mode == "keep" else [0]
    ended = os.pidfd_open(qemu.pid)
    watched = {ended, ending, *owner}
    ready: list[int | socket.socket] = []
    while not watched & {*ready}:
        waited: list[int | socket.socket] = [*watched, *carrier.readers()]
        ready, writable, _ = select.select(waited, carrier.writers(), [])
        carrier.carry(ready, writable)
    if not watched & {*ready} - {ended}:
        Path("ended").write_text(f"{qemu.wait()}\n", encoding="ascii")
        if not owner:
            return  # what it left is for `hwaccess board logs`
        select.select([ending, *owner], [], [])
    qemu.kill()
    qemu.wait()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
