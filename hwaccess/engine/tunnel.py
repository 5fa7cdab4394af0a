"""A board's engine socket, brought here by one OpenSSH connection.

The board needs sshd and `cat`, no docker CLI.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from hwaccess.errors import EngineUnreachable

CONNECT_SECONDS: Final = 20.0
DEFAULT_SOCKET: Final = "/var/run/docker.sock"


class Tunnel:
    """An ssh process that forwards the socket for as long as it, or we, live.

    The far side runs `cat` on a pipe that we hold: when this process ends in whatever way, the pipe
    closes, `cat` ends and ssh with it. Nothing has to be killed, so SIGKILL leaves no connection
    behind.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._folder = Path(tempfile.mkdtemp(prefix="hwaccess-ssh-"))
        self.socket = self._folder / "engine.sock"
        self._log = self._folder / "log"
        try:
            with self._log.open("wb") as log:
                self._process = subprocess.Popen(  # noqa: S603 -- the address was checked; ssh is what the user asked for
                    command(url, self.socket),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                )
        except OSError as error:
            self._remove_folder()
            message = f"ssh cannot be started: {error.strerror}"
            raise EngineUnreachable(
                message, hint="install it: sudo apt-get install openssh-client"
            ) from error
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def _wait(self) -> None:
        """Until the local socket is there: ssh makes it after the board has let us in."""
        end = time.monotonic() + CONNECT_SECONDS
        while not self.socket.exists():
            if self._process.poll() is not None:
                raise self._failed()
            if time.monotonic() > end:
                raise self._failed()
            time.sleep(0.02)

    def _failed(self) -> EngineUnreachable:
        running = self._process.poll() is None
        what = f"ssh made no connection in {CONNECT_SECONDS:g} s" if running else "ssh ended"
        words = self._log.read_text(errors="replace").strip()
        message = f"{what}: {words}" if words else what
        parts = urlsplit(self.url)
        target = f"{parts.username}@{parts.hostname}" if parts.username else parts.hostname
        return EngineUnreachable(
            f"{self.url}: {message}", hint=f"try it by hand: ssh {target} true"
        )

    def close(self) -> None:
        """End the connection and remove the socket."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._remove_folder()

    def _remove_folder(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def command(url: str, local: Path) -> list[str]:
    """The ssh command for `ssh://[USER@]HOST[:PORT][/SOCKET]`."""
    parts = urlsplit(url)
    target = f"{parts.username}@{parts.hostname}" if parts.username else str(parts.hostname)
    remote = parts.path if parts.path not in ("", "/") else DEFAULT_SOCKET
    options = (
        "ExitOnForwardFailure=yes",
        "ConnectTimeout=10",
        "ServerAliveInterval=15",
        "ControlPath=none",
    )
    port = ["-p", str(parts.port)] if parts.port else []
    return [
        "ssh",
        "-T",
        *(word for option in options for word in ("-o", option)),
        *port,
        "-L",
        f"{local}:{remote}",
        "--",
        target,
        "cat",
    ]
