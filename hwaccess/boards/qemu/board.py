"""`--board qemu:NAME`: a fresh board from its picture, or `qemu:NAME@NUMBER`, one that runs already."""

from __future__ import annotations

import shlex
from typing import Final

from hwaccess.boards.docker_board import DockerBoard
from hwaccess.boards.qemu import machines, picture, store
from hwaccess.boards.qemu.build import Built, find_built
from hwaccess.boards.qemu.machine import Machine
from hwaccess.boards.qemu.ping import await_engine
from hwaccess.boards.qemu.recipe import load
from hwaccess.engine.address import Endpoint, TlsFiles
from hwaccess.engine.docker_engine import DockerEngine
from hwaccess.errors import BoardAddressError, EngineError, EngineRefused
from hwaccess.model import Provenance

SCHEME: Final = "qemu"


class QemuBoard(DockerBoard):
    """A machine of ours: leaving it ends QEMU, unless it was kept."""

    def __init__(self, machine: Machine, engine: DockerEngine, *, ours: bool) -> None:
        super().__init__(engine, Provenance.EMULATED)
        self.machine = machine
        self.certificates = engine.endpoint.tls
        self.name = f"{SCHEME}:{machine.name}"
        self._ours = ours

    def __exit__(self, *exc: object) -> None:
        try:
            with self.machine.explained():
                super().__exit__(*exc)
            if isinstance(exc[1], EngineError) and not isinstance(exc[1], EngineRefused):
                self.machine.explain()
        finally:
            if self._ours:
                self.machine.close()


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
    """The board of that name, which must have been built."""
    recipe = load(name)
    built = find_built(recipe)
    if built is None or not built.can_start:
        message = f"the virtual board {name} is not built yet, or its recipe, QEMU or hwaccess has changed since"
        raise EngineError(
            message,
            hint=f"build it, which takes minutes once: hwaccess board build {shlex.quote(recipe.address)}",
        )
    return built


def up(built: Built, *, keep: bool = False) -> Machine:
    """Start a board from its picture and let it run on."""
    with store.using(built.path):
        if not built.path.exists():  # built again, or taken away, at this very moment
            return up(need_built(built.recipe.address), keep=keep)
        machine = machines.start(built.parts, keep=keep)
        try:
            picture.resume(machine)
            await_engine(machine)
            machine.set_clock()
        except BaseException:
            machine.close()
            raise
    return machine


def attach(name: str) -> QemuBoard:
    """A board that an earlier `hwaccess board up --keep` left running."""
    machine = Machine(machines.folder() / name)
    if machine.path.parent != machines.folder() or not (machine.is_running and machine.facts):
        message = f"no virtual board {name} is running"
        raise BoardAddressError(message, hint="see the ones that do: hwaccess board ls")
    return connect(machine)


def connect(machine: Machine, *, ours: bool = False) -> QemuBoard:
    """The board over the machine's engine; ours: leaving it ends the machine."""
    await_engine(machine)
    url = f"tcp://127.0.0.1:{machine.port}"
    engine = DockerEngine(Endpoint(url, f"{SCHEME}:{machine.path.name}", TlsFiles(machine.client)))
    return QemuBoard(machine, engine, ours=ours)
