"""The device tree that a machine starts with: the kernel's own, with the recipe's changes."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from hwaccess.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

    from hwaccess.boards.qemu.recipe import Tree


def make(path: Path, kernels: Path, tree: Tree) -> None:
    """Write it. Raises `EngineError` with fdtput's words, for a node that is not there for example."""
    shutil.copyfile(kernels, path)
    for node in tree.remove:
        fdtput("-r", str(path), node)
    for node, name, value in tree.set:
        form = ("-t", "x") if isinstance(value, int) else ("-t", "s")
        fdtput("-p", *form, str(path), node, name, f"{value:x}" if isinstance(value, int) else value)


def fdtput(*words: str) -> None:
    """Run it."""
    command = ["fdtput", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own words
    if done.returncode:
        message = f"the device tree cannot be changed: fdtput {' '.join(words)}: {done.stderr.strip()}"
        raise EngineError(message, hint="see its nodes: dtc -I dtb -O dts FILE; and the recipe's table device-tree")
