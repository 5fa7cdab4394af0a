"""`--board qemu:NAME`: a fresh board from its picture, or `qemu:NAME@NUMBER`, one that runs already."""

from __future__ import annotations

import http
import http.client
import ssl
import time
from typing import TYPE_CHECKING, Final

from hwaccess.boards.docker_board import DockerBoard
from hwaccess.boards.qemu import picture
from hwaccess.boards.qemu.build import CLIENT, Built, find_built
from hwaccess.boards.qemu.machine import Machine, folder
from hwaccess.boards.qemu.recipe import load
from hwaccess.engine.address import Endpoint, TlsFiles
from hwaccess.engine.docker_engine import DockerEngine
from hwaccess.errors import BoardAddressError, EngineError, EngineTimeout
from hwaccess.model import Provenance

if TYPE_CHECKING:
    from pathlib import Path

SCHEME: Final = "qemu"
ANSWER_SECONDS: Final = 60.0


class QemuBoard(DockerBoard):
    """A machine of ours: leaving it ends QEMU, unless it was kept."""

    def __init__(self, machine: Machine, engine: DockerEngine, *, ours: bool) -> None:
        super().__init__(engine, Provenance.EMULATED)
        self.machine = machine
        self.certificates = engine.endpoint.tls
        self.name = f"{SCHEME}:{machine.facts['name']}"
        self._ours = ours

    def __exit__(self, *exc: object) -> None:
        try:
            super().__exit__(*exc)
        except EngineError:
            self.machine.check()  # a machine that is gone is the cause, and its console says more
            raise
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
        return connect(machine, built.path / CLIENT, ours=True)
    except BaseException:
        machine.close()
        raise


def need_built(name: str) -> Built:
    """The board of that name, which must have been built."""
    built = find_built(load(name))
    if built is None:
        message = f"the virtual board {name} is not built yet, or its recipe, QEMU or hwaccess has changed since"
        raise EngineError(message, hint=f"build it, which takes minutes once: hwaccess board build {name}")
    return built


def up(built: Built, *, keep: bool = False) -> Machine:
    """Start a board from its picture and let it run on."""
    machine = Machine.start(built.parts, str(built.path), keep=keep)
    try:
        picture.resume(machine)
        await_engine(machine, built.path / CLIENT)
        machine.set_clock()
    except BaseException:
        machine.close()
        raise
    return machine


def attach(name: str) -> QemuBoard:
    """A board that an earlier `hwaccess board up --keep` left running."""
    machine = Machine(folder() / name)
    if machine.path.parent != folder() or not machine.is_running:
        message = f"no virtual board {name} is running"
        raise BoardAddressError(message, hint="see the ones that do: hwaccess board ls")
    from pathlib import Path  # noqa: PLC0415 -- one place

    return connect(machine, Path(str(machine.facts["board"]), CLIENT))


def connect(machine: Machine, certificates: Path, *, ours: bool = False) -> QemuBoard:
    """The board over the machine's engine; ours: leaving it ends the machine."""
    await_engine(machine, certificates)
    url = f"tcp://127.0.0.1:{machine.facts['port']}"
    engine = DockerEngine(Endpoint(url, f"{SCHEME}:{machine.path.name}", TlsFiles(certificates)))
    return QemuBoard(machine, engine, ours=ours)


def await_engine(machine: Machine, certificates: Path) -> None:
    """Wait until the engine answers a ping; a machine that died meanwhile is told at once."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while not pings(int(str(machine.facts["port"])), certificates):
        machine.check()
        if time.monotonic() > deadline:
            machine.fail(f"its engine does not answer within {ANSWER_SECONDS:g} s", EngineTimeout)
        time.sleep(0.05)


def pings(port: int, certificates: Path) -> bool:
    """Whether the engine says OK."""
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    client = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
    try:
        client.request("GET", "/_ping")
        return client.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()
