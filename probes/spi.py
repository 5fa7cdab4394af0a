"""A SPI device: its mode, word size and speed as the driver has them.

Never a transfer: that is always a write.
"""

from __future__ import annotations

import os
import re
import struct
from typing import TYPE_CHECKING, Any, Callable

from . import node_class

if TYPE_CHECKING:
    from . import calls

# linux/spi/spidev.h; the numbers are those of every architecture that has _IOC_READ = 2 (all but
# MIPS, PowerPC, SPARC)
SPI_IOC_RD_MODE = 0x80016B01
SPI_IOC_RD_BITS_PER_WORD = 0x80016B03
SPI_IOC_RD_MAX_SPEED_HZ = 0x80046B04
QUESTIONS = (
    ("mode", "SPI_IOC_RD_MODE", SPI_IOC_RD_MODE, "B"),
    ("bits_per_word", "SPI_IOC_RD_BITS_PER_WORD", SPI_IOC_RD_BITS_PER_WORD, "B"),
    ("max_speed_hz", "SPI_IOC_RD_MAX_SPEED_HZ", SPI_IOC_RD_MAX_SPEED_HZ, "I"),
)


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """Ask the device at `target` how it is set up, then open it with spidev, which asks it too."""
    del params
    fd = node_class.open_unless_harmful(record, target)
    if fd is None:
        return
    for fact, name, number, layout in QUESTIONS:
        data = record.ioctl(fd, name, number, bytes(struct.calcsize(layout)), shown(layout))
        if data is None:
            break
        record.facts[fact] = struct.unpack(layout, data)[0]
    os.close(fd)
    numbers = re.fullmatch(r"/dev/spidev(\d+)\.(\d+)", target)
    if numbers and "mode" in record.facts:
        bus, device = int(numbers.group(1)), int(numbers.group(2))
        record.library("spidev", f"SpiDev().open({bus}, {device})", lambda: use_spidev(bus, device))


def shown(layout: str) -> Callable[[bytes], str]:
    """How an answer of that layout is written down."""
    return lambda data: str(struct.unpack(layout, data)[0])


def use_spidev(bus: int, device: int) -> str:
    """What an app gets."""
    import spidev

    port = spidev.SpiDev()
    port.open(bus, device)
    text = f"mode {port.mode}, {port.max_speed_hz} Hz"
    port.close()
    return text
