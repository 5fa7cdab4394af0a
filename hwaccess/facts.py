"""What was observed, typed: the container's confinement, a device node, and the board itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FULL_ID_RANGE: Final = 4294967295  # what /proc/self/uid_map shows for the initial user namespace
OVERFLOW_ID: Final = 65534  # an id that has no mapping into this user namespace

# Bits of the capability sets, from linux/capability.h
CAPABILITIES: Final[Mapping[str, int]] = {
    "CHOWN": 0, "DAC_OVERRIDE": 1, "DAC_READ_SEARCH": 2, "FOWNER": 3, "FSETID": 4, "KILL": 5,
    "SETGID": 6, "SETUID": 7, "SETPCAP": 8, "LINUX_IMMUTABLE": 9, "NET_BIND_SERVICE": 10,
    "NET_BROADCAST": 11, "NET_ADMIN": 12, "NET_RAW": 13, "IPC_LOCK": 14, "IPC_OWNER": 15,
    "SYS_MODULE": 16, "SYS_RAWIO": 17, "SYS_CHROOT": 18, "SYS_PTRACE": 19, "SYS_PACCT": 20,
    "SYS_ADMIN": 21, "SYS_BOOT": 22, "SYS_NICE": 23, "SYS_RESOURCE": 24, "SYS_TIME": 25,
    "SYS_TTY_CONFIG": 26, "MKNOD": 27, "LEASE": 28, "AUDIT_WRITE": 29, "AUDIT_CONTROL": 30,
    "SETFCAP": 31, "MAC_OVERRIDE": 32, "MAC_ADMIN": 33, "SYSLOG": 34, "WAKE_ALARM": 35,
    "BLOCK_SUSPEND": 36, "AUDIT_READ": 37, "PERFMON": 38, "BPF": 39, "CHECKPOINT_RESTORE": 40,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class IdMap:
    """One line of uid_map or gid_map.

    `count` ids from `inside` are those from `outside` in the parent namespace.
    """

    inside: int
    outside: int
    count: int


@dataclass(frozen=True, slots=True)
class Confinement:
    """The agent's own confinement inside the service's container. Capability sets are bit masks."""

    uid: int
    euid: int
    gid: int
    egid: int
    groups: tuple[int, ...]
    effective: int
    permitted: int
    inheritable: int
    bounding: int
    ambient: int
    seccomp: int  # 0 off, 1 strict, 2 filter
    no_new_privileges: bool
    uid_map: tuple[IdMap, ...]
    gid_map: tuple[IdMap, ...]
    lsm_label: str  # "" when no LSM labels this task; e.g. "docker-default (enforce)"
    namespaces: tuple[tuple[str, str], ...]  # ("net", "net:[4026531840]")
    kernel: str
    arch: str
    # Device nodes under /dev that access(2) would let it read and write
    reachable_nodes: tuple[str, ...] = ()

    def has(self, capability: str) -> bool:
        """Whether the effective set holds CAPABILITY (without CAP_)."""
        return bool(self.effective >> CAPABILITIES[capability] & 1)

    def may_ever_have(self, capability: str) -> bool:
        """Whether the bounding set holds it: granted, though perhaps not to this user."""
        return bool(self.bounding >> CAPABILITIES[capability] & 1)

    @property
    def initial_user_namespace(self) -> bool:
        """Whether ids are those of the board (`0 0 4294967295`)."""
        return self.uid_map == (IdMap(0, 0, FULL_ID_RANGE),)


@dataclass(frozen=True, slots=True)
class MountFacts:
    """The mount that a path is on, from /proc/self/mountinfo.

    own: the path itself is a mount point.
    """

    point: str
    root: str
    fstype: str
    source: str
    options: tuple[str, ...]  # per-mount options, e.g. ("ro", "nosuid", "nodev")
    own: bool


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What stat(2) and friends say of a path.

    mode is the permission bits; major and minor are -1 when no node.
    kind: "char", "block", "directory", "file", "socket", "fifo", "absent", "hidden" (a parent
    cannot be searched). access is the errno name of access(R_OK|W_OK), "" when it is granted;
    access_read the same for R_OK alone. driver is what /proc/devices names for the major, all of
    them joined by ", " ("" when none); in_sysfs: /sys/dev/char/M:m exists.
    """

    path: str
    kind: str
    link: str = ""
    major: int = -1
    minor: int = -1
    mode: int = 0
    uid: int = -1
    gid: int = -1
    access: str = ""
    access_read: str = ""
    driver: str = ""
    in_sysfs: bool = False
    devname: str = ""  # DEVNAME of /sys/dev/char/M:m/uevent: the name the board's kernel gives it
    mount: MountFacts | None = None

    @property
    def is_node(self) -> bool:
        """Whether it is a character or block device."""
        return self.kind in ("char", "block")

    @property
    def number(self) -> str:
        """`major:minor`."""
        return f"{self.major}:{self.minor}"


