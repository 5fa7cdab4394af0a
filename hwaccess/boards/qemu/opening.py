"""`--board qemu:NAME`: a fresh board from its snapshot, or `qemu:NAME@NUMBER`, one that runs."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from hwaccess.boards.qemu import store
from hwaccess.boards.qemu.board import connect
from hwaccess.boards.qemu.build.built import Built, find_built
from hwaccess.boards.qemu.machine import machines, snapshot
from hwaccess.boards.qemu.machine.machine import Machine
from hwaccess.boards.qemu.machine.readiness import await_engine
from hwaccess.boards.qemu.recipe.loading import load
from hwaccess.errors import BoardAddressError, EngineError

if TYPE_CHECKING:
    from hwaccess.boards.qemu.board import QemuBoard


def open_qemu(address: str) -> QemuBoard:
    """The board of an address `qemu:NAME`, `qemu:PATH.toml` or `qemu:NAME@NUMBER`."""
    name = address.partition(":")[2]
    if "@" in name and "/" not in name:
        return attach(name)
    built = need_built(name)
    machine = up(built)
    try:
        return connect(machine, ours=True)
    except BaseException:
        machine.close()
        raise


def need_built(name: str) -> Built:
    """The board of that name, which must have been built.

    Raises `EngineError` when it was not, or something that it is made of has changed.
    """
    recipe = load(name)
    built = find_built(recipe)
    if built is None or not built.can_start:
        message = (
            f"the virtual board {name} is not built yet, "
            "or its recipe, QEMU or hwaccess has changed since"
        )
        raise EngineError(
            message,
            hint="build it, which takes minutes once: "
            f"hwaccess board build {shlex.quote(recipe.address)}",
        )
    return built


def up(built: Built, *, keep: bool = False) -> Machine:
    """Start a board from its snapshot and let it run on."""
    with store.using(built.path):
        if not built.path.exists():  # built again, or taken away, at this very moment
            return up(need_built(built.recipe.address), keep=keep)
        machine = machines.start(built.setup, keep=keep)
        try:
            snapshot.resume(machine)
            await_engine(machine)
            machine.set_clock()
        except BaseException:
            machine.close()
            raise
    return machine


def attach(name: str) -> QemuBoard:
    """A board that an earlier `hwaccess board up --keep` left running.

    Raises `BoardAddressError` when it does not run.
    """
    machine = Machine(machines.folder() / name)
    if machine.path.parent != machines.folder() or not (machine.is_running and machine.facts):
        message = f"no virtual board {name} is running"
        raise BoardAddressError(message, hint="see the ones that do: hwaccess board ls")
    return connect(machine)
