"""Only the engine knows the Docker SDK, and only who connects pays for it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import hwaccess

PACKAGE = Path(hwaccess.__file__).parent
SDK = {"docker", "requests", "urllib3"}


def imports(path: Path) -> set[str]:
    """The top names of everything that a module imports, at its top or inside."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    from_ = {
        node.module
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
    }
    return {name.partition(".")[0] for name in plain | from_}


def test_no_other_room_imports_the_sdk() -> None:
    others = [path for path in PACKAGE.rglob("*.py") if path.parent.name != "engine"]

    assert len(others) > 20
    assert [path for path in others if imports(path) & SDK] == []


def test_naming_the_engine_and_the_boards_does_not_import_the_sdk() -> None:
    names = (
        "hwaccess.engine, hwaccess.boards, hwaccess.engine.payload, hwaccess.boards.qemu.listing"
    )
    code = f"import sys, {names}; print(sorted(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "'hwaccess.boards'" in done.stdout
    assert "'docker'" not in done.stdout
    assert "'requests'" not in done.stdout
