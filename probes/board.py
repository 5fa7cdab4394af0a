"""What the board itself has, read from its own file system: `/`, or `/host` in a container.

It only looks.
"""

from __future__ import annotations

import os
import stat
from typing import Any

from . import calls

NODE_LIMIT = 4096
LINK_LIMIT = 40  # as the kernel's own limit for one path
# Not hardware: other file systems that live under /dev.
SKIPPED = frozenset({"pts", "shm", "mqueue", "hugepages"})
# Every option that a judge asks for; `BoardFacts.config_value` answers for these alone.
CONFIG_OPTIONS = (
    "MODULES", "MODULE_SIG", "MODULE_SIG_FORCE", "MODULE_COMPRESS", "MODULE_COMPRESS_GZIP",
    "MODULE_COMPRESS_XZ", "MODULE_COMPRESS_ZSTD", "MODULE_DECOMPRESS", "MODVERSIONS", "FW_LOADER",
    "FW_LOADER_COMPRESS", "FW_LOADER_USER_HELPER", "DEVMEM", "DEVPORT", "DEVKMEM", "STRICT_DEVMEM",
    "IO_STRICT_DEVMEM", "X86_IOPL_IOPERM", "SECCOMP", "SECCOMP_FILTER", "USER_NS", "NET_NS",
    "CGROUP_DEVICE", "CGROUP_BPF", "SECURITY_APPARMOR", "SECURITY_SELINUX", "SECURITY_LOCKDOWN_LSM",
    "SECURITY_YAMA", "I2C", "I2C_CHARDEV", "I2C_BCM2835", "SPI", "SPI_SPIDEV", "GPIOLIB",
    "GPIO_CDEV", "GPIO_CDEV_V1", "GPIO_SYSFS", "BCM2835_DEVGPIOMEM", "CAN", "CAN_RAW", "CAN_VCAN",
    "WATCHDOG", "USB", "TCG_TPM", "DRM", "IKCONFIG_PROC",
)  # fmt: skip


def names_in(folder: str) -> list[str]:
    """The names in a folder in order; none when it cannot be read."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def resolve(root: str, path: str) -> str:
    """The board's own path with links followed: absolute ones start at its root, not at ours."""
    waiting = [part for part in reversed(path.split("/")) if part]
    done: list[str] = []
    links = 0
    while waiting:
        part = waiting.pop()
        if part in (".", ".."):
            del done[-1 if part == ".." else len(done) :]
            continue
        done.append(part)
        try:
            target = os.readlink(root + "/" + "/".join(done))
        except OSError:  # no link, or nothing there
            continue
        links += 1
        if links > LINK_LIMIT:
            break
        done = [] if target.startswith("/") else done[:-1]
        waiting.extend(part for part in reversed(target.split("/")) if part)
    return "/" + "/".join(done)


def path_kind(root: str, path: str) -> str:
    """What is at a path of the board; "absent" also for a link that leads nowhere or to itself."""
    try:
        mode = os.lstat(root + resolve(root, path)).st_mode
    except OSError:
        return "absent"
    return "absent" if stat.S_ISLNK(mode) else calls.kind_of(mode)


def read_node(root: str, path: str) -> dict[str, Any] | None:
    """One entry of /dev, a link with the node that it leads to.

    None when that is no device node.
    """
    real = path
    try:
        status = os.lstat(root + path)
        if stat.S_ISLNK(status.st_mode):
            if os.readlink(root + path).startswith(
                "/proc/"
            ):  # /dev/stdin is whatever the reader's own is
                return None
            real = resolve(root, path)
            status = os.lstat(root + real)
    except OSError:  # gone since it was listed, or a link that leads nowhere
        return None
    kind = calls.kind_of(status.st_mode)
    if kind not in ("char", "block"):
        return None
    return {
        "path": path,
        "kind": kind,
        "major": os.major(status.st_rdev),
        "minor": os.minor(status.st_rdev),
        "mode": stat.S_IMODE(status.st_mode),
        "uid": status.st_uid,
        "gid": status.st_gid,
        "link": real if real != path else "",
    }


def read_nodes(root: str) -> list[dict[str, Any]]:
    """The device nodes under the board's /dev, and the links to them; no more than NODE_LIMIT."""
    found: list[dict[str, Any]] = []
    for folder, folders, names in os.walk(root + "/dev"):
        inside = folder[len(root) :]
        if inside == "/dev":
            folders[:] = [name for name in folders if name not in SKIPPED]
        folders.sort()
        for name in sorted(names):
            node = read_node(root, inside + "/" + name)
            if node:
                found.append(node)
        if len(found) >= NODE_LIMIT:
            break
    return found[:NODE_LIMIT]


def read_groups(root: str) -> list[dict[str, Any]]:
    """The board's groups by name and number."""
    found = []
    for line in (calls.read_text(root + resolve(root, "/etc/group"), 1 << 20) or "").splitlines():
        fields = line.split(":")
        if len(fields) >= 3 and fields[2].isdigit():
            found.append({"name": fields[0], "gid": int(fields[2])})
    return found


def read_majors(root: str) -> dict[str, list[dict[str, Any]]]:
    """/proc/devices: the drivers' names by major, for "char" and "block".

    A major may stand there several times.
    """
    majors = calls.majors_of(calls.read_text(root + "/proc/devices"))
    return {
        kind: [{"major": number, "driver": name} for number, name in lines]
        for kind, lines in majors.items()
    }


