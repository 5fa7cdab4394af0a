"""QEMU's command line: what a machine is given, and what it is kept from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hwaccess.boards.qemu.machine import accelerators, supervisor
from hwaccess.boards.qemu.machine.command_line import MachineSetup, command_line
from hwaccess.boards.qemu.recipe.loading import load
from hwaccess.boards.qemu.recipe.recipe import I2cDevice

PC = load("pc")
HERE = Path("/x")
SETUP = MachineSetup(
    PC,
    accelerators.TCG,
    HERE / "vmlinuz",
    HERE / "initrd",
    HERE / "a,b.tar",
    HERE / "client",
    HERE / "disk.qcow2",
)


def test_qemu_is_on_loopback_alone_and_cut_off_from_any_network() -> None:
    words = " ".join(command_line(SETUP, 4711))
    assert "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:4711-:2376" in words
    assert "-incoming" not in words
    assert "file=/x/a,,b.tar" in words
    assert words.count("hostfwd") == 1


def test_qemu_is_given_its_devices_and_the_memory_to_go_on_from() -> None:
    sensor = I2cDevice("i2c-bus.1", 0x48, "tmp105")
    words = command_line(
        replace(SETUP, recipe=replace(PC, i2c=(*PC.i2c, sensor)), snapshot=Path("/x/my ram")), 1
    )
    assert words[words.index("-device", words.index("-qmp")) + 1] == (
        "tmp105,id=i2c-bus.1-0x48,bus=i2c-bus.1,address=0x48"
    )
    assert words[-2:] == ["-incoming", "exec:cat '/x/my ram'"]


def test_without_virtio_the_network_is_on_a_serial_line_and_only_memory_is_needed() -> None:
    pi = replace(SETUP, recipe=load("rpi3b"), disk=None, tree=Path("/x/board.dtb"))
    words = " ".join(command_line(pi, 4711))
    assert (
        "-machine raspi3b -accel tcg,thread=multi -smp 4 -m 1024 -netdev user,id=net,restrict=on"
        in words
    )
    assert f"socket,id=line,fd={supervisor.LINE[0]} -serial chardev:line" in words
    assert f"stream,id=line,addr.type=fd,addr.str={supervisor.LINE[1]}" in words
    assert "-kernel /x/vmlinuz -initrd /x/initrd -append rdinit=/init" in words
    assert "-dtb /x/board.dtb" in words
    assert "at24c-eeprom,id=i2c-bus.1-0x50,bus=i2c-bus.1,address=0x50,rom-size=256" in words
    assert "virtio" not in words

    resumed = command_line(replace(pi, snapshot=Path("/x/ram")), 4711)
    assert not {"-kernel", "-initrd", "-dtb", "-append"} & {*resumed}


def test_the_kernel_is_told_its_security_modules_and_ends_when_it_panics() -> None:
    def arguments(name: str) -> list[str]:
        words = command_line(replace(SETUP, recipe=load(name)), 1)
        return words[words.index("-append") + 1].split()

    assert {"lsm=lockdown,yama,landlock", "panic=-1"} <= {*arguments("pc")}
    assert "lsm=lockdown,yama,landlock,apparmor" in arguments("pc-apparmor")


def test_an_arm_machine_has_virtio_and_its_root_in_memory() -> None:
    words = " ".join(command_line(replace(SETUP, recipe=load("virt"), disk=None), 1))
    assert "-machine virt -accel tcg,thread=multi -cpu cortex-a72" in words
    assert "virtio-net-pci,netdev=net" in words
    assert "rdinit=/init console=ttyAMA0,115200" in words
    assert not [word for word in ("-dtb", "-drive", "fw_cfg") if word in words]
