"""All the machines of this user: started, found, cleared away."""

from __future__ import annotations

import contextlib
import shutil
import time
from typing import TYPE_CHECKING, Final

from hwaccess import locks
from hwaccess.boards.qemu import store
from hwaccess.boards.qemu.machine.connection import free_port
from hwaccess.boards.qemu.machine.machine import LOCK, Machine
from hwaccess.errors import BoardAddressError, EngineError

if TYPE_CHECKING:
    from pathlib import Path

    from hwaccess.boards.qemu.machine.command_line import MachineSetup

PORT_TRIES: Final = 5
YOUNG_SECONDS: Final = 60.0  # more than from the making of a folder to the facts in it


def folder() -> Path:
    """Where the machines that run have their folders."""
    path = store.folder() / "running"
    path.mkdir(exist_ok=True)
    return path


def start(setup: MachineSetup, *, keep: bool = False) -> Machine:
    """Start one.

    Another process that takes the chosen port at this very moment is no reason to fail.

    Raises `EngineError` when QEMU gets no port on loopback.
    """
    clear_away()
    for _ in range(PORT_TRIES):
        machine = Machine(new_folder(setup.recipe.name))
        try:
            if machine.launch(setup, free_port(), keep=keep):
                return machine
        except BaseException:
            machine.close()
            raise
        machine.close()
    message = f"QEMU could not get a port on 127.0.0.1 in {PORT_TRIES} tries"
    raise EngineError(message, hint="see who takes them all: ss -ltn")


def new_folder(name: str) -> Path:
    """NAME@1, or the first number that is free."""
    number = 1
    while True:
        path = folder() / f"{name}@{number}"
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o700)
            return path
        number += 1


def machines() -> tuple[Machine, ...]:
    """Every machine that has a folder, the ones that ended too."""
    return tuple(Machine(path) for path in sorted(folder().iterdir()) if path.is_dir())


def is_starting(machine: Machine) -> bool:
    """Whether another command is just about to start it."""
    try:
        return not machine.facts and time.time() - machine.path.stat().st_mtime < YOUNG_SECONDS
    except OSError:
        return False


def clear_away() -> None:
    """Folders of machines whose supervisor was killed."""
    for machine in machines():
        # In this order: one that is starting takes the lock first, and has facts then.
        if not (
            is_starting(machine) or machine.facts.get("kept") or locks.is_held(machine.path / LOCK)
        ):
            shutil.rmtree(machine.path, ignore_errors=True)


def chosen(names: tuple[str, ...], *, everything: bool) -> tuple[Machine, ...]:
    """The machines of these names: the kept ones, and what dead ones left.

    NAME is every machine of that name.

    Raises `BoardAddressError` when none of them was kept.
    """
    begun = (machine for machine in machines() if not is_starting(machine))
    # One whose QEMU has ended and whose lock is held is of a command that is about to tell it.
    ending = tuple(
        each for each in begun if each.facts.get("kept") or not locks.is_held(each.path / LOCK)
    )
    if everything:
        return ending
    found = tuple(machine for machine in ending if {machine.path.name, machine.name} & {*names})
    if not found:
        message = f"no virtual board {', '.join(names) or '(no name given)'} was kept"
        raise BoardAddressError(
            message,
            hint="see the ones that run: hwaccess board ls; "
            "end all kept: hwaccess board down --all",
        )
    return found


def one(name: str) -> Machine:
    """The machine of NAME@NUMBER, or the only one of NAME.

    Raises `BoardAddressError` when none or several of that name run.
    """
    found = [machine for machine in machines() if name in (machine.path.name, machine.name)]
    if len(found) != 1:
        said = (
            f"{len(found)} boards {name} run: {', '.join(each.path.name for each in found)}"
            if found
            else f"no virtual board {name} is running"
        )
        start_one = f"hwaccess board up {name.partition('@')[0]} --keep"
        raise BoardAddressError(
            said, hint=f"see the ones that do: hwaccess board ls; start one: {start_one}"
        )
    return found[0]
