"""The kinds of machines that a board can be, and what QEMU and Debian call their parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class MachineModel:
    """How QEMU plays a machine.

    cpu: without KVM, the newest that it can play is slow and not stable; "": the board's. memory:
    its root is there, of packages that any processor can unpack; else on a disk, installed by the
    same. line: the serial line that carries the network of a board which has no virtio. fixed:
    processors and MiB of a machine that is a board, for which there is no KVM either. oldest:
    QEMU's. loses_timers: its interrupt controller is not saved whole with its memory.
    """

    arch: str
    program: str
    package: str
    console: str
    cpu: str = ""
    memory: bool = True
    line: str = ""
    fixed: tuple[int, int] | None = None
    oldest: tuple[int, int] = (6, 2)
    loses_timers: bool = False


X86: Final = ("qemu-system-x86_64", "qemu-system-x86")
ARM: Final = ("qemu-system-aarch64", "qemu-system-arm")
MACHINE_MODELS: Final = {
    "q35": MachineModel("x86_64", *X86, console="ttyS0", cpu="Nehalem", memory=False),
    "virt": MachineModel("aarch64", *ARM, console="ttyAMA0", cpu="cortex-a72"),
    # QEMU has the I2C controllers since 9.0.
    "raspi3b": MachineModel(
        "aarch64",
        *ARM,
        console="ttyS1",
        line="ttyAMA0",
        fixed=(4, 1024),
        oldest=(9, 0),
        loses_timers=True,
    ),
}
