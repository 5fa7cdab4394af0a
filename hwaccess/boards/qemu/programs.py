"""The programs that a board is put together with, all run in one way.

Each has a time limit, and a failure is told by its own words.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, Final

from hwaccess.errors import EngineError, EngineTimeout

SECONDS: Final = 120.0
WATCHDOG: Final = Path(__file__).with_name("watchdog.py")
PATH: Final = os.pathsep.join(
    (os.environ.get("PATH", ""), "/usr/sbin", "/sbin")
)  # mke2fs is no user's program
PACKAGES: Final = {
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "openssl": "openssl",
    "newuidmap": "uidmap",
    "depmod": "kmod",
    "mksquashfs": "squashfs-tools",
    "cpio": "cpio",
    "xz": "xz-utils",
    "fdtput": "device-tree-compiler",
}


def run(*command: str, hint: str = "", **options: Any) -> bytes:  # noqa: ANN401 -- those of subprocess.run
    """What it prints. Raises `EngineError` with the last line of what it says."""
    options = {"stdout": subprocess.PIPE, "timeout": SECONDS} | options
    program = command[0].rpartition("/")[2]
    reinstall = f"reinstall it: sudo apt-get install --reinstall {PACKAGES.get(program, program)}"
    try:
        done: Any = subprocess.run(command, stderr=subprocess.PIPE, check=False, **options)  # noqa: S603 -- our own words
    except subprocess.TimeoutExpired as error:
        message = f"{program} does not end within {error.timeout:g} s: {' '.join(command)}"
        raise EngineTimeout(message, hint=hint or reinstall) from error
    except OSError as error:
        message = f"{program} cannot be run: {error.strerror}"
        raise EngineError(message, hint=hint or reinstall) from error
    if done.returncode:
        last = (
            done.stderr.decode(errors="replace").strip() or f"exit status {done.returncode}"
        ).splitlines()[-1]
        message = f"{' '.join(command[:2])} failed: {last}"
        raise EngineError(message, hint=hint or reinstall)
    return bytes(done.stdout or b"")


def make_overlay(disk: Path, backing: str) -> None:
    """A qcow2 that holds what differs from another.

    A relative backing path is seen from the new disk.
    """
    run("qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", backing, str(disk))


def status_of(command: list[str], seconds: float, output: IO[bytes], **options: Any) -> str:  # noqa: ANN401 -- see run
    """Run what has children and leftovers of its own, and tell how it failed, "" when it did not.

    Whatever ends us, it is told to end as well and to take away what it made.
    """
    guarded = [sys.executable, "-I", "-S", str(WATCHDOG), *command]
    with subprocess.Popen(  # noqa: S603 -- our own command
        guarded,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        start_new_session=True,
        **options,
    ) as process:  # leaving this block closes the guard's input and waits for its end
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            return f"it takes longer than {seconds:g} s"
    return f"exit status {status}" if status else ""
