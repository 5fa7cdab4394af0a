"""The picture of a board's memory that it starts from: taken, and where that may fail, tried."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING, Final

from hwaccess.boards.qemu.machine import WORD, Machine
from hwaccess.errors import EngineTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from hwaccess.boards.qemu.parts import Parts

SAVE_SECONDS: Final = 120.0
LOAD_SECONDS: Final = 60.0
TRIES: Final = 6
ALIVE_SECONDS: Final = 15.0
REST_SECONDS: Final = 2.0


def take(machine: Machine, resumed: Parts, progress: Callable[[str], None]) -> None:
    """Save the machine's memory to what `resumed` starts from, and end it.

    QEMU does not save whether a Raspberry Pi's timers ask for attention at this moment. A processor whose timer does
    sleeps for ever in the picture. So one is started, and when it is not wholly awake, another is taken.
    """
    for number in range(1, TRIES + 1):
        if number > 1:
            resume(machine)
            time.sleep(REST_SECONDS)
        save(machine, resumed)
        if not resumed.recipe.machine.kind.memory or is_awake(resumed):
            break
        progress(f"board: picture {number} has a processor that sleeps for ever; taking another")
    else:
        machine.fail(f"{TRIES} pictures of its memory were taken, and it did not go on from any")
    with machine.monitor() as monitor:
        monitor.command("quit")


def save(machine: Machine, resumed: Parts) -> None:
    """Stop the machine and write its memory. The disk then is what that memory knows of it."""
    with machine.monitor() as monitor:
        monitor.command("stop")
        monitor.command("migrate-set-parameters", **{"max-bandwidth": 2**40})
        monitor.command("migrate", uri=f"exec:cat >{shlex.quote(str(resumed.state))}")
        state = monitor.await_state("query-migrate", "status", ("completed", "failed"), SAVE_SECONDS)
    if state == "failed":
        machine.fail("QEMU could not save its memory")


def resume(machine: Machine) -> None:
    """Let a machine run on: one that was started from a picture, or one of which a picture was taken."""
    with machine.monitor() as monitor:
        monitor.await_state("query-status", "status", ("paused", "running", "postmigrate"), LOAD_SECONDS)
        monitor.command("cont")


def is_awake(resumed: Parts) -> bool:
    """Whether each processor of a machine from the picture sleeps for a moment and wakes up."""
    processors = " ".join(map(str, range(resumed.recipe.machine.cpus)))
    trial = Machine.start(resumed, "")
    try:
        resume(trial)
        # The word is put together there: the console shows what is typed as well.
        say = f"printf '{WORD}%s\\n' awake >/dev/console"
        trial.type(f"for n in {processors}; do taskset -c $n sleep 0.05; done; {say}")
        trial.await_word("awake", ALIVE_SECONDS)
    except (EngineTimeout, TimeoutError):
        return False
    finally:
        trial.close()
    return True
