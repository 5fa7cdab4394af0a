"""A YAML document as frozen nodes that each know where they stand.

Loading makes them and typing reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.words import Finding, Place

ScalarValue = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value.

    value is YAML 1.1's reading of it (compose's), text is as written after interpolation.
    """

    value: ScalarValue
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Entry:
    """One key and its value in a mapping."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping, in the order of the file.

    Keys are unique (a later one of a merge replaces an earlier one).
    """

    entries: tuple[Entry, ...]
    place: Place

    def get(self, key: str) -> Node | None:
        """The value of a key, or None."""
        return next((entry.value for entry in self.entries if entry.key.text == key), None)

    def entry(self, key: str) -> Entry | None:
        """The entry of a key, or None."""
        return next((entry for entry in self.entries if entry.key.text == key), None)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True)
class LoadedTree:
    """One compose model after interpolation, merge, extends, include and profiles; still untyped.

    directory is absolute: relative paths of services start there (an included file's own paths are
    made absolute). environment is what interpolation saw: the shell over `.env` over nothing.
    inactive are services left out because no profile of theirs is on.
    """

    root: Mapping
    name: str
    directory: str
    files: tuple[str, ...]
    environment: dict[str, str]
    findings: tuple[Finding, ...] = ()
    inactive: tuple[str, ...] = ()
