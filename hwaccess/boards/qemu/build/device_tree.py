"""The device tree that a machine starts with: the kernel's own, with the recipe's changes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from hwaccess.boards.qemu.programs import run

if TYPE_CHECKING:
    from pathlib import Path

    from hwaccess.boards.qemu.recipe.recipe import Tree


def write_tree(path: Path, kernels: Path, tree: Tree) -> None:
    """Write it.

    Raises `EngineError` with fdtput's words, for a node that is not there for example.
    """
    hint = f"see its nodes: dtc -q -I dtb -O dts {kernels}; and the recipe's table device-tree"
    shutil.copyfile(kernels, path)
    for node in tree.remove:
        run("fdtput", "-r", str(path), node, hint=hint)
    for node, name, value in tree.set:
        form, text = ("x", f"{value:x}") if isinstance(value, int) else ("s", value)
        run("fdtput", "-p", "-t", form, str(path), node, name, text, hint=hint)
