"""A board's engine socket, brought here by one OpenSSH connection.

The board needs sshd and a shell, no docker CLI.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hwaccess.errors import EngineUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_SECONDS: Final = 20.0
STATE_SECONDS: Final = 5.0  # for what the far shell says after ssh has let us in
DEFAULT_SOCKET: Final = "/var/run/docker.sock"
LONGEST_BASE: Final = 64  # bytes; the folder's and the socket's names take 35, ssh's draft 17
ENDING_SECONDS: Final = 1.0
FOLDER: Final = "hwaccess-ssh-"
# Where else engines listen: a rootless Docker, balenaEngine of balenaOS and of older ones.
OTHER_SOCKETS: Final = (
    '"/run/user/$(id -u)/docker.sock"',
    "/run/balena-engine.sock",
    "/run/balena.sock",
)
# Says what is known on the board of the socket, and of others, then waits for the end of its input.
# DOCKER_HOST is that of the board's own shell.
ASK: Final = (
    'if [ ! -e "$0" ]; then echo absent; elif [ -w "$0" ]; then echo usable; '
    "else echo denied; fi; echo user $(id -un); "
    f'for one in "${{DOCKER_HOST#unix://}}" {" ".join(OTHER_SOCKETS)}; do '
    'if [ -S "$one" ] && [ -w "$one" ]; then echo found "$one"; fi; done; echo end; exec cat'
)
# A Ctrl-C at the terminal reaches every process of its group. ssh obeys one that was ignored when
# it was started; then the run is what ends the connection, after it has tidied up.
START: Final = ("/bin/sh", "-c", 'trap "" INT QUIT; exec "$0" "$@"')


@dataclass(frozen=True, slots=True)
class FarSide:
    """What the board's shell said: of the socket "usable", "absent", "denied", or "" for nothing.

    found are other sockets that its user may use.
    """

    socket: str = ""
    user: str = ""
    found: tuple[str, ...] = ()


class Tunnel:
    """An ssh process that forwards the socket for as long as it, or we, live.

    The far side runs `cat` on a pipe that we hold: when this process ends in whatever way, the pipe
    closes, `cat` ends and ssh with it. Nothing has to be killed, so SIGKILL leaves no connection
    behind; its folder is removed by the next tunnel. Raises `EngineUnreachable` when there is no
    connection, or no socket that its user may use.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        clear_away()
        self._folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER}{os.getpid()}-", dir=base()))
        self.socket = self._folder / "engine.sock"
        self._log = self._folder / "log"
        self._state = self._folder / "state"
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        """Connect to the socket that is named, or else to the one that is there."""
        named = urlsplit(self.url).path.rstrip("/")
        remote = named or DEFAULT_SOCKET
        far = self._connect(remote)
        if not named and far.socket in ("absent", "denied") and far.found:
            self._end()
            self.socket.unlink(missing_ok=True)
            remote = far.found[0]
            far = self._connect(remote)
        if far.socket == "absent":
            message = f"{self.url}: the board has no {remote}, and no other engine's socket"
            start = self._by_hand("sudo systemctl start docker")
            raise EngineUnreachable(message, hint=f"start the engine, or install one: {start}")
        if far.socket == "denied":
            message = f"{self.url}: {far.user} has no permission to use {remote} on the board"
            command = self._by_hand(f"sudo usermod -aG docker {far.user}")
            raise EngineUnreachable(message, hint=f"{command}; it counts from the next login on")

    def _connect(self, remote: str) -> FarSide:
        if shutil.which("ssh") is None:
            message = "ssh cannot be started: it is not installed"
            raise EngineUnreachable(message, hint="sudo apt-get install openssh-client")
        with self._log.open("wb") as log, self._state.open("wb") as state:
            self._process = subprocess.Popen(  # noqa: S603 -- the address was checked; ssh is what the user asked for
                [*START, *command(self.url, self.socket, remote)],
                stdin=subprocess.PIPE,
                stdout=state,
                stderr=log,
            )
        what = self._wait(self._process)
        if what:
            raise self._failed(what)
        return self._far_side()

    def _wait(self, process: subprocess.Popen[bytes]) -> str:
        """Until the local socket is there: ssh makes it after the board has let us in.

        Returns what happened in its place, or "".
        """
        end = time.monotonic() + CONNECT_SECONDS
        while not self.socket.exists():
            if process.poll() is not None:
                return "ssh ended"
            if time.monotonic() > end:
                return f"ssh made no connection in {CONNECT_SECONDS:g} s"
            time.sleep(0.02)
        return ""

    def _far_side(self) -> FarSide:
        """What the board's shell said; nothing, where an account may only do something else."""
        end = time.monotonic() + STATE_SECONDS
        lines: list[str] = []
        while "end" not in lines and time.monotonic() < end:
            lines = self._state.read_text(errors="replace").splitlines()
            time.sleep(0.02)
        return far_side(lines)

    def _failed(self, what: str) -> EngineUnreachable:
        words = self._log.read_text(errors="replace").strip()
        message = f"{self.url}: {what}: {words}" if words else f"{self.url}: {what}"
        hint = f"try it by hand: {self._by_hand('true')}"
        if "host key" in words.lower():
            scan = shlex.join(["ssh-keyscan", *port(self.url), str(urlsplit(self.url).hostname)])
            hint = f"look at the board's key, then keep it: {scan} >> ~/.ssh/known_hosts"
        return EngineUnreachable(message, hint=hint)

    def _by_hand(self, what: str) -> str:
        return f"{shlex.join(['ssh', *port(self.url), target(self.url)])} {what}"

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Raises `EngineUnreachable` with ssh's last words in place of another, if it has ended."""
        try:
            yield
        except EngineUnreachable as error:
            status = None
            with contextlib.suppress(subprocess.TimeoutExpired):
                # Its sockets are closed before it has ended.
                status = self._process.wait(ENDING_SECONDS) if self._process else None
            if status is None:
                raise
            lines = self._log.read_text(errors="replace").split("\n")
            words = next(
                (line for line in reversed(lines) if line.strip()), f"exit status {status}"
            )
            message = f"the connection to {self.url} was lost: ssh: {words.strip()}"
            hint = f"check the board and the network, then run it again: {self._by_hand('true')}"
            raise EngineUnreachable(message, hint=hint) from error

    def close(self) -> None:
        """End the connection and remove the socket."""
        self._end()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin:
            process.stdin.close()
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def far_side(lines: list[str]) -> FarSide:
    """What the lines of ASK tell; what the shell's own start-up files print is among them."""
    if "end" not in lines:
        return FarSide()
    state = next((line for line in lines if line in ("absent", "denied", "usable")), "")
    user = next((line.removeprefix("user ") for line in lines if line.startswith("user ")), "")
    found = (line.removeprefix("found ") for line in lines if line.startswith("found "))
    return FarSide(state, user, tuple(found))