@dataclass(frozen=True, slots=True)
class BoardNode:
    """A device node of the board's own /dev.

    group is the board's name for gid, "" when it has none.
    """

    path: str
    kind: str
    major: int
    minor: int
    mode: int
    uid: int
    gid: int
    group: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class I2cAdapter:
    """An I2C adapter the board's kernel knows; has_node: i2c-dev made /dev/i2c-NUMBER for it."""

    number: int
    name: str
    has_node: bool
    clients: tuple[str, ...] = ()  # "1-0048 tmp105": addresses a kernel driver knows


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """What was read on the board itself.

    complete is False when its /dev, /sys and /proc could not be read.
    paths: "file", "directory", "socket", "char", "block", "absent" for each path that was asked
    about. config: the kernel's build options that matter ("DEVMEM" -> "y"); empty when the kernel
    does not tell. network_namespace: the one that `network_mode: host` gives, "net:[4026531840]";
    "" when it cannot be told.
    """

    complete: bool
    read_by: str  # "directly", "board container" or "nothing"
    name: str
    engine: str  # "Docker 20.10.24"
    engine_os: str
    kernel: str
    arch: str
    cgroup: int
    # Of the engine: "seccomp", "apparmor", "userns", "rootless", ...
    security_options: tuple[str, ...] = ()
    lsm: tuple[str, ...] = ()
    lockdown: str = ""  # "none", "integrity", "confidentiality"; "" when the kernel has no lockdown
    model: str = ""
    nodes: tuple[BoardNode, ...] = ()
    char_majors: tuple[tuple[int, str], ...] = ()
    block_majors: tuple[tuple[int, str], ...] = ()
    i2c: tuple[I2cAdapter, ...] = ()
    spi: tuple[str, ...] = ()  # "spi0.0 spidev": device and its driver ("" when none is bound)
    gpio_chips: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    has_modules: bool = True  # the kernel was built with CONFIG_MODULES
    modules_disabled: bool = False
    module_trees: tuple[str, ...] = ()  # versions under /lib/modules
    firmware_path: str = ""  # /sys/module/firmware_class/parameters/path
    config: tuple[tuple[str, str], ...] = ()
    groups: tuple[tuple[str, int], ...] = ()
    paths: tuple[tuple[str, str], ...] = ()
    daemon_user_namespace: bool = False  # userns-remap or rootless
    interfaces: tuple[tuple[str, str], ...] = ()  # the board's own: name and hardware address
    network_namespace: str = ""

    @property
    def balena(self) -> bool:
        """Whether a balena supervisor is at home there: balenaEngine or balenaOS."""
        return "balena" in f"{self.engine} {self.engine_os}".lower()

    def node(self, path: str) -> BoardNode | None:
        """The board's node at that path, or None."""
        return next((node for node in self.nodes if node.path == path), None)

    def path_kind(self, path: str) -> str | None:
        """What is at a path that was asked about.

        None when it was not asked or the board was not read.
        """
        return dict(self.paths).get(path)

    def driver(self, kind: str, major: int) -> str:
        """The drivers that share a major in the board's /proc/devices, joined by ", ".

        "" when none has it.
        """
        majors = self.char_majors if kind == "char" else self.block_majors
        return ", ".join(dict.fromkeys(name for number, name in majors if number == major))

    def config_value(self, option: str) -> str | None:
        """The value of CONFIG_<option>.

        "n" when the kernel tells its config and it is not set; None when unknown.
        """
        return dict(self.config).get(option, "n") if self.config else None
