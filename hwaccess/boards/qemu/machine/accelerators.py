"""What QEMU runs a board with: KVM where a trial showed that it works, else plain emulation."""

from __future__ import annotations

import os
import platform
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.boards.qemu import store
from hwaccess.boards.qemu.programs import run
from hwaccess.errors import EngineError

if TYPE_CHECKING:
    from hwaccess.boards.qemu.recipe.recipe import Recipe

KVM: Final = "kvm"
TCG: Final = "tcg,thread=multi"
TRIALS: Final = "accelerators.json"
NODE: Final = Path("/dev/kvm")
# As .ci/boards has it: apt does not like to be told twice.
LIST: Final = "/etc/apt/sources.list.d/hwaccess-backports.list"


def tell_apt() -> str:
    """The commands by which Debian 12's apt learns of its backports."""
    sudo = "sudo " if os.geteuid() else ""
    line = "deb http://deb.debian.org/debian bookworm-backports main"
    return f"echo {line} | {sudo}tee {LIST} && {sudo}apt-get update"


def version(recipe: Recipe) -> str:
    """QEMU's version. Raises when there is none, or an old one."""
    model = recipe.machine.model
    program = model.program
    if not shutil.which(program):
        message = f"there is no {program} on this machine"
        raise EngineError(
            message, hint=f"install it: sudo apt-get install {model.package} qemu-utils"
        )
    reinstall = f"reinstall it: sudo apt-get install --reinstall {model.package}"
    said = run(program, "--version", hint=reinstall).decode(errors="replace")
    found = re.search(r"version (\d+)\.(\d+)(?:\.\d+)?", said)
    if found is None:
        message = f"{program} does not tell its version: {said.strip()[:200]!r}"
        raise EngineError(message, hint=reinstall)
    if (int(found[1]), int(found[2])) < model.oldest:
        least = ".".join(map(str, model.oldest))
        present = found[0].removeprefix("version ")
        message = f"{program} is {present}, and {recipe.name} needs {least} or newer"
        install = f"sudo apt-get install -t bookworm-backports {model.package} qemu-utils"
        raise EngineError(message, hint=f"on Debian 12: {tell_apt()} && {install}")
    return found[0].removeprefix("version ")


def place(qemu: str) -> str:
    """Where a trial holds: another kernel or QEMU may do better, or worse."""
    return f"{platform.release()} QEMU {qemu}"


def is_always_emulated(recipe: Recipe) -> bool:
    """Whether KVM is out of the question here.

    It is for a machine that is a board, and for another processor.
    """
    model = recipe.machine.model
    return model.fixed is not None or model.arch != platform.machine()


def may_be_tried(recipe: Recipe) -> bool:
    """Whether there is any KVM for it here."""
    return not is_always_emulated(recipe) and os.access(NODE, os.R_OK | os.W_OK)


def remembered(recipe: Recipe, qemu: str) -> str | None:
    """What an earlier trial here showed; None when there was none."""
    if not may_be_tried(recipe):
        return TCG
    found = (store.read_json(store.folder() / TRIALS) or {}).get(place(qemu))
    return found if found in (KVM, TCG) else None


def remember(qemu: str, accelerator: str) -> None:
    """Keep what a trial showed."""
    path = store.folder() / TRIALS
    store.write_json(path, (store.read_json(path) or {}) | {place(qemu): accelerator})
