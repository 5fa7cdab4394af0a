"""The causes for which an engine makes or starts no container, HW050 to HW069.

`hwaccess explain` prints the page of each.
"""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

MISSING_NODE: Final = Rule(
    "HW050",
    "a device of the service is missing on the board, so its container does not start",
    Layer.BOARD,
)
NOT_A_NODE: Final = Rule("HW051", "a path under devices is no device node", Layer.ENGINE)
UNKNOWN_GROUP: Final = Rule("HW052", "a group is named that the image does not know", Layer.ENGINE)
UNKNOWN_USER: Final = Rule("HW053", "a user is named that the image does not know", Layer.ENGINE)
USER_NAMESPACE: Final = Rule(
    "HW054",
    "the engine gives containers a user namespace, "
    "and the service asks for what does not go with one",
    Layer.USER_NAMESPACE,
)
UNKNOWN_RUNTIME: Final = Rule("HW055", "the engine has no runtime of that name", Layer.ENGINE)
NO_DEVICE_DRIVER: Final = Rule("HW056", "the engine cannot give a GPU", Layer.ENGINE)
UNKNOWN_CDI: Final = Rule("HW057", "the engine cannot resolve a CDI device name", Layer.ENGINE)
MISSING_SOURCE: Final = Rule("HW058", "a bind mount's path is missing on the board", Layer.BOARD)
MOUNT_FAILED: Final = Rule("HW059", "a mount of the service cannot be made", Layer.MOUNT)
UNKNOWN_CAPABILITY: Final = Rule(
    "HW060", "the engine knows no capability of that name", Layer.CAPABILITY
)
CAPABILITY_NOT_HELD: Final = Rule(
    "HW061", "the engine itself does not hold a capability that the service adds", Layer.CAPABILITY
)
SECCOMP_PROFILE: Final = Rule("HW062", "the seccomp profile cannot be applied", Layer.SECCOMP)
LSM_PROFILE: Final = Rule(
    "HW063", "the AppArmor profile or SELinux label cannot be applied", Layer.LSM
)
INVALID_VALUE: Final = Rule(
    "HW064", "the engine does not take a value of the service", Layer.ENGINE
)
SYSCTL: Final = Rule("HW065", "a kernel parameter cannot be set for the container", Layer.ENGINE)
CGROUP: Final = Rule("HW066", "the runtime cannot set up the container's cgroup", Layer.ENGINE)
NAMESPACE: Final = Rule("HW067", "the service's namespaces cannot be set up as asked", Layer.ENGINE)
CANNOT_EXECUTE: Final = Rule("HW068", "the agent cannot be started in the container")
OTHER_REFUSAL: Final = Rule(
    "HW069", "the engine refuses the container for a reason that hwaccess does not know"
)

RULES: Final = rules_of(vars())
