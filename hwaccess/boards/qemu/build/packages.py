"""The programs that building and starting a board takes, and their Debian packages."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from hwaccess.boards.qemu.machine.accelerators import tell_apt
from hwaccess.boards.qemu.programs import PACKAGES, PATH, run
from hwaccess.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from hwaccess.boards.qemu.recipe.recipe import Recipe

ALWAYS: Final = ("mmdebstrap", "openssl")
FOR_DISK: Final = ("qemu-img", "mke2fs")
FOR_MEMORY: Final = ("depmod", "mksquashfs", "cpio", "xz")
FOR_TREE: Final = ("fdtput",)

KEYRINGS: Final = {"ubuntu-archive-keyring": "ubuntu-keyring"}  # where the package has another name
BACKPORTS: Final = "bookworm-backports"
ITS_QEMU: Final = (7, 2)  # Debian 12's own


def missing(recipe: Recipe, find: Callable[[str], object], *, root: bool) -> tuple[str, ...]:
    """The packages of the programs that `find` does not find.

    Without root mmdebstrap needs the user's sub-ids.
    """
    model = recipe.machine.model
    programs = (
        *ALWAYS,
        *(FOR_MEMORY if model.memory else FOR_DISK),
        *(FOR_TREE if recipe.tree else ()),
        *(() if root else ("newuidmap",)),
    )
    qemu = () if find(model.program) else (model.package,)
    keyring = (
        ()
        if find(str(recipe.root.keys))
        else (KEYRINGS.get(recipe.root.keyring, recipe.root.keyring),)
    )
    return (*qemu, *keyring, *(PACKAGES[program] for program in programs if not find(program)))


def found(name: str) -> bool:
    """Whether a program, or a file, is there."""
    return (
        Path(name).exists() if name.startswith("/") else shutil.which(name, path=PATH) is not None
    )


def provide(recipes: Sequence[Recipe], *, yes: bool) -> None:
    """Install what is missing for any of them, when the user agrees; else tell what it is.

    Raises `EngineError` when something is missing and not installed.
    """
    root = os.geteuid() == 0
    packages = tuple(
        dict.fromkeys(name for recipe in recipes for name in missing(recipe, found, root=root))
    )
    if not packages:
        return
    commands = install_commands(packages, tuple(from_backports(recipes)) if is_debian_12() else ())
    hint = " && ".join(map(" ".join, commands))
    knows = not any(BACKPORTS in command for command in commands) or knows_backports()
    if not knows:
        hint = f"{tell_apt()} && {hint}"
    can = knows and all(shutil.which(program) for program in {commands[0][0], "apt-get"})
    if not can or not (yes or agrees(packages, hint)):
        message = (
            f"building {', '.join(recipe.name for recipe in recipes)} needs {', '.join(packages)}"
        )
        raise EngineError(message, hint=hint)
    for command in commands:
        # A machine may have no list of packages yet, or an old one.
        if not (works(command) or works_after_update(command)):
            message = f"{', '.join(packages)} could not be installed"
            raise EngineError(message, hint=f"see what it said, then: {hint}")


def works(command: list[str]) -> bool:
    """Whether a command that the user was shown before, or apt-get update, goes well."""
    return subprocess.run(command, check=False, stdout=sys.stderr).returncode == 0  # noqa: S603 -- see above


def works_after_update(command: list[str]) -> bool:
    """Whether a command goes well once the lists of packages are updated.

    An update fails for one list of many, and the others are there all the same.
    """
    works([*as_root(), "apt-get", "update"])
    return works(command)


def as_root() -> list[str]:
    """What comes before a command that only root may run."""
    return [] if os.geteuid() == 0 else ["sudo"]


def from_backports(recipes: Iterable[Recipe]) -> Iterator[str]:
    """How the names begin of packages that Debian 12 has only among its backports.

    The backports have them new enough, or at all.
    """
    yield "ubuntu-"
    if any(recipe.machine.model.oldest > ITS_QEMU for recipe in recipes):
        yield "qemu-"


def install_commands(packages: tuple[str, ...], newer: tuple[str, ...]) -> list[list[str]]:
    """The commands of apt-get that install the packages.

    newer: how the names begin of what comes from Debian 12's backports, and nothing else from
    there.
    """
    backports = [name for name in packages if name.startswith(newer)]
    others = [name for name in packages if name not in backports]
    install = [*as_root(), "apt-get", "install", "--yes", "--no-install-recommends"]
    commands = []
    if backports:
        commands.append([*install, "-t", BACKPORTS, *backports])
    if others:
        commands.append([*install, *others])
    return commands


def knows_backports() -> bool:
    """Whether apt was told of Debian 12's backports."""
    try:
        return BACKPORTS in run("apt-cache", "policy").decode(errors="replace")
    except EngineError:
        return False


def is_debian_12() -> bool:
    """Whether this machine is one."""
    try:
        words = platform.freedesktop_os_release()
    except OSError:
        return False
    return words.get("VERSION_CODENAME") == "bookworm"


def agrees(packages: tuple[str, ...], command: str) -> bool:
    """Ask, where somebody is there to answer; nothing is ever installed without a yes."""
    if not sys.stdin.isatty():
        return False
    return click.confirm(
        f"this needs {', '.join(packages)}; run `{command}`?", default=False, err=True
    )
