"""How this process is confined: credentials, capability sets, seccomp, namespaces, LSM label.

Look only.
"""

from __future__ import annotations

import os
import stat
from typing import Any

from . import calls

# Every container has these; reaching them says nothing.
ORDINARY = frozenset(
    {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "console", "pts", "shm", "mqueue"}
)
NODE_LIMIT = 256
# The root, then what an engine makes read-only, then what it masks; a kernel need not have each of
# them.
LOCKED = (
    "/",
    "/sys",
    "/proc/sys",
    "/proc/sysrq-trigger",
    "/sys/firmware",
    "/proc/acpi",
    "/proc/kcore",
    "/proc/scsi",
)
SETS = {
    "CapInh": "inheritable",
    "CapPrm": "permitted",
    "CapEff": "effective",
    "CapBnd": "bounding",
    "CapAmb": "ambient",
}


def status_fields() -> dict[str, str]:
    """/proc/self/status as a dictionary of texts."""
    lines = (calls.read_text("/proc/self/status") or "").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def id_map(which: str) -> list[list[int]]:
    """/proc/self/uid_map or gid_map: [inside, outside, count] a line."""
    lines = (calls.read_text(f"/proc/self/{which}_map") or "").splitlines()
    return [[int(word) for word in line.split()] for line in lines]


def namespaces() -> dict[str, str]:
    """The namespaces of this process, "net" -> "net:[4026531840]"."""
    found = {}
    for name in ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts"):
        try:
            found[name] = os.readlink("/proc/self/ns/" + name)
        except OSError:
            found[name] = ""
    return found


def reachable_nodes() -> list[str]:
    """Device nodes in /dev that access(2) lets this process read and write: asked, not opened."""
    found: list[str] = []
    for folder, folders, names in os.walk("/dev"):
        folders[:] = sorted(
            name for name in folders if os.path.join(folder, name) not in ("/dev/pts", "/dev/shm")
        )
        for name in sorted(names):
            path = os.path.join(folder, name)
            if is_ungranted_candidate(path) and not calls.access_errno(path, os.R_OK | os.W_OK):
                found.append(path)
            if len(found) >= NODE_LIMIT:
                return found
    return found


def is_ungranted_candidate(path: str) -> bool:
    """Whether it is a device node (no link) that not every container has."""
    if path.startswith("/dev/") and path[len("/dev/") :] in ORDINARY:
        return False
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISBLK(mode)


def lsm_label() -> str:
    """The label of the LSM that confines this task, "" when there is none."""
    for path in ("/proc/self/attr/apparmor/current", "/proc/self/attr/current"):
        label: str | None = calls.read_text(path)
        if label:
            return label
    return ""


def describe() -> dict[str, Any]:
    """The confinement as the answer carries it.

    Capability sets are hexadecimal texts, as the kernel prints them.
    """
    fields = status_fields()
    facts: dict[str, Any] = {word: fields.get(name, "0") for name, word in SETS.items()}
    facts.update(
        uid=os.getuid(),
        euid=os.geteuid(),
        gid=os.getgid(),
        egid=os.getegid(),
        groups=sorted(os.getgroups()),
        seccomp=int(fields.get("Seccomp", "0")),
        no_new_privileges=fields.get("NoNewPrivs", "0") == "1",
        uid_map=id_map("uid"),
        gid_map=id_map("gid"),
        lsm_label=lsm_label(),
        namespaces=namespaces(),
        kernel=os.uname().release,
        arch=os.uname().machine,
        reachable_nodes=reachable_nodes(),
    )
    return facts


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """The check `confinement`: the root, and the paths that an engine masks or makes read-only."""
    del target, params
    record.facts["mounts"] = {path: calls.mount_of(path) for path in LOCKED if os.path.exists(path)}
    record.facts["hostname"] = os.uname().nodename
