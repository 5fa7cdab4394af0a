"""Change a program in one small place at a time, each a change that a good test would notice."""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
MEMBERS: Final = {"REACH": "DENY", "DENY": "REACH"}


class Mutant(NamedTuple):
    """One change: the line where it is, what it is in words, and the whole program with it."""

    line: int
    change: str
    source: str


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """Every changed form of one node of the tree."""
    match node:
        case ast.Compare(left, [op, *more], others) if type(op) in COMPARISONS:
            yield ast.Compare(left, [COMPARISONS[type(op)](), *more], others)
        case ast.BoolOp(op, values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.UnaryOp(ast.Not(), operand):
            yield operand
        case ast.IfExp(test, body, other):
            yield ast.IfExp(test, other, body)
        case ast.If(ast.Name("TYPE_CHECKING")):
            return
        case ast.If(test, body, other) | ast.While(test, body, other):
            yield type(node)(ast.UnaryOp(ast.Not(), test), body, other)
        case _:
            yield from of_statements_and_names(node)


def of_statements_and_names(node: ast.AST) -> Iterator[ast.AST]:
    """Changed forms of what is no condition: an answer left out, another member or value."""
    match node:
        case ast.Return(value) if value is not None and ast.unparse(value) != "None":
            yield ast.Return(ast.Constant(None))
        case ast.Expr(ast.Yield() | ast.YieldFrom()):
            yield ast.Expr(ast.Constant(None))
        case ast.Attribute(value, name, context) if name in MEMBERS:
            yield ast.Attribute(value, MEMBERS[name], context)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() as value):
            yield ast.Constant(value + 1)


def mutants(source: str) -> Iterator[Mutant]:
    """Each program that differs from `source` in one place, in the order of its tree."""
    tree = ast.parse(source)
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            places = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
            for index, node in places:
                for changed in variants(node) if isinstance(node, ast.AST) else ():
                    before, line = ast.unparse(node), getattr(node, "lineno", 0)
                    after = ast.unparse(ast.fix_missing_locations(copy.deepcopy(changed)))
                    put(parent, field, index, changed)
                    whole = ast.unparse(ast.fix_missing_locations(copy.deepcopy(tree)))
                    put(parent, field, index, node)
                    yield Mutant(line, f"{first(before)}  ->  {first(after)}", whole)


def put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    """Set a child of a node, which is a field or an item of one."""
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def first(text: str) -> str:
    """The first line of a piece of program, at most 90 characters."""
    return text.partition("\n")[0][:90]
