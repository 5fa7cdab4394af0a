"""The machine that hwaccess itself runs on.

It is told for certain, and read without starting a container.
"""

from __future__ import annotations

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
    from hwaccess.engine.address import Endpoint
    from hwaccess.engine.base import EngineInfo

CREDENTIALS: Final = struct.Struct("iII")  # pid, uid, gid
# Who may listen on an engine's socket. Anything else (a forwarder, a virtual machine's helper)
# leads somewhere else.
LISTENERS: Final = frozenset({"dockerd", "balenad", "balena-engine-d", "podman", "systemd", "init"})


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


def read_directly(request: str, seconds: float) -> bytes:
    """The agent's answer, asked in a process of its own with this very interpreter.

    Raises `ProbeError` when reading takes longer than the time limit.
    """
    command = [sys.executable, "-I", "-S", str(probe_files.folder() / probe_files.MARKER), "-"]
    try:
        done = subprocess.run(  # noqa: S603 -- our own agent
            command, input=request.encode(), capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        message = f"reading the board took longer than {seconds:g} s"
        raise ProbeError(
            message, hint="look for a process that hangs in the kernel: ps -eo pid,stat,wchan,cmd"
        ) from error
    return done.stdout
