"""The causes that only this kind has."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

PORT_SECCOMP: Final = Rule(
    "HW250", "SYS_RAWIO is in effect, and the seccomp profile forbids ioperm", Layer.SECCOMP
)
PORT_LOCKDOWN: Final = Rule(
    "HW251", "SYS_RAWIO is in effect, and kernel lockdown forbids I/O ports", Layer.LOCKDOWN
)
RULES: Final = rules_of(vars())
