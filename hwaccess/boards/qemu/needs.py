"""The programs that building and starting a board takes, and the Debian packages that bring them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import click

from hwaccess.boards.qemu.root import PATH
from hwaccess.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hwaccess.boards.qemu.recipe import Recipe

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
ALWAYS: Final = ("mmdebstrap", "openssl")
FOR_DISK: Final = ("qemu-img", "mke2fs")
FOR_MEMORY: Final = ("depmod", "mksquashfs", "cpio", "xz", "fdtput")


def missing(recipe: Recipe, find: Callable[[str], object], *, root: bool) -> tuple[str, ...]:
    """The packages of the programs that `find` does not find; without root mmdebstrap needs the user's sub-ids."""
    kind = recipe.machine.kind
    programs = (*ALWAYS, *(FOR_MEMORY if kind.line else FOR_DISK), *(() if root else ("newuidmap",)))
    qemu = () if find(kind.program) else (kind.package,)
    return (*qemu, *(PACKAGES[program] for program in programs if not find(program)))


def provide(recipe: Recipe, *, yes: bool) -> None:
    """Install what is missing, when the user agrees; else tell what it is."""
    packages = missing(recipe, lambda program: shutil.which(program, path=PATH), root=os.geteuid() == 0)
    if not packages:
        return
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    if os.geteuid() != 0:
        install.insert(0, "sudo")
    command = " ".join(install)
    can = all(shutil.which(program) for program in {install[0], "apt-get"})
    if not can or not (yes or agrees(packages, command)):
        message = f"building {recipe.name} needs {', '.join(packages)}"
        raise EngineError(message, hint=command)
    if subprocess.run(install, check=False, stdout=sys.stderr).returncode:  # noqa: S603 -- shown to the user before
        message = f"{', '.join(packages)} could not be installed"
        raise EngineError(message, hint=f"see what it said, then: sudo apt-get update && {command}")


def agrees(packages: tuple[str, ...], command: str) -> bool:
    """Ask, where somebody is there to answer; nothing is ever installed without a yes."""
    if not sys.stdin.isatty():
        return False
    return click.confirm(f"this needs {', '.join(packages)}; run `{command}`?", default=False, err=True)
