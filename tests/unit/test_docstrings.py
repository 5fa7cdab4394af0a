"""Docstrings can be read alone: what a public function raises is in its own or in its class's."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SOURCES = [path for room in ("hwaccess", "probes") for path in (ROOT / room).rglob("*.py")]


def definitions(source: str) -> Iterator[tuple[ast.FunctionDef, str]]:
    """Each function with the docstring that a reader of it has: its class's before its own."""

    def within(node: ast.AST, above: str) -> Iterator[tuple[ast.FunctionDef, str]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                yield child, above + (ast.get_docstring(child) or "")
            told = ast.get_docstring(child) or "" if isinstance(child, ast.ClassDef) else ""
            yield from within(child, told)

    yield from within(ast.parse(source), "")


def silent(source: str) -> list[str]:
    """The public functions with a `raise` of their own that no docstring mentions."""
    return [
        function.name
        for function, told in definitions(source)
        if not function.name.startswith("_")
        and any(isinstance(node, ast.Raise) and node.exc for node in ast.walk(function))
        and "aises " not in told
    ]


def test_every_public_function_says_what_it_raises() -> None:
    package = [path for path in SOURCES if path.is_relative_to(ROOT / "hwaccess")]
    found = {str(path.relative_to(ROOT)): silent(path.read_text()) for path in package}

    assert len(package) > 100
    assert {name: functions for name, functions in found.items() if functions} == {}


def test_a_function_that_keeps_its_error_to_itself_is_found() -> None:
    assert silent("def f():\n    '''Read.'''\n    raise OSError('no')\n") == ["f"]
    assert silent("def f():\n    '''Raises `OSError` always.'''\n    raise OSError('no')\n") == []
    assert silent("class A:\n    '''Raises it.'''\n    def f(self):\n        raise OSError\n") == []


def test_no_docstring_leans_on_the_one_above() -> None:
    leaning = [
        f"{path.relative_to(ROOT)}: {function.name}"
        for path in SOURCES
        for function, _ in definitions(path.read_text())
        if (ast.get_docstring(function) or "").startswith(("The same", "Same", "As above", "Ditto"))
    ]
    assert leaning == []
