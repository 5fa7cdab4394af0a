"""A GPIO chip: its name, its lines and who uses them, asked without requesting a line.

/dev/gpiomem is only opened.
"""

from __future__ import annotations

import fcntl
import functools
import os
import re
import struct
from typing import Any, Callable

from . import calls, node_class

# linux/gpio.h; the numbers are those of every architecture that has _IOC_READ = 2 (all but MIPS,
# PowerPC, SPARC)
GPIO_GET_CHIPINFO = 0x8044B401
GPIO_GET_LINEINFO = 0xC048B402  # version 1, for kernels before 5.10
GPIO_V2_GET_LINEINFO = 0xC100B405
CHIP = "32s32sI"  # struct gpiochip_info: name, label, lines
LINE = "II32s32s"  # struct gpioline_info: offset, flags, name, consumer
# struct gpio_v2_line_info: name, consumer, offset, num_attrs, flags, attrs, padding
LINE_V2 = "32s32sIIQ160s16s"
USED = 1  # the lowest flag of both versions
LINE_LIMIT = 4096  # no chip has more; it bounds a driver that tells nonsense
MODEL = "/sys/firmware/devicetree/base/model"  # where /proc/device-tree leads to
PIN_FACTORY = "GPIOZERO_PIN_FACTORY"
FIRST_FACTORY = (
    "lgpio"  # what gpiozero tries first; naming it keeps the others from being tried unseen
)


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """Ask the chip at `target`.

    params: "gpiozero" (the app uses it, so its view of the board is asked in any case).
    """
    fd = node_class.open_unless_harmful(record, target)
    is_chip = fd is not None and not is_gpiomem(target) and read_chip(record, fd)
    if fd is not None:
        os.close(fd)
    if is_chip or params.get("gpiozero"):
        record.facts["model"] = calls.read_text(MODEL) or ""
        record.facts["firmware"] = calls.mount_of("/sys/firmware")
        record.library("gpiozero", "get_pi_revision()", find_board)
        record.library("gpiozero", f"{PIN_FACTORY}={pin_factory()}", make_factory)


def is_gpiomem(target: str) -> bool:
    """Whether it is the memory of the GPIO registers: no chip, and nothing to ask."""
    return re.search(r"/gpiomem\d*$", target) is not None


def text(data: bytes) -> str:
    """A name in a fixed field of a structure."""
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")


def read_chip(record: calls.Record, fd: int) -> bool:
    """Facts "chip" and "lines"; False when the node is no chip."""
    data = record.ioctl(
        fd, "GPIO_GET_CHIPINFO_IOCTL", GPIO_GET_CHIPINFO, bytes(struct.calcsize(CHIP)), show_chip
    )
    if data is None:
        return False
    name, label, count = struct.unpack(CHIP, data)
    record.facts["chip"] = {"name": text(name), "label": text(label), "lines": count}
    read_lines(record, fd, min(count, LINE_LIMIT))
    return True


def show_chip(data: bytes) -> str:
    """A chip in one line."""
    name, label, count = struct.unpack(CHIP, data)
    return f"{text(name)} [{text(label)}] {count} lines"


def read_lines(record: calls.Record, fd: int, count: int) -> None:
    """Facts "lines": those that have a name or are used.

    Kernels before 5.10 know only the older question.
    """
    if not count:
        record.facts["lines"] = []
        return
    for name, ask in (
        ("GPIO_V2_GET_LINEINFO_IOCTL", line_v2),
        ("GPIO_GET_LINEINFO_IOCTL", line_v1),
    ):
        ask_all = functools.partial(ask_lines, ask, fd, count)
        lines = record.call("ioctl", f"{name}, 0-{count - 1}", ask_all, show_lines)
        if lines is not None:
            record.facts["lines"] = [line for line in lines if line["name"] or line["used"]]
            return


def ask_lines(
    ask: Callable[[int, int], dict[str, Any]], fd: int, count: int
) -> list[dict[str, Any]]:
    """Every line from 0 on."""
    return [ask(fd, offset) for offset in range(count)]


def show_lines(lines: list[dict[str, Any]]) -> str:
    """Lines in one line."""
    return f"{len(lines)} lines, {sum(line['used'] for line in lines)} used"


def line_v2(fd: int, offset: int) -> dict[str, Any]:
    """What the kernel says of a line."""
    data = fcntl.ioctl(
        fd, GPIO_V2_GET_LINEINFO, struct.pack(LINE_V2, b"", b"", offset, 0, 0, b"", b"")
    )
    name, consumer, _, _, flags, _, _ = struct.unpack(LINE_V2, data)
    return describe_line(offset, flags, name, consumer)


def line_v1(fd: int, offset: int) -> dict[str, Any]:
    """One line of a chip, by the first version of the interface (GPIO_GET_LINEINFO_IOCTL)."""
    _, flags, name, consumer = struct.unpack(
        LINE, fcntl.ioctl(fd, GPIO_GET_LINEINFO, struct.pack(LINE, offset, 0, b"", b""))
    )
    return describe_line(offset, flags, name, consumer)


def describe_line(offset: int, flags: int, name: bytes, consumer: bytes) -> dict[str, Any]:
    """A line as the fact "lines" has it."""
    return {
        "offset": offset,
        "name": text(name),
        "consumer": text(consumer),
        "used": bool(flags & USED),
    }


def find_board() -> str:
    """How gpiozero tells which Raspberry Pi it is on; every pin of it needs that."""
    from gpiozero.pins.local import get_pi_revision

    return f"revision {get_pi_revision():x}"


def pin_factory() -> str:
    """The one that the service names, else the one that gpiozero tries first."""
    return os.environ.get(PIN_FACTORY) or FIRST_FACTORY


def make_factory() -> str:
    """What an app gets before its first pin. Making a factory requests no line."""
    os.environ[PIN_FACTORY] = pin_factory()
    from gpiozero import Device

    Device.ensure_pin_factory()
    made = type(Device.pin_factory).__name__
    Device.pin_factory.close()
    return made
