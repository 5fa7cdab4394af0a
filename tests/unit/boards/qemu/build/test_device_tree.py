"""The device tree that a machine starts with."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from hwaccess.boards.qemu.build import device_tree
from hwaccess.boards.qemu.recipe.recipe import Tree
from hwaccess.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.board("rpi3b")  # it takes the programs dtc and fdtput
def test_a_device_tree_is_changed_and_a_node_that_is_not_there_is_told(tmp_path: Path) -> None:
    source = "/dts-v1/; / { system { }; soc { chip { }; }; };"
    kernels, path = tmp_path / "kernels.dtb", tmp_path / "board.dtb"
    subprocess.run(
        ["dtc", "-q", "-O", "dtb", "-o", str(kernels)], input=source, text=True, check=True
    )
    device_tree.write_tree(
        path, kernels, Tree("x.dtb", ("/soc/chip",), (("/system", "linux,revision", 0xA02082),))
    )
    text = subprocess.run(
        ["dtc", "-q", "-O", "dts", str(path)], capture_output=True, text=True, check=True
    ).stdout
    assert "linux,revision = <0xa02082>" in text
    assert "chip" not in text
    with pytest.raises(EngineError, match="/soc/radio"):
        device_tree.write_tree(path, kernels, Tree("x.dtb", ("/soc/radio",)))