def command(url: str, local: Path, remote: str) -> list[str]:
    """The ssh command for `ssh://[USER@]HOST[:PORT]`, which forwards one socket."""
    options = (
        "ExitOnForwardFailure=yes",
        "ConnectTimeout=10",
        "ServerAliveInterval=15",
        "ControlPath=none",
    )
    return [
        "ssh",
        "-T",
        *(word for option in options for word in ("-o", option)),
        "-L",
        f"{local}:{remote}",
        *port(url),
        "--",
        target(url),
        f"sh -c {shlex.quote(ASK)} {shlex.quote(remote)}",
    ]


def port(url: str) -> list[str]:
    """`-p PORT`, when one is named."""
    number = urlsplit(url).port
    return ["-p", str(number)] if number else []


def target(url: str) -> str:
    """`USER@HOST`, or the host alone."""
    parts = urlsplit(url)
    return f"{parts.username}@{parts.hostname}" if parts.username else str(parts.hostname)


def base() -> Path:
    """Where tunnels have their folders: ssh takes no socket whose path is longer than 108 bytes."""
    usual = Path(tempfile.gettempdir())
    return usual if len(os.fsencode(usual)) <= LONGEST_BASE else Path("/tmp")  # noqa: S108 -- mkdtemp makes it ours


def clear_away() -> None:
    """Remove the folders of tunnels whose owner, a process of our user, was killed."""
    for path in base().glob(f"{FOLDER}*-*"):
        pid = path.name.removeprefix(FOLDER).partition("-")[0]
        with contextlib.suppress(OSError):
            ours = path.stat().st_uid == os.getuid()
            if ours and pid.isdigit() and not Path("/proc", pid).exists():
                shutil.rmtree(path, ignore_errors=True)
