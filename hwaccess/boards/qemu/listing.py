"""`hwaccess board ls`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hwaccess.boards.qemu.build.built import find_built
from hwaccess.boards.qemu.machine import machines
from hwaccess.boards.qemu.recipe import loading
from hwaccess.errors import HwAccessError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.boards.qemu.machine.machine import Machine


def lines() -> Iterator[str]:
    """The recipes, then the machines."""
    for name in loading.known():
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
    kept = "of a command that still runs" if running else "left behind"
    if facts.get("kept"):
        kept = "kept"
    state = "running" if running else "ended"
    where = f"pid {each.supervisor or '?'}, tcp://127.0.0.1:{facts.get('port', '?')}"
    return f"  {each.path.name:<12} {state}, {where}, in {each.path}, since {since}, {kept}"


def state_of(name: str) -> str:
    """A recipe in one line: built or not, or what is wrong with it."""
    try:
        loaded = loading.load(name)
        built = find_built(loaded)
    except HwAccessError as error:
        return f"cannot be used: {error.message.splitlines()[0]}"
    if built is None:
        return f"not built  {loaded.summary}"
    if not built.can_start:
        return f"too old    {loaded.summary} (hwaccess board build {name})"
    old = "" if built.is_fresh else " (its probe image is older than hwaccess)"
    return f"built      {loaded.summary}{old}"
