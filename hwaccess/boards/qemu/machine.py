"""One QEMU that runs: started, watched, spoken to, ended."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from hwaccess.boards.qemu import store
from hwaccess.boards.qemu.connection import connected, free_port
from hwaccess.boards.qemu.monitor import Monitor
from hwaccess.boards.qemu.parts import CONSOLE, command
from hwaccess.errors import BoardAddressError, EngineError, EngineTimeout

if TYPE_CHECKING:
    from hwaccess.boards.qemu.parts import Parts

KEEPER: Final = Path(__file__).with_name("keeper.py")
FACTS: Final = "machine.json"
ENDED: Final = "ended"
LOCK: Final = "lock"
LAST_LINES: Final = 15
TYPING_SECONDS: Final = 20.0
YOUNG_SECONDS: Final = 60.0
PORT_TRIES: Final = 5
WORD: Final = "hwaccess: "  # how the first process begins what it says to us


def folder() -> Path:
    """Where the machines that run have their folders."""
    path = store.folder() / "running"
    path.mkdir(exist_ok=True)
    return path


class Machine:
    """A QEMU in a folder of its own, `NAME@NUMBER`; ours to end, or kept by an earlier command."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._owner: subprocess.Popen[bytes] | None = None

    @property
    def facts(self) -> dict[str, object]:
        """What was written down at its start: name, port, pid of its keeper, started, accel, board."""
        return store.read_json(self.path / FACTS) or {}

    @property
    def is_running(self) -> bool:
        """Whether its keeper lives (it holds the lock) and QEMU has not ended."""
        return is_locked(self.path / LOCK) and not (self.path / ENDED).exists()

    def console(self) -> str:
        """All that the kernel and the first process said here; what they said before is with the built board."""
        return read_console(self.path)

    def history(self) -> str:
        """The same from the first word of the kernel on."""
        built = self.facts.get("board")
        return (read_console(Path(str(built))) if built else "") + self.console()

    def monitor(self) -> Monitor:
        """A connection to QEMU itself."""
        return Monitor(self.path / "qmp.sock")

    def await_word(self, word: str, seconds: float) -> None:
        """Wait until the first process says it. Raises with the console's last lines when it fails, or never does."""
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

    def qemu_log(self) -> str:
        """What QEMU itself said."""
        try:
            return (self.path / "qemu.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def fail(self, what: str, kind: type[EngineError] = EngineError) -> NoReturn:
        """Raise an error with the last that was heard of the machine."""
        name = self.facts.get("name", self.path.name)
        panic = re.search(r"Kernel panic - not syncing: .*", self.console())
        if panic:  # a long trace follows it
            what = f"{what}: {panic[0]}"
        lines = [*self.qemu_log().splitlines()[:3], *self.console().splitlines()[-LAST_LINES:]]
        message = "\n".join((f"virtual board {name}: {what}", *(f"  {line}" for line in lines)))
        raise kind(message, hint=f"build it again: hwaccess board build {name} --again")

    def type(self, line: str) -> None:
        """Type a line at its console, where root's shell waits; until its echo came back, QEMU may still drop it."""
        echoed = b""
        with connected(self.path / "serial.sock", TYPING_SECONDS) as serial:
            serial.sendall(line.encode() + b"\n")
            while line.encode() + b"\r\n" not in echoed:
                data = serial.recv(4096)
                if not data:
                    self.fail("its console was closed")
                echoed += data

    def set_clock(self) -> None:
        """Give it this machine's time: without a clock it begins in 1970, from a picture when that was taken."""
        self.type(f"date -u -s @{time.time():.0f} >/dev/null")

    def close(self) -> None:
        """End QEMU and take its folder away."""
        if self._owner is not None and self._owner.stdin:
            self._owner.stdin.close()
            self._owner.wait()
        elif self.is_running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(str(self.facts["keeper"])), 15)
            await_unlocked(self.path / LOCK, 10)
        shutil.rmtree(self.path, ignore_errors=True)

    @classmethod
    def start(cls, parts: Parts, board: str, *, keep: bool = False) -> Machine:
        """Start one. Another process that takes the chosen port at this very moment is no reason to fail."""
        clear_away()
        for _ in range(PORT_TRIES):
            machine = cls(new_folder(parts.recipe.name))
            try:
                if machine._launch(parts, board, free_port(), keep=keep):
                    return machine
            except BaseException:
                machine.close()
                raise
            machine.close()
        message = f"QEMU could not get a port on 127.0.0.1 in {PORT_TRIES} tries"
        raise EngineError(message, hint="see who takes them all: ss -ltn")

    def _launch(self, parts: Parts, board: str, port: int, *, keep: bool) -> bool:
        """Start QEMU under its keeper; False when the port was taken."""
        if parts.state:
            parts = overlaid(parts, self.path)
        with (self.path / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            os.set_inheritable(lock.fileno(), True)  # noqa: FBT003 -- the only parameter
            words = [sys.executable, "-I", "-S", str(KEEPER), "keep" if keep else "end", *command(parts, port)]
            stdin = subprocess.DEVNULL if keep else subprocess.PIPE
            keeper = subprocess.Popen(  # noqa: S603 -- our own keeper
                words, cwd=self.path, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                pass_fds=(lock.fileno(),), start_new_session=True,
            )  # fmt: skip
        self._owner = None if keep else keeper
        facts = {
            "name": parts.recipe.name, "port": port, "keeper": keeper.pid, "started": time.time(),
            "accel": parts.accel, "board": board, "kept": keep,
        }  # fmt: skip
        store.write_json(self.path / FACTS, facts)
        return self._is_up()

    def _is_up(self) -> bool:
        """Wait for QEMU's socket; False when the port was taken, an error when it ended for another reason."""
        deadline = time.monotonic() + 20
        while not (self.path / "qmp.sock").exists():
            if not self.is_running:
                if "Could not set up host forwarding" in self.qemu_log():
                    return False
                self.fail("QEMU did not start")
            if time.monotonic() > deadline:
                self.fail("QEMU did not open its monitor within 20 s", EngineTimeout)
            time.sleep(0.02)
        return True


def read_console(path: Path) -> str:
    """The console's text in a folder; "" when there is none."""
    try:
        return (path / CONSOLE).read_text(encoding="utf-8", errors="replace").replace("\r", "")
    except OSError:
        return ""


def overlaid(parts: Parts, path: Path) -> Parts:
    """The same with a disk of its own on top: what is built is never written to."""
    if parts.disk is None:
        return parts
    disk = path / "disk.qcow2"
    make_overlay(disk, str(parts.disk))
    return replace(parts, disk=disk)


def make_overlay(disk: Path, backing: str) -> None:
    """A qcow2 that holds what differs from another; a relative backing path is seen from the new disk."""
    words = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", backing, str(disk)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 -- our own words
    if done.returncode:
        message = f"qemu-img failed: {done.stderr.strip()}"
        raise EngineError(message, hint="build the board again: hwaccess board build NAME --again")


def clear_away() -> None:
    """Folders of machines whose keeper was killed; a young one may be just before its lock is taken."""
    for machine in machines():
        if not is_locked(machine.path / LOCK) and not machine.facts.get("kept"):
            with contextlib.suppress(OSError):
                if time.time() - machine.path.stat().st_mtime > YOUNG_SECONDS:
                    shutil.rmtree(machine.path, ignore_errors=True)


def new_folder(name: str) -> Path:
    """NAME@1, or the first number that is free."""
    number = 1
    while True:
        path = folder() / f"{name}@{number}"
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
            return path
        number += 1


def is_locked(path: Path) -> bool:
    """Whether some process holds the lock."""
    try:
        with path.open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def await_unlocked(path: Path, seconds: float) -> None:
    """Wait until nobody holds the lock any more."""
    deadline = time.monotonic() + seconds
    while is_locked(path) and time.monotonic() < deadline:
        time.sleep(0.02)


def machines() -> tuple[Machine, ...]:
    """Every machine that has a folder, the ones that ended too."""
    return tuple(Machine(path) for path in sorted(folder().iterdir()) if path.is_dir())


def chosen(names: tuple[str, ...], *, everything: bool) -> tuple[Machine, ...]:
    """The machines of these names (NAME is every one of it): the kept ones, and what dead ones left."""
    ending = tuple(machine for machine in machines() if machine.facts.get("kept") or not machine.is_running)
    if everything:
        return ending
    found = tuple(machine for machine in ending if {machine.path.name, machine.path.name.partition("@")[0]} & {*names})
    if not found:
        message = f"no virtual board {', '.join(names) or '(no name given)'} was kept"
        raise BoardAddressError(
            message, hint="see the ones that run: hwaccess board ls; end all kept: hwaccess board down --all"
        )
    return found


def one(name: str) -> Machine:
    """The machine of NAME@NUMBER, or the only one of NAME."""
    found = [machine for machine in machines() if name in (machine.path.name, machine.path.name.partition("@")[0])]
    if len(found) != 1:
        said = (
            f"{len(found)} boards {name} run: {', '.join(each.path.name for each in found)}"
            if found
            else f"no virtual board {name} is running"
        )
        raise BoardAddressError(
            said, hint="see the ones that do: hwaccess board ls; start one: hwaccess board up NAME --keep"
        )
    return found[0]
