"""What is said about fields and feature labels: the rules HW020 to HW049.

Their pages are those of `hwaccess explain`.
"""

from __future__ import annotations

from typing import Final

from hwaccess.model import Rule, rules_of

COLONS: Final = Rule("HW020", "a device name with colons in the short form")
PATH: Final = Rule("HW021", "a path that is not absolute")
PERMISSIONS: Final = Rule("HW022", "device permissions that are not r, w and m")
NO_NODE: Final = Rule("HW023", "a device that is no device node")
CGROUP_RULE: Final = Rule("HW024", "a device cgroup rule that the engine does not take")
CAPABILITY: Final = Rule("HW025", "a capability that does not exist")
SECURITY_OPT: Final = Rule("HW026", "a security option that is not understood")
NAMESPACE: Final = Rule("HW027", "a namespace mode that does not exist")
MOUNT_OPTION: Final = Rule("HW028", "a mount option that compose ignores")
FOREIGN_MOUNTS: Final = Rule("HW029", "mounts of a container that is not in the project")
LABEL_VALUE: Final = Rule("HW030", "a feature label whose value does not switch it on")
LABEL_OFF: Final = Rule("HW031", "a feature label that is switched off")
LABEL_UNKNOWN: Final = Rule("HW032", "a feature label that no supervisor reads")
LABEL_CONTRADICTION: Final = Rule(
    "HW033", "both spellings of a feature label, with different values"
)
DBUS_ADDRESS: Final = Rule("HW034", "the dbus label without the bus's address")
MODULES_RIGHT: Final = Rule("HW035", "the kernel-modules label without the right to load a module")
BALENA_FIELD: Final = Rule("HW036", "a field that a balena device does not apply")
BALENA_BIND: Final = Rule("HW037", "a bind mount that a balena device does not make as written")

RULES: Final = rules_of(vars())
