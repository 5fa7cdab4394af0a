"""What every probe uses to make system calls and to write down what each one answered.

Standard library only, Python 3.9 syntax, no import of hwaccess: this runs alone inside a container.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import sys
from typing import Any, Callable

RISKS = ("look", "open", "read", "write", "disrupt")
OPEN_FLAGS = (
    "O_WRONLY",
    "O_RDWR",
    "O_CREAT",
    "O_EXCL",
    "O_NONBLOCK",
    "O_NOCTTY",
    "O_DIRECTORY",
    "O_SYNC",
    "O_PATH",
)
KINDS = (
    (stat.S_ISCHR, "char"),
    (stat.S_ISBLK, "block"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISREG, "file"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISFIFO, "fifo"),
)


def errno_name(number: int | None) -> str:
    """The kernel's name of an errno ("EPERM"), or the number as text when it has none."""
    return errno.errorcode.get(number or 0, str(number))


def show_flags(flags: int) -> str:
    """Flags of open(2) in words, as strace shows them."""
    names = [
        name
        for name in OPEN_FLAGS
        if flags & getattr(os, name) == getattr(os, name) and getattr(os, name)
    ]
    if not flags & (os.O_WRONLY | os.O_RDWR):
        names.insert(0, "O_RDONLY")
    return "|".join(names)


class Record:
    """What one probe did: its calls, its facts, and what the app's library said.

    `allowed` is the highest risk that this run may take; ask `may("read")` before any transfer.
    """

    def __init__(self, allowed: str, announce: Callable[[str], None]) -> None:
        self.allowed = allowed
        self.announce = announce
        self.calls: list[dict[str, Any]] = []
        self.facts: dict[str, Any] = {}
        self.libraries: list[dict[str, Any]] = []

    def may(self, risk: str) -> bool:
        """Whether this run may take that risk."""
        return RISKS.index(risk) <= RISKS.index(self.allowed)

    def call(
        self, name: str, args: str, function: Callable[[], Any], show: Callable[[Any], str] = str
    ) -> Any:
        """Make one system call and write down its answer; None when it failed.

        `errno` of the entry then says why. A function that returns None on success yields True.
        """
        self.announce(f"{name}({args})")
        entry: dict[str, Any] = {"call": name, "args": args, "errno": None, "value": ""}
        self.calls.append(entry)
        try:
            value = function()
        except OSError as error:
            entry["errno"] = errno_name(error.errno)
            return None
        entry["value"] = show(value) if value is not None else "0"
        return True if value is None else value

    def open(self, path: str, flags: int) -> int | None:
        """Open a path, always close-on-exec; the file descriptor or None."""
        args = f'"{path}", {show_flags(flags)}'
        answer: int | None = self.call("open", args, lambda: os.open(path, flags | os.O_CLOEXEC))
        return answer

    def ioctl(
        self, fd: int, name: str, number: int, argument: Any = 0, show: Callable[[Any], str] = str
    ) -> Any:
        """Make one ioctl with the request's name written down.

        What fcntl.ioctl returns, or None.
        """
        return self.call("ioctl", name, lambda: fcntl.ioctl(fd, number, argument), show)

    def access(self, path: str) -> bool:
        """Ask whether reading and writing is allowed.

        The kernel judges as for open(2), but leaves the driver alone.
        """
        return bool(
            self.call("access", f'"{path}", R_OK|W_OK', lambda: raw_access(path, os.R_OK | os.W_OK))
        )

    def library(self, library: str, text: str, function: Callable[[], str]) -> bool:
        """Try what the app would do.

        function imports the library itself and returns what it got as text.
        """
        self.announce(f"{library}: {text}")
        entry: dict[str, Any] = {
            "library": library,
            "version": "",
            "call": text,
            "ok": False,
            "text": "",
            "errno": None,
        }
        self.libraries.append(entry)
        try:
            entry["text"] = function()
            entry["ok"] = True
        except ModuleNotFoundError as error:
            entry["text"] = f"not installed: {error}"
        except OSError as error:
            entry["text"] = f"{type(error).__name__}: {error}"
            entry["errno"] = errno_name(error.errno) if error.errno else None
        except Exception as error:  # noqa: BLE001 -- whatever the library raises is the observation
            entry["text"] = f"{type(error).__name__}: {error}"
        entry["version"] = library_version(library)
        return bool(entry["ok"])


def library_version(library: str) -> str:
    """The version that an imported library names, "" when it is not imported or tells none."""
    return str(getattr(sys.modules.get(library), "__version__", ""))


def raw_access(path: str, mode: int) -> None:
    """Call access(2) and raise its errno.

    os.access() only says no, and old seccomp profiles refuse faccessat2.
    """
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.access(os.fsencode(path), mode) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), path)


def access_errno(path: str, mode: int) -> str:
    """The errno name of access(2), "" when it is granted."""
    try:
        raw_access(path, mode)
    except OSError as error:
        return errno_name(error.errno)
    return ""


