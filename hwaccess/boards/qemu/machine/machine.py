"""One QEMU that runs: started, watched, spoken to, ended."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from hwaccess import locks
from hwaccess.boards.qemu import store
from hwaccess.boards.qemu.machine.command_line import CONSOLE, command_line
from hwaccess.boards.qemu.machine.connection import connected
from hwaccess.boards.qemu.machine.monitor import Monitor
from hwaccess.boards.qemu.programs import make_overlay
from hwaccess.errors import EngineError, EngineTimeout

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from hwaccess.boards.qemu.machine.command_line import MachineSetup

SUPERVISOR: Final = Path(__file__).with_name("supervisor.py")
FACTS: Final = "machine.json"
ENDED: Final = "ended"
LOCK: Final = "lock"
CLIENT: Final = "client"
HISTORY: Final = "history.log"
LAST_LINES: Final = 15
TYPING_SECONDS: Final = 20.0
PROMPT: Final = b"# "  # of root's shell
START_SECONDS: Final = 20.0
END_SECONDS: Final = 10.0
SETTLE_SECONDS: Final = 2.0  # from the end of QEMU until its supervisor has told of it
WORD: Final = "hwaccess: "  # how the first process begins what it says to us


class Machine:
    """A QEMU in a folder of its own, `NAME@NUMBER`; ours to end, or kept by an earlier command."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._supervisor: subprocess.Popen[bytes] | None = None

    @property
    def facts(self) -> dict[str, object]:
        """What was written down at its start: address, port, started, kept.

        Empty before, and after its end.
        """
        return store.read_json(self.path / FACTS) or {}

    @property
    def name(self) -> str:
        """The board's."""
        return self.path.name.partition("@")[0]

    @property
    def address(self) -> str:
        """What `hwaccess board build` and `up` take for it, for pasting."""
        return shlex.quote(str(self.facts.get("address", self.name)))

    @property
    def port(self) -> int:
        """Where its engine listens, on 127.0.0.1."""
        port = self.facts.get("port")
        return port if isinstance(port, int) else self.fail("it was ended")

    @property
    def supervisor(self) -> int:
        """The process that holds QEMU, which writes itself into the lock.

        0 for none, or none yet.
        """
        text = read_text(self.path / LOCK).strip()
        return int(text) if text.isdigit() else 0

    @property
    def is_running(self) -> bool:
        """Whether its supervisor lives (it holds the lock) and QEMU has not ended."""
        return locks.is_held(self.path / LOCK) and not (self.path / ENDED).exists()

    @property
    def client(self) -> Path:
        """The folder of the keys to its engine.

        It is a copy, so that building the board again does not take them away.
        """
        return self.path / CLIENT

    def console(self) -> str:
        """All that the kernel and the first process said here.

        What they said before is in `history`.
        """
        return read_text(self.path / CONSOLE)

    def history(self) -> str:
        """What the console showed since the first word of the kernel."""
        return read_text(self.path / HISTORY) + self.console()

    def monitor(self) -> Monitor:
        """A connection to QEMU itself."""
        see = f"logs {self.path.name}" if self.facts.get("kept") else f"up {self.address} --keep"
        return Monitor(
            self.path / "qmp.sock", f"look into it, or into one that stays: hwaccess board {see}"
        )

    def await_word(self, word: str, seconds: float) -> None:
        """Wait until the first process says it.

        Raises with the console's last lines when it fails, or never does.
        """
        deadline = time.monotonic() + seconds
        while f"{WORD}{word}" not in self.console():
            said = f"{WORD}failed: "
            if said in self.console():
                self.fail(self.console().partition(said)[2].partition("\n")[0])
            self.check()
            if time.monotonic() > deadline:
                self.fail(f"it did not say {word!r} within {seconds:g} s", EngineTimeout)
            time.sleep(0.1)

    def check(self) -> None:
        """Raise when QEMU has ended, or stands still after a fault of its own."""
        if not self.is_running:
            self.fail("QEMU ended")
        if "KVM internal error" in self.qemu_log():
            self.fail("KVM failed inside QEMU")

    @contextlib.contextmanager
    def explained(self) -> Iterator[None]:
        """When what is done with it fails because QEMU ends, tell that.

        Tell also what QEMU and the board said last.
        """
        try:
            yield
        except (EngineError, ConnectionError):
            self.explain()
            raise

    def explain(self) -> None:
        """Raise when something failed and the cause is that QEMU ended.

        Its supervisor tells that a moment later.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while self.is_running and time.monotonic() < deadline:
            time.sleep(0.02)
        self.check()

    def qemu_log(self) -> str:
        """What QEMU itself said."""
        return read_text(self.path / "qemu.log")

    def fail(self, what: str, kind: type[EngineError] = EngineError) -> NoReturn:
        """Tell the last that was heard of the machine. Raises `kind` always."""
        if not self.path.exists():
            name = self.path.name
            message = f"virtual board {name}: {what}: somebody ended it and took its folder away"
            raise kind(message, hint="see the boards that run: hwaccess board ls")
        panic = re.search(r"Kernel panic - not syncing: .*", self.console())
        if panic:  # a long trace follows it
            what = f"{what}: {panic[0]}"
        lines = [*self.qemu_log().splitlines()[:3], *self.console().splitlines()[-LAST_LINES:]]
        message = "\n".join(
            (f"virtual board {self.name}: {what}", *(f"  {line}" for line in lines))
        )
        raise kind(message, hint=f"build it again: hwaccess board build {self.address} --again")

    def type(self, line: str) -> None:
        """Type a line at its console, when root's shell waits.

        Until its echo came back, QEMU may still drop it.
        """
        try:
            with self.explained():
                self._typed(line)
        except TimeoutError:
            self.fail(f"its console gave no echo within {TYPING_SECONDS:g} s", EngineTimeout)
        except OSError as error:
            self.fail(f"its console cannot be reached: {error}")

    def _typed(self, line: str) -> None:
        deadline = time.monotonic() + TYPING_SECONDS
        echo = line.encode() + b"\r\n"
        with connected(self.path / "serial.sock", TYPING_SECONDS) as serial:
            heard = b""
            while (
                PROMPT not in heard
            ):  # a shell that is just starting drops what comes before its prompt
                if time.monotonic() > deadline:
                    raise TimeoutError
                serial.sendall(b"\n")
                heard = listen(
                    serial, lambda text: PROMPT in text, min(deadline, time.monotonic() + 1)
                )
            serial.sendall(line.encode() + b"\n")

            def is_back(text: bytes) -> bool:
                return echo in text.replace(PROMPT, b"")  # a second prompt may come in between

            if not is_back(listen(serial, is_back, deadline)):
                raise TimeoutError

    def set_clock(self) -> None:
        """Give it this machine's time.

        Without a clock it begins in 1970, from a snapshot when that was taken.
        """
        self.type(f"date -u -s @{time.time():.0f} >/dev/null")

    def close(self) -> None:
        """End QEMU and take its folder away: its supervisor does, while it holds the lock.

        Afterwards a folder of this name is another machine's. So ours to remove is only what a dead
        supervisor left.
        """
        if self._supervisor is not None and self._supervisor.stdin:
            self._supervisor.stdin.close()
            try:
                if self._supervisor.wait(END_SECONDS) == 0:
                    return
            except subprocess.TimeoutExpired:
                self._supervisor.kill()  # and QEMU with it
                self._supervisor.wait()
        else:
            is_gone = self._end_kept()
            if self._supervisor is not None:
                # It was kept, and something failed: it is our child all the same.
                self._supervisor.wait()
            if is_gone:
                return
        shutil.rmtree(self.path, ignore_errors=True)

    def _end_kept(self) -> bool:
        """End a supervisor that lives; whether it took the folder away.

        By the open lock: the path may become another's.
        """
        try:
            lock = (self.path / LOCK).open("r+")
        except FileNotFoundError:
            return not self.path.exists()
        with lock:
            deadline = time.monotonic() + END_SECONDS
            while not locks.try_exclusive(lock):
                lock.seek(0)
                supervisor = lock.read().strip()  # nothing yet in one that is just starting
                if supervisor.isdigit():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(
                            int(supervisor),
                            signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL,
                        )
                time.sleep(0.02)
            return not locks.is_at(lock, self.path / LOCK)

    def launch(self, setup: MachineSetup, port: int, *, keep: bool) -> bool:
        """Start QEMU under its supervisor; False when the port was taken."""
        if setup.snapshot:
            with contextlib.suppress(FileNotFoundError):  # one that is just being built has none
                shutil.copyfile(setup.snapshot.with_name(CONSOLE), self.path / HISTORY)
            setup = overlaid(setup, self.path)
        shutil.copytree(setup.client, self.client)
        words = [
            sys.executable,
            "-I",
            "-S",
            str(SUPERVISOR),
            "keep" if keep else "end",
            *command_line(setup, port),
        ]
        facts = {
            "address": setup.recipe.address, "port": port, "kept": keep, "started": time.time(),
        }  # fmt: skip
        with locks.exclusive(self.path / LOCK) as lock:
            store.write_json(self.path / FACTS, facts)  # who has these and no lock is dead
            self._supervisor = subprocess.Popen(  # noqa: S603 -- our own supervisor
                words, cwd=self.path, stdin=subprocess.DEVNULL if keep else subprocess.PIPE,
                stdout=lock,
                stderr=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        return self._is_up()

    def _is_up(self) -> bool:
        """Wait until QEMU's monitor answers, for its socket is there before QEMU has its port.

        False without a port.
        """
        deadline = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(EngineError), self.monitor():
                return True
            if not self.is_running:
                if "Could not set up host forwarding" in self.qemu_log():
                    return False
                self.fail("QEMU did not start")
            if time.monotonic() > deadline:
                self.fail(
                    f"QEMU's monitor did not answer within {START_SECONDS:g} s", EngineTimeout
                )
            time.sleep(0.02)


def listen(serial: socket.socket, is_enough: Callable[[bytes], bool], until: float) -> bytes:
    """What comes until it is enough, or the time is over.

    Raises `ConnectionError` when nothing can come any more.
    """
    heard = b""
    while not is_enough(heard) and (left := until - time.monotonic()) > 0:
        serial.settimeout(left)
        try:
            data = serial.recv(4096)
        except TimeoutError:
            break
        if not data:
            message = "it was closed"
            raise ConnectionError(message)
        heard += data
    return heard


def read_text(path: Path) -> str:
    """The text of a log; "" when there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").replace("\r", "")
    except OSError:
        return ""


def overlaid(setup: MachineSetup, path: Path) -> MachineSetup:
    """The set-up with a disk of its own on top: what is built is never written to."""
    if setup.disk is None:
        return setup
    disk = path / "disk.qcow2"
    make_overlay(disk, str(setup.disk))
    return replace(setup, disk=disk)
