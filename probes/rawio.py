"""Port I/O (x86): whether ioperm(2) passes seccomp, the capability and lockdown.

No port is used or stays open.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from . import calls

PORT = 0x80  # the firmware's progress display: nothing listens there on a running system


def has_port_io(machine: str) -> bool:
    """Whether the processor has I/O ports.

    The C library of other processors may imitate ioperm through /dev/mem.
    """
    return machine == "x86_64" or (
        len(machine) == 4 and machine[0] == "i" and machine.endswith("86")
    )


def make_ioperm() -> Callable[[int], None]:
    """ioperm(2) for the one port, as a function that raises its errno."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def ioperm(on: int) -> None:
        if libc.ioperm(ctypes.c_ulong(PORT), ctypes.c_ulong(1), on) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return ioperm


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """Turn the port off, which needs no right at all, then on and off again.

    Off asks seccomp and the kernel's configuration alone: the kernel checks the capability and
    lockdown only when access is turned on. On gives this process, a child that ends now, leave to
    use the port; it does not use it.
    """
    del target, params
    machine = os.uname().machine
    record.facts.update(machine=machine, port_io=has_port_io(machine))
    if not has_port_io(machine):
        return
    ioperm = make_ioperm()
    if not record.call("ioperm", f"{PORT:#x}, 1, 0", lambda: ioperm(0)) or not record.may("open"):
        return
    if record.call("ioperm", f"{PORT:#x}, 1, 1", lambda: ioperm(1)):
        record.call("ioperm", f"{PORT:#x}, 1, 0", lambda: ioperm(0))
