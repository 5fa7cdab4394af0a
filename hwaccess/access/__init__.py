"""The table of access kinds: name -> module, loaded when it is asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, cast

from hwaccess.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.access.base import Kind

# Order matters twice: reports list accesses so, and the first kind that claims a device grant has it.
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
ENTRY_POINTS: Final = "hwaccess.access"


def third_party() -> dict[str, str]:
    """Kinds of other packages, name -> "module" or "module:object"; one that takes a built-in name is an error."""
    from importlib.metadata import entry_points  # noqa: PLC0415 -- 10 ms that most runs need not pay

    found: dict[str, str] = {}
    for point in entry_points(group=ENTRY_POINTS):
        if point.name in BUILT_IN or point.name in found:
            message = f"two access kinds are called {point.name!r}; one is {point.value}"
            raise UsageError(message, hint="uninstall one of the packages that register it: pip list")
        found[point.name] = point.value
    return found


def names() -> tuple[str, ...]:
    """All kinds, built in first."""
    return (*BUILT_IN, *sorted(third_party()))


def kind(name: str) -> Kind:
    """The kind of that name."""
    if name in BUILT_IN:
        return cast("Kind", importlib.import_module(f"hwaccess.access.{name.replace('-', '_')}"))
    others = third_party()
    if name not in others:
        message = f"no access is called {name!r}"
        raise UsageError(message, hint=f"use one of: {', '.join((*BUILT_IN, *sorted(others)))}")
    module, _, attribute = others[name].partition(":")
    loaded = importlib.import_module(module)
    return cast("Kind", getattr(loaded, attribute) if attribute else loaded)


def kinds() -> Iterator[Kind]:
    """Every kind, in the order of `names`."""
    return (kind(name) for name in names())


def host_paths(name: str, target: str) -> tuple[str, ...]:
    """The board's paths that a kind wants to know about for a target; kinds without `host_paths` want none."""
    ask = getattr(kind(name), "host_paths", None)
    return tuple(ask(target)) if ask else ()