def read_text(path: str, limit: int = 65536) -> str | None:
    """The text of a small file of /proc or /sys without its last newline and NUL bytes.

    None when it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return file.read(limit).decode("utf-8", "replace").rstrip("\n\0")
    except OSError:
        return None


def majors_of(devices: str | None) -> dict[str, list[tuple[int, str]]]:
    """The text of /proc/devices as (major, driver's name), in its order, for "char" and "block".

    A major stands there once for each range of minors: 4 is /dev/vc/0, tty and ttyS.
    """
    found: dict[str, list[tuple[int, str]]] = {"char": [], "block": []}
    section = found["char"]
    for line in (devices or "").splitlines():
        number, _, name = line.strip().partition(" ")
        if number.isdigit():
            section.append((int(number), name))
        elif line.startswith("Block"):
            section = found["block"]
    return found


def driver_of(kind: str, major: int, devices: str | None = None) -> str:
    """The names of the drivers that share a major, joined by ", "; "" when no driver owns it."""
    lines = majors_of(read_text("/proc/devices") if devices is None else devices)[kind]
    return ", ".join(dict.fromkeys(name for number, name in lines if number == major))


def unescape(text: str) -> str:
    r"""A field of mountinfo with its octal escapes (\040 for a space) undone."""
    for code, sign in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, sign)
    return text


def mount_of(path: str, mountinfo: str | None = None) -> dict[str, Any] | None:
    """The mount that holds a path (the last, deepest one in mountinfo), as a dictionary.

    None when there is none.
    """
    best: dict[str, Any] | None = None
    text = mountinfo if mountinfo is not None else read_text("/proc/self/mountinfo", 1 << 20) or ""
    for line in text.splitlines():
        left, _, right = line.partition(" - ")
        fields, tail = left.split(), right.split()
        if len(fields) < 6 or len(tail) < 2:
            continue
        point = unescape(fields[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and (best is None or len(point) >= len(best["point"])):
            best = {
                "point": point,
                "root": unescape(fields[3]),
                "fstype": tail[0],
                "source": unescape(tail[1]),
                "options": fields[5].split(","),
                "own": path == point,
            }
    return best


def kind_of(mode: int) -> str:
    """A word for the type bits of st_mode."""
    return next((word for test, word in KINDS if test(mode)), "other")


def stat_node(path: str) -> tuple[os.stat_result | None, str]:
    """stat(2) of a path, or None and why: "absent" or "hidden" (a parent may not be searched)."""
    try:
        return os.stat(path), ""
    except OSError as error:
        return None, "hidden" if error.errno in (errno.EACCES, errno.EPERM) else "absent"


def node_facts(path: str) -> dict[str, Any]:
    """What stat, access, mountinfo, /proc/devices and /sys/dev say of a path; it is not opened."""
    facts: dict[str, Any] = {
        "path": path,
        "link": os.path.realpath(path) if os.path.islink(path) else "",
    }
    facts["mount"] = mount_of(os.path.realpath(path))
    status, why_not = stat_node(path)
    if status is None:
        facts["kind"] = why_not
        return facts
    facts.update(
        kind=kind_of(status.st_mode),
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
    )
    facts["access"] = access_errno(path, os.R_OK | os.W_OK)
    facts["access_read"] = access_errno(path, os.R_OK)
    if facts["kind"] in ("char", "block"):
        major, minor = os.major(status.st_rdev), os.minor(status.st_rdev)
        entry = f"/sys/dev/{facts['kind']}/{major}:{minor}"
        facts.update(
            major=major,
            minor=minor,
            driver=driver_of(facts["kind"], major),
            in_sysfs=os.path.exists(entry),
        )
        for line in (read_text(entry + "/uevent") or "").splitlines():
            if line.startswith("DEVNAME="):
                facts["devname"] = line[len("DEVNAME=") :]
    return facts


def ask_node(record: Record, path: str) -> dict[str, Any]:
    """Look only: facts "node" and access(2). The facts."""
    facts = node_facts(path)
    record.facts["node"] = facts
    record.access(path)
    return facts


def open_asked(record: Record, path: str, flags: int = 0) -> int | None:
    """open(2) for reading and writing and, when that fails, for reading alone.

    The descriptor of the first or None.
    """
    fd = record.open(path, os.O_RDWR | flags)
    if fd is None:
        second = record.open(path, os.O_RDONLY | flags)
        if second is not None:
            os.close(second)
    return fd


def open_node(record: Record, path: str, flags: int = 0) -> int | None:
    """The ladder's questions about a device node, in the ladder's order; its descriptor or None.

    Facts "node", then access(2), open(2) for reading and writing and, when that fails, for reading
    alone: a device cgroup rule without `w` shows only so. The descriptor of the second open is
    closed, for no app would use it. flags (O_SYNC, ...) go into both.
    """
    ask_node(record, path)
    return open_asked(record, path, flags)
