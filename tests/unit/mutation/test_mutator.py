"""The mutator changes one place at a time, and every change is a different program."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

FILE = Path(__file__).parents[2] / "mutation/mutator.py"
SPEC = importlib.util.spec_from_file_location("mutator", FILE)
assert SPEC is not None
assert SPEC.loader is not None
mutator = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(mutator)

PROGRAM = """
def f(a, b):
    if a == 1 and b in (2,) or not a:
        return Expect.REACH if a is None else Expect.DENY
    yield from a
    return True
    return None
"""
CHANGES = [
    "a == 1  ->  a != 1",
    "a == 1 and b in (2,)  ->  a == 1 or b in (2,)",
    "b in (2,)  ->  b not in (2,)",
    "not a  ->  a",
    "Expect.REACH  ->  Expect.DENY",
    "a is None  ->  a is not None",
    "yield from a  ->  None",
    "return True  ->  return None",
    "2  ->  3",
    "True  ->  False",
]


def test_each_mutant_is_another_program_that_python_can_read() -> None:
    found = list(mutator.mutants(PROGRAM))
    sources = {ast.dump(ast.parse(mutant.source)) for mutant in found}
    assert len(sources) == len(found)
    assert ast.dump(ast.parse(PROGRAM)) not in sources


def test_every_operator_is_among_them_with_its_line() -> None:
    found = {mutant.change: mutant.line for mutant in mutator.mutants(PROGRAM)}
    assert set(CHANGES) <= set(found)
    assert found["yield from a  ->  None"] == 5


def test_what_only_the_type_checker_reads_is_left_alone() -> None:
    assert not list(mutator.mutants("if TYPE_CHECKING:\n    import a"))
