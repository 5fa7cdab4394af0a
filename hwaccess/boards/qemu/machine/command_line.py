"""QEMU's command line for a board.

It is made of the recipe and the files that the board is put together from.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hwaccess.boards.qemu.machine.accelerators import KVM
from hwaccess.boards.qemu.machine.supervisor import LINE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hwaccess.boards.qemu.recipe.recipe import Recipe

CONSOLE: Final = "console.log"


@dataclass(frozen=True, slots=True)
class MachineSetup:
    """What a machine is put together from.

    snapshot: the memory to go on from, None for a cold start. files: for the first process; client:
    the folder of the keys to its engine. disk and tree: None where the machine has no disk, or
    makes its device tree itself.
    """

    recipe: Recipe
    accelerator: str
    kernel: Path
    initrd: Path
    files: Path
    client: Path
    disk: Path | None = None
    tree: Path | None = None
    snapshot: Path | None = None


def command_line(setup: MachineSetup, port: int) -> list[str]:
    """QEMU's command line. Paths without a folder are in the machine's own."""
    recipe = setup.recipe
    model = recipe.machine.model
    cpu = "host" if setup.accelerator == KVM else model.cpu
    # restrict: nothing in the board reaches this machine's network, or the world.
    network = f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:2376"
    return [
        model.program,
        *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
        *("-name", f"hwaccess-{recipe.name}"),
        *(
            "-machine",
            recipe.machine.type,
            "-accel",
            setup.accelerator,
            *(("-cpu", cpu) if cpu else ()),
        ),
        *("-smp", str(recipe.machine.cpus), "-m", str(recipe.machine.memory)),
        *("-netdev", network),
        *(from_memory(setup) if model.memory else from_disk(setup)),
        *(on_line() if model.line else on_virtio()),
        *("-chardev", f"socket,id=serial,path=serial.sock,server=on,wait=off,logfile={CONSOLE}"),
        *("-serial", "chardev:serial"),
        *("-qmp", "unix:qmp.sock,server=on,wait=off"),
        *(word for item in recipe.i2c if item.device for word in ("-device", item.words)),
        *(("-incoming", f"exec:cat {shlex.quote(str(setup.snapshot))}") if setup.snapshot else ()),
    ]


def from_disk(setup: MachineSetup) -> Iterator[str]:
    """Kernel, disk, and the files for the first process."""
    yield from ("-kernel", str(setup.kernel), "-initrd", str(setup.initrd))
    yield from (
        "-append",
        " ".join(
            ("root=/dev/vda rw init=/usr/sbin/hwaccess-init", *kernel_arguments(setup.recipe))
        ),
    )
    yield from ("-fw_cfg", f"name=opt/hwaccess/files,file={comma(setup.files)}")
    if setup.disk:
        yield from ("-drive", f"if=virtio,format=qcow2,cache=unsafe,file={comma(setup.disk)}")


def from_memory(setup: MachineSetup) -> Iterator[str]:
    """The kernel and what holds the root.

    Afterwards both are in the memory that a machine goes on from.
    """
    if setup.snapshot:
        return
    yield from ("-kernel", str(setup.kernel), "-initrd", str(setup.initrd))
    yield from ("-append", " ".join(("rdinit=/init", *kernel_arguments(setup.recipe))))
    if setup.tree:
        yield from ("-dtb", str(setup.tree))


def on_virtio() -> Iterator[str]:
    """The network, and chance, of a machine that has virtio."""
    yield from ("-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci")


def on_line() -> Iterator[str]:
    """The network without virtio: Ethernet frames over the first serial line.

    Not by usb-net: QEMU refuses to save a machine that has one, and ends when one in use is taken
    out. Both ends of the line are the supervisor's, which carries the bytes: QEMU stands still when
    is to read what it itself is writing.
    """
    yield from ("-chardev", f"socket,id=line,fd={LINE[0]}", "-serial", "chardev:line")
    yield from ("-netdev", f"stream,id=line,addr.type=fd,addr.str={LINE[1]}")
    for end in ("net", "line"):
        yield from ("-netdev", f"hubport,id=hub-{end},hubid=0,netdev={end}")


def kernel_arguments(recipe: Recipe) -> tuple[str, ...]:
    """The kernel's own. A panic ends QEMU: panic=-1 reboots, and -no-reboot makes that an end."""
    # With its speed: the mini UART of a Raspberry Pi has none by itself.
    fixed = (f"console={recipe.machine.model.console},115200", "net.ifnames=0", "panic=-1")
    # What guards one process from another's speculation is for real processors; it doubles the time
    # of emulation.
    return (*fixed, "quiet", "mitigations=off", f"lsm={','.join(recipe.lsm)}", *recipe.arguments)


def comma(path: Path) -> str:
    """A path inside one of QEMU's options."""
    return str(path).replace(",", ",,")
