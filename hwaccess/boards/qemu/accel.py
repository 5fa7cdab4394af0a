"""What QEMU runs a board with: KVM where a trial showed that it works, else plain emulation."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.boards.qemu import store
from hwaccess.boards.qemu.machine import KINDS
from hwaccess.errors import EngineError

if TYPE_CHECKING:
    from hwaccess.boards.qemu.recipe import Recipe

KVM: Final = "kvm"
TCG: Final = "tcg,thread=multi"
OLDEST: Final = (6, 2)
TRIALS: Final = "accelerators.json"
NODE: Final = Path("/dev/kvm")


def version(recipe: Recipe) -> str:
    """QEMU's version. Raises when there is none, or an old one."""
    program = KINDS[recipe.machine.arch].program
    if not shutil.which(program):
        message = f"there is no {program} on this machine"
        raise EngineError(message, hint="install it: sudo apt-get install qemu-system-x86 qemu-utils")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 -- its own name
    found = re.search(r"version (\d+)\.(\d+)(?:\.\d+)?", done.stdout)
    if found is None:
        message = f"{program} does not tell its version: {(done.stdout or done.stderr).strip()[:200]!r}"
        raise EngineError(message, hint="reinstall it: sudo apt-get install --reinstall qemu-system-x86")
    if (int(found[1]), int(found[2])) < OLDEST:
        message = f"{program} is {found[0].removeprefix('version ')}, and boards need {OLDEST[0]}.{OLDEST[1]} or newer"
        raise EngineError(message, hint="upgrade it; Debian 12 and Ubuntu 22.04 have one that is new enough")
    return found[0].removeprefix("version ")


def place(qemu: str) -> str:
    """Where a trial holds: another kernel or QEMU may do better, or worse."""
    return f"{platform.release()} QEMU {qemu}"


def remembered(qemu: str) -> str | None:
    """What an earlier trial here showed; None when there was none."""
    if not os.access(NODE, os.R_OK | os.W_OK):
        return TCG
    found = (store.read_json(store.folder() / TRIALS) or {}).get(place(qemu))
    return found if found in (KVM, TCG) else None


def remember(qemu: str, accel: str) -> None:
    """Keep what a trial showed."""
    path = store.folder() / TRIALS
    store.write_json(path, (store.read_json(path) or {}) | {place(qemu): accel})