def read_i2c(root: str) -> list[dict[str, Any]]:
    """The I2C adapters, each with the clients that the kernel knows and whether it has a node."""
    base = root + "/sys/bus/i2c/devices/"
    entries = names_in(base)
    adapters = []
    for entry in entries:
        number = entry[len("i2c-") :]
        if not (entry.startswith("i2c-") and number.isdigit()):
            continue
        clients = [name for name in entries if name.startswith(number + "-")]
        adapters.append(
            {
                "number": int(number),
                "name": calls.read_text(base + entry + "/name") or "",
                "has_node": path_kind(root, "/dev/" + entry) == "char",
                "clients": [
                    f"{name} {calls.read_text(base + name + '/name') or ''}".rstrip()
                    for name in clients
                ],
            }
        )
    return sorted(adapters, key=lambda adapter: int(str(adapter["number"])))


def read_spi(root: str) -> list[str]:
    """The SPI devices, each with the driver that is bound to it."""
    base = root + "/sys/bus/spi/devices/"
    return [
        f"{name} {os.path.basename(os.path.realpath(base + name + '/driver'))}"
        if os.path.islink(base + name + "/driver")
        else name
        for name in names_in(base)
    ]


def read_interfaces(root: str) -> list[dict[str, str]]:
    """The network interfaces, with their hardware addresses.

    They are those of the namespace that the board's /sys was mounted in.
    """
    base = root + "/sys/class/net/"
    found = ((name, calls.read_text(base + name + "/address")) for name in names_in(base))
    return [{"name": name, "address": address} for name, address in found if address is not None]


def read_network_namespace(root: str) -> str:
    """The network namespace that `network_mode: host` gives, "" when it cannot be told.

    The engine pins its own under /run/docker when it first gives it to a container. At `/` ours is
    the board's; at `/host` only the link of process 1 is left, and reading that takes
    CAP_SYS_PTRACE.
    """
    try:
        pinned = os.stat(root + "/run/docker/netns/default")
        if (
            pinned.st_dev == os.stat("/proc/self/ns/net").st_dev
        ):  # else the empty file that is pinned over
            return f"net:[{pinned.st_ino}]"
    except OSError:
        pass
    try:
        return os.readlink(root + f"/proc/{1 if root else 'self'}/ns/net")
    except OSError:
        return ""


def read_lsm(root: str) -> list[str]:
    """The security modules that are on.

    Where securityfs is not mounted, the two that show themselves elsewhere.
    """
    text = calls.read_text(root + "/sys/kernel/security/lsm")
    if text is not None:
        return [name for name in text.split(",") if name]
    found = (
        ["apparmor"]
        if calls.read_text(root + "/sys/module/apparmor/parameters/enabled") == "Y"
        else []
    )
    return found + (["selinux"] if os.path.exists(root + "/sys/fs/selinux/enforce") else [])


def read_lockdown(root: str) -> str:
    """The level in brackets of `[none] integrity confidentiality`, "" without a lockdown."""
    text = calls.read_text(root + "/sys/kernel/security/lockdown") or ""
    return text.partition("[")[2].partition("]")[0]


def read_config_text(root: str, release: str) -> str:
    """The kernel's configuration, "" where the kernel does not tell it."""
    try:
        with open(root + "/proc/config.gz", "rb") as file:
            data = file.read()
        import zlib

        return zlib.decompress(data, 47).decode(
            "utf-8", "replace"
        )  # 47: any size of window, gzip header
    except (OSError, ImportError):  # an interpreter may be built without zlib
        pass
    for path in (f"/boot/config-{release}", f"/lib/modules/{release}/config"):
        text = calls.read_text(root + resolve(root, path), 1 << 20)
        if text:
            return text
    return ""


def read_config(root: str, release: str) -> dict[str, str]:
    """CONFIG_OPTIONS with their values ("n" when not set); empty where the kernel does not tell."""
    text = "\n" + read_config_text(root, release)
    if len(text) == 1:
        return {}
    found = {}
    for option in CONFIG_OPTIONS:
        _, mark, rest = text.partition(f"\nCONFIG_{option}=")
        found[option] = rest[:80].partition("\n")[0].strip('"') if mark else "n"
    return found


def read_model(root: str) -> str:
    """The board's name for itself: the device tree's model, else the firmware's (DMI), else ""."""
    model: str | None = calls.read_text(root + "/sys/firmware/devicetree/base/model")
    if model:
        return model
    words = (
        calls.read_text(f"{root}/sys/class/dmi/id/{name}")
        for name in ("sys_vendor", "product_name")
    )
    return " ".join(word.strip() for word in words if word and word.strip())


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """Read it all. params: "root" (where the board's / is) and "paths" (whose kind is asked)."""
    del target
    root = str(params.get("root", "/")).rstrip("/")
    modules = calls.read_text(root + "/proc/modules", 1 << 20)
    release = os.uname().release
    majors = read_majors(root)
    record.facts.update(
        kernel=release,
        nodes=read_nodes(root),
        groups=read_groups(root),
        char_majors=majors["char"],
        block_majors=majors["block"],
        i2c=read_i2c(root),
        spi=read_spi(root),
        gpio_chips=[
            name for name in names_in(root + "/sys/bus/gpio/devices") if name.startswith("gpiochip")
        ],
        modules=[line.split(" ", 1)[0] for line in (modules or "").splitlines()],
        has_modules=modules is not None,
        modules_disabled=calls.read_text(root + "/proc/sys/kernel/modules_disabled") == "1",
        module_trees=names_in(root + resolve(root, "/lib/modules")),
        firmware_path=(
            calls.read_text(root + "/sys/module/firmware_class/parameters/path") or ""
        ).strip(),
        lsm=read_lsm(root),
        lockdown=read_lockdown(root),
        config=read_config(root, release),
        model=read_model(root),
        interfaces=read_interfaces(root),
        network_namespace=read_network_namespace(root),
        paths={path: path_kind(root, path) for path in params.get("paths", [])},
    )
