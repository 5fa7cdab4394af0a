"""The machine that hwaccess itself runs on.

It is told for certain, and read without starting a container.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.agent import files as probe_files
from hwaccess.errors import ProbeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.engine.address import Endpoint
    from hwaccess.engine.base import EngineInfo

CREDENTIALS: Final = struct.Struct("iII")  # pid, uid, gid
# Who may listen on an engine's socket. Anything else (a forwarder, a virtual machine's helper)
# leads somewhere else.
LISTENERS: Final = frozenset({"dockerd", "balenad", "balena-engine-d", "podman", "systemd", "init"})
BEGUN: Final[list[subprocess.Popen[bytes]]] = []  # agents that wait; `agent_begun` owns them


def is_this_machine(endpoint: Endpoint, info: EngineInfo) -> bool:
    """Whether the engine's file system is provably ours.

    In doubt it is not, which costs one container.
    """
    us = os.uname()
    if endpoint.scheme != "unix" or (info.kernel, info.name) != (us.release, us.nodename):
        return False
    pid = peer_pid(endpoint.socket_path)
    try:
        listener = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()
        same = mount_namespace(str(pid)) == mount_namespace("self")
    except OSError:  # not ours to ask (another user's process), or in another pid namespace
        return False
    return same and listener in LISTENERS


def mount_namespace(pid: str) -> tuple[int, int]:
    """What two processes share that see the same mounts."""
    status = Path(f"/proc/{pid}/ns/mnt").stat()
    return status.st_dev, status.st_ino


def peer_pid(path: str) -> int:
    """The process that listens on a socket.

    0, which is none, when it is not to be seen from here.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(5)
            client.connect(path)
            data = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    except OSError:
        return 0
    return int(CREDENTIALS.unpack(data)[0])


def start_agent() -> subprocess.Popen[bytes]:
    """The agent in a process of its own with this very interpreter; it waits for its request."""
    command = [sys.executable, "-I", "-S", str(probe_files.folder() / probe_files.MARKER), "-"]
    return subprocess.Popen(  # noqa: S603 -- our own agent
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


@contextlib.contextmanager
def agent_begun(address: str | None, environment: Mapping[str, str]) -> Iterator[None]:
    """Start the agent for a board that may well be this machine, while something else takes time.

    Half of the time of reading the board is the start of an interpreter.
    """
    local = environment.get("DOCKER_HOST", "unix:").startswith("unix:")
    if address not in (None, "", "local") or not local:
        yield
        return
    BEGUN.append(start_agent())
    try:
        yield
    finally:
        for unused in BEGUN:
            unused.kill()
            unused.communicate()
        BEGUN.clear()


def read_directly(request: str, seconds: float) -> bytes:
    """The agent's answer, asked in a process of its own.

    Raises `ProbeError` when reading takes longer than the time limit.
    """
    agent = BEGUN.pop() if BEGUN else start_agent()
    try:
        output, _ = agent.communicate(request.encode(), timeout=seconds)
    except BaseException as error:
        agent.kill()
        agent.communicate()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        message = f"reading the board took longer than {seconds:g} s"
        raise ProbeError(
            message, hint="look for a process that hangs in the kernel: ps -eo pid,stat,wchan,cmd"
        ) from error
    return output
