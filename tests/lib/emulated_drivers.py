"""Drivers that answer ioctls as Linux documents them.

Standard library only and Python 3.9: they also run beside the probes.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def fail(number: int) -> OSError:
    """An errno as the kernel gives it."""
    return OSError(number, os.strerror(number))


@dataclass
class Register:
    """A byte that takes `writes` writes, in the bits of `mask` only, and what goes wrong."""

    value: int
    mask: int = 0xFF
    writes: int = 1000
    step: int = 0  # what each read adds to it
    busy: int = 0  # transfers after a write that are not acknowledged
    refusal: int = 0  # errno of a write
    silent: int = 0  # such transfers to come
    taken: list[int] = field(default_factory=list)

    def read(self) -> int:
        """The byte, or nobody acknowledges."""
        self.answer()
        value = self.value
        self.value = value + self.step & 0xFF
        return value

    def write(self, value: int) -> None:
        """What happens to a byte that comes in."""
        self.answer()
        if self.refusal:
            raise fail(self.refusal)
        self.taken.append(value)
        if len(self.taken) <= self.writes:
            self.value = value & self.mask | self.value & ~self.mask
        self.silent = self.busy

    def answer(self) -> None:
        """Count the transfers that nobody acknowledges."""
        if self.silent:
            self.silent -= 1
            raise fail(errno.EREMOTEIO)


@dataclass
class I2cBus:
    """An adapter with devices by address: the byte that they answer, or an errno; some are taken.

    registers are by address and number. A request is bytes, as the probe makes it, or smbus2's
    structure.
    """

    functions: int = 0x0EFF0009
    devices: Mapping[int, int] = field(default_factory=dict)
    errors: Mapping[int, int] = field(default_factory=dict)
    owned: frozenset[int] = frozenset()
    registers: Mapping[tuple[int, int], Register] = field(default_factory=dict)
    address: int = 0

    def ioctl(self, number: int, argument: Any) -> Any:
        """linux/i2c-dev.h."""
        if number == 0x0705:
            return struct.pack("L", self.functions)
        if number == 0x0703:
            if argument in self.owned:
                raise fail(errno.EBUSY)
            self.address = argument
            return 0
        if number == 0x0720:
            direction, command, size, pointer = struct.unpack("BBIP", bytes(argument))
            if size == 2:
                return self.transfer(direction, command, pointer)
            assert (direction, size) == (1, 1), "only a byte may be read"
            if self.address not in self.devices:
                raise fail(self.errors.get(self.address, errno.EREMOTEIO))
            ctypes.memset(pointer, self.devices[self.address], 1)
            return argument
        raise fail(errno.ENOTTY)

    def transfer(self, direction: int, command: int, pointer: int) -> int:
        """SMBus "byte data": 1 reads, 0 writes."""
        register = self.registers.get((self.address, command))
        if register is None:
            raise fail(self.errors.get(self.address, errno.EREMOTEIO))
        if direction == 1:
            ctypes.memset(pointer, register.read(), 1)
        else:
            register.write(ctypes.string_at(pointer, 1)[0])
        return 0


@dataclass
class SpiDevice:
    """A device of spidev."""

    mode: int = 1
    bits: int = 8
    speed: int = 500_000

    def ioctl(self, number: int, argument: Any) -> Any:
        """linux/spi/spidev.h; whatever does not ask for settings is a transfer or a change."""
        del argument
        answers = {
            0x80016B01: struct.pack("B", self.mode),
            0x80016B03: struct.pack("B", self.bits),
            0x80046B04: struct.pack("I", self.speed),
        }
        assert number in answers, f"{number:#x} is more than a question"
        return answers[number]


@dataclass
class GpioChip:
    """A chip with lines by offset: (name, consumer).

    Version 1 is a kernel before 5.10; 0 knows no lines at all.
    """

    label: str = "pinctrl-bcm2711"
    count: int = 58
    lines: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    version: int = 2

    def ioctl(self, number: int, argument: Any) -> Any:
        """linux/gpio.h; a request for a line would be something else."""
        assert number in (0x8044B401, 0xC048B402, 0xC100B405), (
            f"{number:#x} is more than a question"
        )
        if number == 0x8044B401:
            return struct.pack("32s32sI", b"gpiochip0", self.label.encode(), self.count)
        if number == 0xC100B405 and self.version == 2:
            offset = struct.unpack_from("I", argument, 64)[0]
            name, consumer = self.line(offset)
            return struct.pack(
                "32s32sIIQ160s16s", name, consumer, offset, 0, 1 if consumer else 0, b"", b""
            )
        if number == 0xC048B402 and self.version == 1:
            offset = struct.unpack_from("I", argument)[0]
            name, consumer = self.line(offset)
            return struct.pack("II32s32s", offset, 1 if consumer else 0, name, consumer)
        raise fail(errno.EINVAL)

    def line(self, offset: int) -> tuple[bytes, bytes]:
        """Name and consumer."""
        assert offset < self.count
        name, consumer = self.lines.get(offset, ("", ""))
        return name.encode(), consumer.encode()
