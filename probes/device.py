"""Any device node: asked with access(2), opened if that does nothing or this run may do more."""

from __future__ import annotations

import os
from typing import Any

from . import calls, node_class


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """Ask about the node at `target`.

    params: "open" (the compose file says that an unknown class may be opened).
    """
    node = calls.ask_node(record, target)
    if node["kind"] in (
        "absent",
        "hidden",
        "directory",
    ):  # no driver is behind it, and the errno is the evidence
        calls.open_asked(record, target)
    if not node_class.is_node(node):
        return
    found = node_class.opening(node)
    risk = "open" if params.get("open") and not found.harmful else found.risk
    record.facts.update({"class": found.device_class, "opening_risk": risk})
    if not record.may(risk):
        record.facts["not_opened"] = found.why
        return
    fd = calls.open_asked(record, target, os.O_NONBLOCK | os.O_NOCTTY)
    if fd is not None:
        close(record, fd, found.device_class)


def close(record: calls.Record, fd: int, device_class: str) -> None:
    """Let go of the device.

    A watchdog first hears the letter that lets it be closed without a restart.
    """
    if device_class == "watchdog":
        record.call("write", '"V"', lambda: os.write(fd, b"V"))
    os.close(fd)
