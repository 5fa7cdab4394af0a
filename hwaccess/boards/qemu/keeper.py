"""Holds one QEMU for the process that started it: however that one ends, QEMU ends and its folder goes.

    python3 -I -S keeper.py keep|end COMMAND...      in the machine's folder

Its standard input is a pipe from its owner. The kernel closes the other end when the owner is gone, also after
SIGKILL; the owner's threads do not matter, as they would for a signal at the death of a parent.
"""

from __future__ import annotations

import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def die_with_keeper() -> None:
    """QEMU does not outlive a keeper that was killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def main(mode: str, command: list[str]) -> None:
    """Start it, wait for its end or ours."""
    folder = Path.cwd()
    ending, wake = os.pipe()  # SIGTERM, from `hwaccess board down`
    os.set_blocking(wake, False)
    signal.signal(signal.SIGTERM, lambda *_: os.write(wake, b"x"))
    with Path("qemu.log").open("wb") as log:
        qemu = subprocess.Popen(  # noqa: S603 -- our owner's command
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_keeper,  # noqa: PLW1509 -- no threads here
        )  # fmt: skip
    owner = [] if mode == "keep" else [0]
    ended = os.pidfd_open(qemu.pid)
    ready = select.select([ended, ending, *owner], [], [])[0]
    if ready == [ended]:
        Path("ended").write_text(f"{qemu.wait()}\n", encoding="ascii")
        if not owner:
            return  # what it left is for `hwaccess board logs`
        select.select([ending, *owner], [], [])
    qemu.kill()
    qemu.wait()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
