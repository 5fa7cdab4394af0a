"""`hwaccess board ls`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hwaccess.boards.qemu import build, machines, recipe
from hwaccess.errors import HwAccessError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.boards.qemu.machine import Machine


def lines() -> Iterator[str]:
    """The recipes, then the machines."""
    for name in recipe.known():
        yield f"{name:<14} {state_of(name)}"
    yield from map(line_of, machines.machines())


def line_of(each: Machine) -> str:
    """A machine in one line."""
    facts = each.facts
    started = facts.get("started")
    since = (
        time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(started))
        if isinstance(started, float)
        else "?"
    )
    if machines.is_starting(each):
        return f"  {each.path.name:<12} starting, in {each.path}"
    running = each.is_running
    kept = (
        "kept"
        if facts.get("kept")
        else "of a command that still runs"
        if running
        else "left behind"
    )
    where = f"pid {each.keeper or '?'}, tcp://127.0.0.1:{facts.get('port', '?')}, in {each.path}"
    return f"  {each.path.name:<12} {'running' if running else 'ended'}, {where}, since {since}, {kept}"


def state_of(name: str) -> str:
    """A recipe in one line: built or not, or what is wrong with it."""
    try:
        loaded = recipe.load(name)
        built = build.find_built(loaded)
    except HwAccessError as error:
        return f"cannot be used: {error.message.splitlines()[0]}"
    if built is None:
        return f"not built  {loaded.summary}"
    if not built.can_start:
        return f"too old    {loaded.summary} (hwaccess board build {name})"
    return f"built      {loaded.summary}{'' if built.is_fresh else ' (its probe image is older than hwaccess)'}"
