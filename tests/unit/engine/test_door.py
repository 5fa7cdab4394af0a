"""Only the engine talks to an engine, without an SDK, and only who connects pays for it."""

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


def test_no_room_imports_an_sdk() -> None:
    modules = list(PACKAGE.rglob("*.py"))

    assert len(modules) > 20
    assert [path for path in modules if imports(path) & SDK] == []


def test_only_the_engine_asks_an_engine() -> None:
    """The virtual boards ping theirs before there is a board, in a module of their own."""
    others = [path for path in PACKAGE.rglob("*.py") if "engine" not in path.parts]
    asking = {path.relative_to(PACKAGE).parts[0] for path in others if "http" in imports(path)}

    assert asking <= {"boards"}


def test_naming_the_engine_and_the_boards_imports_no_client() -> None:
    names = (
        "hwaccess.engine, hwaccess.boards, hwaccess.engine.payload, hwaccess.boards.qemu.listing"
    )
    code = f"import sys, {names}; print(sorted(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "'hwaccess.boards'" in done.stdout
    assert "'hwaccess.engine.http_client'" not in done.stdout
