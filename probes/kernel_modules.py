"""Kernel modules: the running kernel's tree, one module, and whether loading is allowed at all.

Of the module the state and the file are looked at. Nothing is loaded unless params["load"] and the
risk "disrupt" are given; that part is in module_load.py.
"""

from __future__ import annotations

import os
import struct
from typing import Any, Callable

from . import calls

TREES = "/lib/modules"
INDEXES = ("modules.dep", "modules.builtin", "modules.alias")
INDEX_LIMIT = 8 << 20
TREE_LIMIT = 16
MAGIC = (
    (b"\xfd7zXZ", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"\x1f\x8b", "gz"),
    (b"\x7fELF", "none"),
)
# finit_module(2) has no function in the C library. Numbers by processor, for 64-bit and 32-bit
# processes.
X86, ARM = (313, 350), (273, 379)
OTHERS = {"riscv64": 273, "loongarch64": 273, "ppc64le": 353, "s390x": 344}


def finit_module_number(machine: str, pointer_size: int) -> int | None:
    """The system call's number; None for a processor that is not in the list."""
    narrow = pointer_size == 4
    if machine == "x86_64" or (machine.startswith("i") and machine.endswith("86")):
        return X86[narrow]
    if machine.startswith(("aarch64", "arm")):
        return ARM[narrow]
    return OTHERS.get(machine)


def make_finit_module() -> Callable[[int, int], None] | None:
    """finit_module(2) of a descriptor and flags, without module parameters; it raises its errno."""
    import ctypes

    number = finit_module_number(os.uname().machine, struct.calcsize("P"))
    if number is None:
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def finit_module(fd: int, flags: int) -> None:
        if libc.syscall(ctypes.c_long(number), ctypes.c_long(fd), b"", ctypes.c_long(flags)) != 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))

    return finit_module


def kernel_name(name: str) -> str:
    """The name as the kernel has it: "i2c-dev" and ".../i2c-dev.ko.xz" are i2c_dev."""
    return name.rsplit("/", 1)[-1].split(".ko", 1)[0].replace("-", "_")


def loaded_names() -> list[str]:
    """The modules that are loaded, the newest first."""
    return [
        line.split(" ", 1)[0]
        for line in (calls.read_text("/proc/modules", 1 << 20) or "").splitlines()
    ]


def index_lines(tree: str, name: str) -> list[str]:
    """The lines of one of the tree's index files; none when it is missing."""
    return (calls.read_text(tree + "/" + name, INDEX_LIMIT) or "").splitlines()


def find_file(tree: str, name: str) -> tuple[str, list[str]]:
    """A module's file and the files that it needs, as modules.dep names them.

    "" when it is not there.
    """
    for line in index_lines(tree, "modules.dep"):
        path, _, needs = line.partition(":")
        if kernel_name(path) == name:
            return path, needs.split()
    return "", []


def resolve_alias(tree: str, name: str) -> str:
    """The module behind an alias, "" when modules.alias does not know it.

    For "char-major-89-0" that is i2c_dev.
    """
    from fnmatch import fnmatchcase

    for line in index_lines(tree, "modules.alias"):
        words = line.split()
        if (
            len(words) == 3
            and words[0] == "alias"
            and fnmatchcase(name, words[1].replace("-", "_"))
        ):
            return kernel_name(words[2])
    return ""


def compression_of(path: str) -> str:
    """How a module's file is compressed, by its first bytes: "none", "xz", "zst", "gz".

    "" when it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(8)
    except OSError:
        return ""
    return next((word for magic, word in MAGIC if start.startswith(magic)), "unknown")


def module_facts(tree: str, asked: str) -> dict[str, Any]:
    """What the tree, /proc/modules and /sys/module say of one module."""
    name = kernel_name(asked)
    path, needs = find_file(tree, name)
    built_in = {kernel_name(line) for line in index_lines(tree, "modules.builtin")}
    if not path and name not in built_in:
        other = resolve_alias(tree, name)
        if other:
            name = other
            path, needs = find_file(tree, name)
    return {
        "name": name,
        "loaded": name in loaded_names(),
        "in_sysfs": os.path.isdir("/sys/module/" + name),
        "built_in": name in built_in,
        "file": path,
        "needs": needs,
        "compression": compression_of(os.path.join(tree, path)) if path else "",
    }


def find_program(name: str) -> str:
    """Where a program of the image is, "" when it has none."""
    folders = os.environ.get("PATH", "").split(":")
    for folder in dict.fromkeys([*folders, "/usr/sbin", "/usr/bin", "/sbin", "/bin"]):
        path = os.path.join(folder, name)
        if folder and os.access(path, os.X_OK):
            return path
    return ""


def output_of(*command: str) -> str:
    """What a program prints, in one line.

    OSError when it fails. os.posix_spawn, for subprocess is slow to import.
    """
    reader, writer = os.pipe()
    copies = [(os.POSIX_SPAWN_DUP2, writer, 1), (os.POSIX_SPAWN_DUP2, writer, 2)]
    child = os.posix_spawn(command[0], command, os.environ, file_actions=copies)
    os.close(writer)
    with open(reader, "rb") as file:
        text = " ".join(file.read(4096).decode("utf-8", "replace").split())
    status = os.waitpid(child, 0)[1]
    if status:
        raise OSError(text or f"{command[0]} ended with status {status}")
    return text


def ask_permission(record: calls.Record) -> None:
    """finit_module of no file: the kernel asks for the right before it looks at the descriptor.

    EPERM: not allowed. EBADF: it would be allowed. ENOSYS: a kernel without modules, or a seccomp
    profile that says so.
    """
    finit_module = make_finit_module()
    if finit_module is not None:
        record.call("finit_module", '-1, "", 0', lambda: finit_module(-1, 0))


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """Look; with a target also at that module; load it only when asked to and allowed to."""
    release = os.uname().release
    tree = f"{TREES}/{release}"
    trees = sorted(os.listdir(TREES)) if os.path.isdir(TREES) else []
    record.facts.update(
        release=release,
        trees=trees[:TREE_LIMIT],
        has_tree=os.path.isdir(tree),
        indexes=[name for name in INDEXES if os.path.exists(f"{tree}/{name}")],
        mount=calls.mount_of(os.path.realpath(TREES)),
        has_modules=os.path.exists("/proc/modules"),
        modules_disabled=calls.read_text("/proc/sys/kernel/modules_disabled") == "1",
    )
    ask_permission(record)
    if not target:
        return
    module = record.facts["module"] = module_facts(tree, target)
    modprobe = record.facts["modprobe"] = find_program("modprobe")
    if modprobe and module["compression"] in ("xz", "zst", "gz"):
        record.library("kmod", "modprobe --version", lambda: output_of(modprobe, "--version"))
    if params.get("load") and record.may("disrupt"):
        from . import module_load

        module_load.load_and_unload(record, tree, module, modprobe)
