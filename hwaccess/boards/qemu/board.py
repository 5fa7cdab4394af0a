"""The board over a QEMU that runs: its engine, connected, and QEMU's own words when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.boards.docker_board import DockerBoard
from hwaccess.boards.qemu.machine.readiness import await_engine
from hwaccess.engine.address import Endpoint, TlsFiles
from hwaccess.engine.docker_engine import DockerEngine
from hwaccess.errors import EngineError, EngineRefused
from hwaccess.model import Provenance

if TYPE_CHECKING:
    from hwaccess.boards.qemu.machine.machine import Machine

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


def connect(machine: Machine, *, ours: bool = False) -> QemuBoard:
    """The board over the machine's engine; ours: leaving it ends the machine."""
    await_engine(machine)
    url = f"tcp://127.0.0.1:{machine.port}"
    engine = DockerEngine(Endpoint(url, f"{SCHEME}:{machine.path.name}", TlsFiles(machine.client)))
    return QemuBoard(machine, engine, ours=ours)
