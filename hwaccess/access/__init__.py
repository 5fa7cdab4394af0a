"""The table of access kinds: name -> room, loaded when it is asked for.

Everybody else asks here, and keeps no list.
"""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING, Any, Final, cast

from hwaccess import plugins
from hwaccess.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.metadata import EntryPoint

    from hwaccess.access.base import Kind
    from hwaccess.facts import BoardFacts
    from hwaccess.model import Case, Verdict
    from hwaccess.words import Finding

# Order matters twice: reports list accesses so, and the first kind that claims a node has it.
BUILT_IN: Final = (
    "i2c",
    "spi",
    "gpio",
    "mem",
    "device",
    "rawio",
    "kernel-modules",
    "firmware",
    "dbus",
    "supervisor-api",
    "balena-api",
    "privileged",
    "network",
    "confinement",
)
REST: Final = "device"  # has the nodes that no other kind claims, those of other packages included


@cache
def third_party() -> dict[str, EntryPoint]:
    """Kinds of other packages by name.

    Raises `UsageError` for one that takes the name of another.
    """
    return plugins.found(plugins.KINDS, BUILT_IN, "access kinds")


def names() -> tuple[str, ...]:
    """The names of all kinds, built in first."""
    return (*BUILT_IN, *third_party())


@cache
def kind(name: str) -> Kind:
    """The kind of that name. Raises `UsageError` when there is none."""
    if name in BUILT_IN:
        return cast("Kind", importlib.import_module(f"hwaccess.access.{name.replace('-', '_')}"))
    if name not in third_party():
        message = f"no access is called {name!r}"
        raise UsageError(message, hint=f"use one of: {', '.join(names())}")
    return cast("Kind", third_party()[name].load())


def kinds() -> Iterator[Kind]:
    """Every kind, in the order of `names`."""
    return (kind(name) for name in names())


@cache
def owner(path: str) -> str:
    """The name of the kind that a device node of this path belongs to: the first that claims it."""
    return next((each.NAME for each in kinds() if answer(each, "claims", path)), REST)


def is_notable(path: str) -> bool:
    """Whether an app is likely to be after a node of this path: `hwaccess doctor` shows those."""
    return owner(path) != REST or bool(answer(kind(REST), "notable", path))


def host_paths(name: str, target: str) -> tuple[str, ...]:
    """The board's paths that the kind `name` wants to know about for a target."""
    return tuple(answer(kind(name), "host_paths", target) or ())


def on_board(name: str) -> str | None:
    """By what a board tells whether it has an access: see `ON_BOARD` of `base.Kind`."""
    found: str | None = getattr(kind(name), "ON_BOARD", None)
    return found


def missing_node(case: Case, path: str) -> Verdict | None:
    """What the kind of a node says of why the board does not have it.

    None when it does not know.
    """
    found: Verdict | None = answer(kind(owner(path)), "missing_node", case, path)
    return found


def lacks(board: BoardFacts) -> Iterator[Finding]:
    """What the board lacks for each kind, for `hwaccess doctor`."""
    return (finding for each in kinds() for finding in answer(each, "lacks", board) or ())


def answer(each: Kind, name: str, *arguments: object) -> Any:  # noqa: ANN401 -- that of the function asked
    """What an optional function of a kind answers; None when the kind has no such function."""
    function = getattr(each, name, None)
    return function(*arguments) if function else None
