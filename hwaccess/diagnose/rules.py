"""The causes that every kind of device shares, HW100 to HW199.

`hwaccess explain` prints the page of each.
"""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

MISSING_ON_BOARD: Final = Rule("HW100", "the board has no such node", Layer.BOARD)
NOT_MAPPED: Final = Rule(
    "HW101", "the board has the node, the container was not given it", Layer.ENGINE
)
NOT_THERE: Final = Rule(
    "HW102", "the node is not in the container, and the board could not be read", Layer.ENGINE
)
DANGLING_LINK: Final = Rule(
    "HW103", "the path is a link to something that the container does not have", Layer.MOUNT
)
DIRECTORY: Final = Rule("HW104", "a directory stands where the node should be", Layer.MOUNT)
NOT_A_NODE: Final = Rule("HW105", "the path is no device node", Layer.MOUNT)
HIDDEN: Final = Rule(
    "HW106", "a directory on the way to the node may not be searched", Layer.PERMISSION
)
NODEV: Final = Rule("HW110", "the node is on a mount with nodev", Layer.MOUNT)
READ_ONLY: Final = Rule("HW111", "the file is on a read-only mount", Layer.MOUNT)
PERMISSION: Final = Rule(
    "HW120", "the node's owner, group and mode do not let this user in", Layer.PERMISSION
)
UNMAPPED_IDS: Final = Rule(
    "HW121",
    "the node belongs to ids that do not exist in this user namespace",
    Layer.USER_NAMESPACE,
)
NO_DAC_OVERRIDE: Final = Rule(
    "HW122", "root without DAC_OVERRIDE is judged by mode like anybody else", Layer.PERMISSION
)
PRIVILEGED_USER: Final = Rule(
    "HW123", "privileged gives nothing to a user other than root", Layer.PERMISSION
)
OTHER_GID: Final = Rule(
    "HW124", "the group's name has another number in the image", Layer.PERMISSION
)
BIND_MOUNT: Final = Rule(
    "HW130", "the node was bind-mounted: no device cgroup rule lets it pass", Layer.DEVICE_CGROUP
)
READ_ONLY_RULE: Final = Rule("HW131", "the device cgroup allows reading only", Layer.DEVICE_CGROUP)
NO_RULE: Final = Rule("HW132", "no device cgroup rule allows this node", Layer.DEVICE_CGROUP)
OTHER_MAJOR: Final = Rule(
    "HW133", "device_cgroup_rules allow another number than this node has", Layer.DEVICE_CGROUP
)
RULE_NOT_IN_FORCE: Final = Rule(
    "HW134", "the compose file allows it, the device cgroup does not", Layer.DEVICE_CGROUP
)
CAPABILITY: Final = Rule("HW140", "the capability was not granted", Layer.CAPABILITY)
CAPABILITY_USER: Final = Rule(
    "HW141", "the capability is granted, but a user other than root never gets it", Layer.CAPABILITY
)
CAPABILITY_NAMESPACE: Final = Rule(
    "HW142",
    "the capability counts only inside the container's user namespace",
    Layer.USER_NAMESPACE,
)
CAPABILITY_OUTER: Final = Rule(
    "HW143",
    "the compose file grants the capability, the container did not get it",
    Layer.CAPABILITY,
)
DRIVER_REFUSES: Final = Rule("HW144", "the driver refuses this process", Layer.CAPABILITY)
LSM: Final = Rule("HW150", "a security module (AppArmor, SELinux) forbids it", Layer.LSM)
SECCOMP: Final = Rule("HW151", "the seccomp profile forbids the system call", Layer.SECCOMP)
NO_DRIVER: Final = Rule("HW160", "no driver owns the node's number", Layer.BOARD)
GONE: Final = Rule("HW161", "the driver is there, the device is not", Layer.BOARD)
BUSY: Final = Rule("HW170", "somebody else holds the device", Layer.BUSY)
LOCKDOWN: Final = Rule("HW180", "kernel lockdown forbids it", Layer.LOCKDOWN)
UNEXPLAINED: Final = Rule("HW199", "the evidence fits no known cause")

RULES: Final = rules_of(vars())
