"""The class of a device node, what opening it would do, and opening it as far as this run may."""

from __future__ import annotations

import os
import re
from typing import Any, NamedTuple

from . import calls

# Classes as /sys calls them (the end of the link "subsystem"), and what open(2) followed by
# close(2) does.
NOTHING_HAPPENS = frozenset(
    {"mem", "i2c-dev", "spidev", "gpio", "video4linux", "media", "dma_heap", "tpmrm"}
)
HARM = {
    "watchdog": ("disrupt", "opening it arms a timer that restarts the board"),
    "tpm": ("disrupt", "it has one owner at a time: others fail meanwhile"),
    "rtc": ("disrupt", "it has one owner at a time: others fail meanwhile"),
    "sound": ("disrupt", "a sound device has one owner at a time: others fail meanwhile"),
    "tty": ("write", "opening it raises DTR and RTS, which resets some devices"),
    "block": ("write", "closing it after opening it for writing makes the board read it again"),
    "cpu_dma_latency": ("write", "while it is open the processor does not sleep"),
    "input": ("read", "opening it starts the device"),
}
UNKNOWN = ("disrupt", "what opening this class of device does is not known")
# Drivers as /proc/devices calls them, for containers without /sys.
CLASS_OF_DRIVER = {"i2c": "i2c-dev", "spi": "spidev", "gpiochip": "gpio", "alsa": "sound"}
# Where one class or major has devices of both sorts, the kernel's own name for the device decides.
HARM_BY_NAME = (
    (re.compile(r"watchdog\d*"), "watchdog"),
    (re.compile(r"tpm\d+"), "tpm"),
    (re.compile(r"cpu_dma_latency"), "cpu_dma_latency"),
)
# They do nothing until their first ioctl. dri/card* is not among them: its first opener becomes its
# master.
NOTHING_BY_NAME = re.compile(r"fuse|kvm|net/tun|vhost-net|loop-control|dri/renderD\d+")


class Opening(NamedTuple):
    """The class of a device, the risk of opening it, and why.

    The class is "" when no driver is behind the node, and the reason is "" for no risk.
    """

    device_class: str
    risk: str
    why: str

    @property
    def harmful(self) -> bool:
        """Whether opening it is known to do something."""
        return bool(self.why) and self.why != UNKNOWN[1]


def class_of(node: dict[str, Any]) -> str:
    """The class of a node, by its facts; "" when no driver owns it."""
    if node["kind"] == "block":
        return "block"
    if not node["driver"] and not node["in_sysfs"]:
        return ""
    name = node.get("devname", "")
    for pattern, known in HARM_BY_NAME:
        if pattern.fullmatch(name):
            return known
    try:
        found = os.path.basename(
            os.readlink(f"/sys/dev/char/{node['major']}:{node['minor']}/subsystem")
        )
    except OSError:
        found = node["driver"]
    names = found.split(", ")  # drivers share a major: "/dev/vc/0, tty, ttyS"
    tty = any(name.startswith("tty") for name in names)
    return "tty" if tty else CLASS_OF_DRIVER.get(names[0], names[0])


def opening(node: dict[str, Any]) -> Opening:
    """What opening the node would do. Without a driver behind it nothing is opened."""
    device_class = class_of(node)
    quiet = device_class in NOTHING_HAPPENS or NOTHING_BY_NAME.fullmatch(node.get("devname", ""))
    if quiet or not device_class:
        return Opening(device_class, "open", "")
    return Opening(device_class, *HARM.get(device_class, UNKNOWN))


def is_node(facts: dict[str, Any]) -> bool:
    """Whether it is a character or block device."""
    return facts["kind"] in ("char", "block")


def open_unless_harmful(record: calls.Record, path: str) -> int | None:
    """For a kind that knows its class: open the node unless another device is behind the name.

    Unknown classes are opened: an emulated device (CUSE) is in a class of its own.
    """
    node = calls.ask_node(record, path)
    if is_node(node):
        found = opening(node)
        record.facts["class"] = found.device_class
        if found.harmful:
            record.facts["not_opened"] = found.why
            return None
    return calls.open_asked(record, path)
