"""A real sshd on loopback, with keys and settings of its own, and `ssh` that knows them.

Root is let past every mode. So as root, the one who logs in is an account that exists in a mount
namespace of the server's own; else it is whoever runs the suite.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from waiting import soon

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM: Final = "/usr/sbin/sshd"
UID: Final = 54321  # of the account that only this server knows
SETTINGS: Final = """\
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
ListenAddress 127.0.0.1:{port}
"""
CLIENT: Final = """\
IdentityFile {folder}/user
IdentitiesOnly yes
UserKnownHostsFile {folder}/known
StrictHostKeyChecking yes
BatchMode yes
"""


@dataclass(frozen=True)
class Server:
    """A server that answers, and the folder with an `ssh` for it."""

    folder: Path
    port: int
    user: str

    def url(self, path: object = "") -> str:
        """The address of the engine behind that socket of its board, which is this machine."""
        return f"ssh://{self.user}@127.0.0.1:{self.port}{path}"

    @property
    def program(self) -> Path:
        """The folder for PATH."""
        return self.folder / "bin"

    def forget_key(self) -> None:
        """Let the client not know the server's key."""
        (self.folder / "known").write_text("")


@contextlib.contextmanager
def server(folder: Path) -> Iterator[Server]:
    """Start one, and end it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    folder.chmod(0o755)
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(key, check=True)
    (folder / "settings").write_text(SETTINGS.format(folder=folder, port=port))
    (folder / "client").write_text(CLIENT.format(folder=folder))
    host = " ".join((folder / "host.pub").read_text().split()[:2])
    (folder / "known").write_text(f"[127.0.0.1]:{port} {host}\n")
    (folder / "bin").mkdir()
    program = folder / "bin" / "ssh"
    program.write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F {folder}/client "$@"\n')
    program.chmod(0o755)
    command = [PROGRAM, "-D", "-e", "-f", str(folder / "settings")]
    root = os.getuid() == 0
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            in_namespace(folder, command) if root else command, stdin=subprocess.DEVNULL, stderr=log
        )
    try:
        await_port(port, process, folder / "log")
        yield Server(folder, port, "hwaccess-test" if root else getpass.getuser())
    finally:
        process.terminate()
        process.wait(10)


def in_namespace(folder: Path, command: list[str]) -> list[str]:
    """The command where one more account exists, and the folder that sshd wants."""
    account = f"hwaccess-test:*:{UID}:{UID}::/tmp:/bin/sh\n"
    (folder / "passwd").write_text(Path("/etc/passwd").read_text() + account)
    mounts = 'mount --bind "$0" /etc/passwd && mount -t tmpfs run /run && mkdir /run/sshd'
    script = f'{mounts} && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, str(folder / "passwd"), *command]


def await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Until the server takes connections."""

    def is_settled() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return process.poll() is not None

    assert soon(is_settled, 20), log.read_text()
    assert process.poll() is None, log.read_text()
