"""The snapshot of a board's memory that it starts from: taken, and where that may fail, tried."""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING, Final

from hwaccess.boards.qemu.machine import machines
from hwaccess.boards.qemu.machine.machine import WORD
from hwaccess.boards.qemu.machine.readiness import await_engine
from hwaccess.errors import EngineTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from hwaccess.boards.qemu.machine.command_line import MachineSetup
    from hwaccess.boards.qemu.machine.machine import Machine

SAVE_SECONDS: Final = 120.0
LOAD_SECONDS: Final = 60.0
TRIES: Final = 6
ALIVE_SECONDS: Final = 15.0
REST_SECONDS: Final = 2.0


def take(machine: Machine, resumed: MachineSetup, progress: Callable[[str], None]) -> None:
    """Save the machine's memory to what `resumed` starts from, and end it.

    QEMU does not save whether a Raspberry Pi's timers ask for attention at this moment. A processor
    whose timer does sleeps for ever in the snapshot. So one is started, and when it is not wholly
    awake, another is taken.
    """
    tries = TRIES if resumed.recipe.machine.model.loses_timers else 1
    with machine.explained():
        for number in range(1, tries + 1):
            time.sleep(
                REST_SECONDS
            )  # nobody talks to it: no frame is half on its way in the snapshot
            save(machine, resumed)
            fault = fault_of(resumed) if tries > 1 else ""
            if not fault:
                break
            progress(f"board: snapshot {number} of {tries} does not do: {fault}")
            resume(machine)
        else:
            machine.fail(
                f"{tries} snapshots of its memory were taken, and it did not go on from any"
            )
        with machine.monitor() as monitor:
            monitor.command("quit")


def save(machine: Machine, resumed: MachineSetup) -> None:
    """Stop the machine and write its memory. The disk then is what that memory knows of it."""
    with machine.monitor() as monitor:
        monitor.command("stop")
        monitor.command("migrate-set-parameters", **{"max-bandwidth": 2**40})
        monitor.command("migrate", uri=f"exec:cat >{shlex.quote(str(resumed.snapshot))}")
        state = monitor.await_state(
            "query-migrate", "status", ("completed", "failed"), SAVE_SECONDS
        )
    if state == "failed":
        machine.fail("QEMU could not save its memory")


def resume(machine: Machine) -> None:
    """Let a machine run on after a snapshot.

    It was started from one, or one was taken of it.
    """
    with machine.explained(), machine.monitor() as monitor:
        monitor.await_state(
            "query-status", "status", ("paused", "running", "postmigrate"), LOAD_SECONDS
        )
        monitor.command("cont")


def fault_of(resumed: MachineSetup) -> str:
    """What a machine from the snapshot does not do in time, "" for nothing.

    It is to wake each processor, and to answer.
    """
    processors = " ".join(map(str, range(resumed.recipe.machine.cpus)))
    trial = machines.start(resumed)
    try:
        resume(trial)
        # The word is put together there: the console shows what is typed as well.
        say = f"printf '{WORD}%s\\n' awake >/dev/console"
        trial.type(f"for n in {processors}; do taskset -c $n sleep 0.05; done; {say}")
        trial.await_word("awake", ALIVE_SECONDS)
        await_engine(trial)
    except EngineTimeout as error:
        return error.message.splitlines()[0].removeprefix(f"virtual board {resumed.recipe.name}: ")
    finally:
        trial.close()
    return ""
