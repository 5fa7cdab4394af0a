"""Paths in a tree, such as `services.*.volumes.*`, and the walk along them.

Some of the paths have a rule. A step is the name of a key; `*` is any name, or any item of a list.
A walk enters only what some path leads into, so a table of a few paths costs little on a large
file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from hwaccess.compose.yaml.tree import Entry, Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Mapping as Table

    from hwaccess.compose.yaml.tree import Node

T = TypeVar("T")
ANY: Final = "*"


@dataclass(slots=True, eq=False)
class Path(Generic[T]):
    """One place of a table of paths.

    It has its rule, if there is one, and the steps that lead on from it.
    """

    text: str = ""
    rule: T | None = None
    steps: dict[str, Path[T]] = field(default_factory=dict)

    def key(self, name: str) -> Path[T] | None:
        """The path of a key's value; None when the table has nothing there.

        A name goes before `*`.
        """
        return self.steps.get(name) or self.steps.get(ANY)

    def item(self) -> Path[T] | None:
        """The path of an item of a list; None when the table has nothing there."""
        return self.steps.get(ANY)


def paths(rules: Table[str, T]) -> Path[T]:
    """The root of a table that gives a rule to each path; "" is the root's own."""
    root: Path[T] = Path()
    for text, rule in rules.items():
        path = root
        for step in text.split(".") if text else ():
            if step not in path.steps:
                path.steps[step] = Path(f"{path.text}.{step}" if path.text else step)
            path = path.steps[step]
        path.rule = rule
    return root


def everywhere(rule: T) -> Path[T]:
    """A path that has the rule and leads to nothing but itself, however deep the tree is."""
    path = Path(ANY, rule)
    path.steps[ANY] = path
    return path


def changed(node: Node, path: Path[T] | None, change: Callable[[Scalar, T], Scalar]) -> Node:
    """The tree with each scalar changed whose path has a rule.

    A part without a change stays itself.
    """
    if path is None:
        return node
    if isinstance(node, Scalar):
        return node if path.rule is None else change(node, path.rule)
    if isinstance(node, Mapping):
        return changed_mapping(node, path, change)
    step = path.item()
    items = tuple(changed(item, step, change) for item in node.items)
    return node if _unchanged(items, node.items) else Sequence(items, node.place)


def changed_mapping(
    mapping: Mapping, path: Path[T], change: Callable[[Scalar, T], Scalar]
) -> Mapping:
    """A mapping with the scalars below it changed, as by `changed`."""
    values = [changed(entry.value, path.key(entry.key.text), change) for entry in mapping.entries]
    if _unchanged(values, [entry.value for entry in mapping.entries]):
        return mapping
    pairs = zip(mapping.entries, values, strict=True)
    return Mapping(tuple(Entry(entry.key, value) for entry, value in pairs), mapping.place)


def _unchanged(new: tuple[Node, ...] | list[Node], old: tuple[Node, ...] | list[Node]) -> bool:
    return all(one is other for one, other in zip(new, old, strict=True))


def entries(
    node: Node, path: Path[T] | None, keys: tuple[str, ...] = ()
) -> Iterator[tuple[Entry, Path[T], tuple[str, ...]]]:
    """Every entry that the paths lead to, in the order of the text, each before what is below it.

    With it come the path of the mapping that holds it and the keys that lead to that mapping.
    """
    if path is None or isinstance(node, Scalar):
        return
    if isinstance(node, Sequence):
        for item in node.items:
            yield from entries(item, path.item(), keys)
        return
    for entry in node.entries:
        yield entry, path, keys
        name = entry.key.text
        yield from entries(entry.value, path.key(name), (*keys, name))
