"""Virtual boards in tests: a client of the engine, commands on the board, checks of a text."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import examples
from docker import APIClient
from docker.tls import TLSConfig

from hwaccess.boards import open_board
from hwaccess.boards.qemu.board import QemuBoard
from hwaccess.compose import load_project
from hwaccess.run.options import Options
from hwaccess.run.run import check_project
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.facts import BoardFacts
    from hwaccess.model import CheckResult, Report

PYTHON = [
    "/.hwaccess/lib/loader",
    "--library-path",
    "/.hwaccess/lib",
    "/.hwaccess/bin/python3",
    "-I",
    "-S",
    "-c",
]
# For a probe: on an emulated processor that shares two real ones, reading 54 GPIO lines took more
# than the usual 10 s.
SECONDS = 60.0
TRACE = "/sys/kernel/tracing"
WATCH = f"""
for bus in ("i2c", "smbus"):
    open(f"{TRACE}/events/{{bus}}/enable", "w").write("1")
open("{TRACE}/trace", "w").close()
"""
COUNT = f"print(sum(not line.startswith('#') for line in open('{TRACE}/trace')))"


@dataclass(frozen=True)
class Virtual:
    """A board that runs, and a folder for compose files."""

    board: QemuBoard
    client: APIClient
    folder: Path
    facts: BoardFacts

    def report(self, compose: str, allow: str = "open") -> Report:
        """The whole report on a compose text."""
        (self.folder / "compose.yaml").write_text(compose)
        project = load_project([str(self.folder)])
        return check_project(self.board, project, Options(allow=Risk(allow), seconds=SECONDS))

    def results(self, compose: str, allow: str = "open") -> dict[str, CheckResult]:
        """Check id -> result."""
        return {result.check.id: result for result in self.report(compose, allow).results}

    def on_board(self, code: str) -> str:
        """What Python code prints as the board's own root: in its files, beside its processes."""
        # What is imported is imported before: afterwards the interpreter's own modules are out of
        # sight.
        enter = (
            "import os, selectors, socket, subprocess, time; os.chroot('/host'); os.chdir('/')\n"
        )
        return self._run(
            enter + code, privileged=True, pid_mode="host", network_mode="host", binds=["/:/host"]
        )

    def watch_i2c(self) -> None:
        """Count from now on what the kernel puts on any I2C bus."""
        self.on_board(WATCH)

    def i2c_transfers(self) -> int:
        """How many there were since."""
        return int(self.on_board(COUNT))

    def in_container(self, code: str, **grants: Any) -> str:
        """What Python code prints in a container of the probe image with these grants.

        With devices among them, `bus` is smbus2's bus 1.
        """
        library = "import sys; sys.path.append('/.hwaccess/libraries')\n"
        opened = "import smbus2; bus = smbus2.SMBus(1)\n" if "devices" in grants else ""
        return self._run(library + opened + code, **grants)

    def _run(self, code: str, **grants: Any) -> str:
        self.board.engine.prepare(lambda _line: None)
        image = next(
            tag
            for each in self.client.images(name="hwaccess-probe")
            for tag in each["RepoTags"] or ()
        )
        host = self.client.create_host_config(**grants)
        made = self.client.create_container(
            image, entrypoint=PYTHON, command=[code], host_config=host
        )
        try:
            self.client.start(made["Id"])
            status = self.client.wait(made["Id"], timeout=300)["StatusCode"]
            output: bytes = self.client.logs(made["Id"])
        finally:
            self.client.remove_container(made["Id"], force=True)
        assert status == 0, output.decode()
        return output.decode()


@contextlib.contextmanager
def virtual(name: str, folder: Path) -> Iterator[Virtual]:
    """A fresh board."""
    with contextlib.ExitStack() as stack:
        board = stack.enter_context(open_board(f"qemu:{name}"))
        assert isinstance(board, QemuBoard)
        assert board.certificates is not None
        keys = board.certificates.folder
        tls = TLSConfig(
            client_cert=(str(keys / "cert.pem"), str(keys / "key.pem")),
            ca_cert=str(keys / "ca.pem"),
            verify=True,
        )
        # Packing an image of the board took longer than the usual 60 s on a slow machine.
        client = APIClient(board.url, tls=tls, version="1.41", timeout=300)
        client.trust_env = False  # the suite's own REQUESTS_CA_BUNDLE
        stack.callback(client.close)
        yield Virtual(board, client, folder, board.facts(examples.PATHS))


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that nobody waited for yet does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] not in "ZX"


def processes(of: Path) -> list[int]:
    """The processes whose current folder is this one: a machine's supervisor and its QEMU."""
    found = []
    for path in (path for path in Path("/proc").iterdir() if path.name.isdigit()):
        with contextlib.suppress(OSError):
            folder = str((path / "cwd").readlink()).removesuffix(" (deleted)")
            if folder == str(of) and is_alive(int(path.name)):
                found.append(int(path.name))
    return found
