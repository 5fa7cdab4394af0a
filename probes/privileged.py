"""What `privileged` gives besides capabilities.

There is no device cgroup, /proc and /sys are writable, and nothing is masked.
"""

from __future__ import annotations

import os
from typing import Any

from . import calls

PATHS = ("/proc/sys", "/sys", "/proc/kcore", "/sys/firmware", "/proc/acpi")
DEVICES = "/sys/fs/cgroup/devices"
NODE_LIMIT = 4096


def device_rules() -> list[str]:
    """The lines of this container's own devices.list (cgroup v1); empty where no file shows them.

    With a bind of the board's /sys the list there is the root's own, which says nothing about this
    container.
    """
    mount = calls.mount_of(DEVICES + "/devices.list")
    if mount is None or mount["point"] != DEVICES or mount["root"] == "/":
        return []
    return (calls.read_text(DEVICES + "/devices.list") or "").splitlines()


def refused_nodes() -> tuple[int, list[str]]:
    """How many nodes /dev has, and which of them the device cgroup refuses.

    Asked with access(2), not opened.
    """
    count, refused = 0, []
    for folder, folders, names in os.walk("/dev"):
        folders[:] = sorted(name for name in folders if name not in ("pts", "shm", "mqueue"))
        for name in sorted(names):
            path = os.path.join(folder, name)
            try:
                kind = calls.kind_of(os.lstat(path).st_mode)
            except OSError:
                continue
            if kind not in ("char", "block") or count >= NODE_LIMIT:
                continue
            count += 1
            if calls.access_errno(path, os.R_OK) == "EPERM":
                refused.append(path)
    return count, refused


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """The parts that a privileged container has and another one has not."""
    del target, params
    count, refused = refused_nodes()
    record.facts.update(
        nodes=count,
        refused=refused[:16],
        device_rules=device_rules(),
        mounts={path: calls.mount_of(path) for path in PATHS if os.path.exists(path)},
    )
