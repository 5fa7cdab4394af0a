"""Drivers that answer ioctls as Linux documents them. Standard library only: they also run beside the probes (3.9)."""

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
class I2cBus:
    """An adapter with devices by address (the byte that they answer, or an errno), some owned by kernel drivers."""

    functions: int = 0x0EFF0009
    devices: Mapping[int, int] = field(default_factory=dict)
    errors: Mapping[int, int] = field(default_factory=dict)
    owned: frozenset[int] = frozenset()
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
            direction, _, size, pointer = struct.unpack("BBIP", argument)
            assert (direction, size) == (1, 1), "only a byte may be read"
            if self.address not in self.devices:
                raise fail(self.errors.get(self.address, errno.EREMOTEIO))
            ctypes.memset(pointer, self.devices[self.address], 1)
            return argument
        raise fail(errno.ENOTTY)


@dataclass
class SpiDevice:
    """A device of spidev."""

    mode: int = 1
    bits: int = 8
    speed: int = 500_000

    def ioctl(self, number: int, argument: Any) -> Any:
        """linux/spi/spidev.h; anything that is not a question about settings is a transfer or a change."""
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
    """A chip with lines by offset: (name, consumer). version 1 is a kernel before 5.10, 0 knows no lines at all."""

    label: str = "pinctrl-bcm2711"
    count: int = 58
    lines: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    version: int = 2

    def ioctl(self, number: int, argument: Any) -> Any:
        """linux/gpio.h; a request for a line would be something else."""
        assert number in (0x8044B401, 0xC048B402, 0xC100B405), f"{number:#x} is more than a question"
        if number == 0x8044B401:
            return struct.pack("32s32sI", b"gpiochip0", self.label.encode(), self.count)
        if number == 0xC100B405 and self.version == 2:
            offset = struct.unpack_from("I", argument, 64)[0]
            name, consumer = self.line(offset)
            return struct.pack("32s32sIIQ160s16s", name, consumer, offset, 0, 1 if consumer else 0, b"", b"")
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
