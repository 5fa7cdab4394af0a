"""The causes that only this kind has."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

NOT_PRIVILEGED: Final = Rule("HW310", "the container is not privileged", Layer.CAPABILITY)
NOT_ROOT: Final = Rule(
    "HW311", "privileged gives no capability to a user other than root", Layer.CAPABILITY
)
OUTER_CAPABILITIES: Final = Rule(
    "HW312", "privileged, and still without some capabilities", Layer.CAPABILITY
)
OUTER_DEVICES: Final = Rule(
    "HW313", "privileged, and a device cgroup still refuses nodes", Layer.DEVICE_CGROUP
)
STILL_MASKED: Final = Rule(
    "HW314", "privileged, and paths of /proc or /sys are still masked or read-only", Layer.MOUNT
)
RULES: Final = rules_of(vars())
