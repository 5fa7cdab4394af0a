"""What a compose file gives, as typed grants.

Each grant has its place; services and a project hold them. All is produced by `hwaccess.compose`,
and read by everything to its right. Nothing here does I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.words import Finding, Place, Risk


def inside(path: str, folder: str) -> bool:
    """Whether an absolute path is `folder` or lies below it.

    Nothing is inside "", which is no path.
    """
    return bool(path and folder) and f"{path}/".startswith(folder.rstrip("/") + "/")


def moved(path: str, source: str, target: str) -> str:
    """Where a path at or below `source` is when `source` is put at `target`."""
    rest = path.rstrip("/")[len(source.rstrip("/")) :]
    return target.rstrip("/") + rest if rest else target


class NamespaceKind(StrEnum):
    """A namespace that a service can set, named by its compose field."""

    NETWORK = "network_mode"
    PID = "pid"
    IPC = "ipc"
    UTS = "uts"
    CGROUP = "cgroup"
    USER = "userns_mode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One line of a service.

    `field` is the compose field, `text` the value as written, `place` where.
    `label` is the feature label key that this grant was expanded from, or None when written
    directly.
    """

    field: str
    text: str
    place: Place
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGrant(Grant):
    """`devices`: a node, or a directory of nodes, of the board put into the container.

    permissions is a subset of "rwm". A CDI name ("vendor.com/class=name") has cdi=True and no paths
    (both "").
    """

    host: str
    container: str
    permissions: str = "rwm"
    cdi: bool = False

    def covers(self, path: str) -> bool:
        """Whether the line puts something at a path of the container; a CDI name does not tell."""
        return not self.cdi and inside(path, self.container)


@dataclass(frozen=True, slots=True, kw_only=True)
class CgroupRuleGrant(Grant):
    """`device_cgroup_rules`: type is "a", "b" or "c"; major and minor are None for `*`."""

    type: Literal["a", "b", "c"]
    major: int | None
    minor: int | None
    permissions: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CapabilityGrant(Grant):
    """`cap_add` or `cap_drop`: `name` is upper case without CAP_ (or "ALL")."""

    name: str
    add: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupGrant(Grant):
    """`group_add`: a group name (looked up in the image) or a number as text."""

    group: str

    @property
    def gid(self) -> int | None:
        """The number, or None when it is a name."""
        return (
            int(self.group)
            if self.group.isascii() and self.group.isdigit() and len(self.group) <= 10
            else None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NamespaceGrant(Grant):
    """`network_mode`, `pid`, `ipc`, `uts`, `cgroup` or `userns_mode`.

    Its value is as compose gives it.
    """

    kind: NamespaceKind
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityOptGrant(Grant):
    """One line of `security_opt`.

    option is "seccomp", "apparmor", "label", "no-new-privileges", "systempaths", ...
    value is "" for an option without one. For a seccomp profile file, `profile` is its JSON text.
    """

    option: str
    value: str
    profile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MountGrant(Grant):
    """One line of `volumes` or `tmpfs`.

    source is a host path (bind), a volume name ("" when anonymous), or "" (tmpfs).
    source_skipped_when_missing: the label rule that a bind whose host path is absent is silently
    not made. create_host_path: short syntax makes an empty directory on the board when the source
    is missing.
    """

    type: Literal["bind", "volume", "tmpfs", "npipe", "cluster", "image"]
    source: str
    target: str
    read_only: bool = False
    propagation: str = ""
    options: tuple[str, ...] = ()
    create_host_path: bool = True
    source_skipped_when_missing: bool = False

    def covers(self, path: str) -> bool:
        """Whether a path of the container is on this mount, at its target or below."""
        return inside(path, self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class SysctlGrant(Grant):
    """`sysctls`: one kernel parameter of a namespace."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentGrant(Grant):
    """One variable of `environment` or `env_file`.

    value is None when the variable is passed through and not set here.
    """

    name: str
    value: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelGrant(Grant):
    """`labels`: key and value as written (value "" when the list form has none)."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRequestGrant(Grant):
    """`gpus`, `deploy.resources.reservations.devices` or the gpu label: count -1 means all."""

    driver: str
    count: int
    device_ids: tuple[str, ...]
    capabilities: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueGrant(Grant):
    """A field that is one value.

    `user`, `privileged`, `read_only`, `init`, `runtime`, `cgroup_parent`, `image`, ...
    value is the text as compose gives it; booleans are "true" or "false".
    """

    value: str

    @property
    def on(self) -> bool:
        """Whether a boolean field is true."""
        return self.value == "true"


@dataclass(frozen=True, slots=True)
class Build:
    """`build`: where the image would come from.

    Paths are absolute; dockerfile_inline only says that there is one.
    """

    context: str
    dockerfile: str
    target: str
    place: Place
    inline: bool = False
    privileged: bool = False


@dataclass(frozen=True, slots=True)
class ExpectedAccess:
    """One line of `x-hwaccess` `reach` or `deny`: an access, its target, and parameters.

    target is "" for the kind's own. params are the kind's own words as (name, value) pairs, such as
    ("addresses", (0x48, 0x68)) for i2c.
    """

    access: str
    target: str
    reach: bool
    place: Place
    params: tuple[tuple[str, object], ...] = ()
    layer: str | None = None  # deny only: the layer that must stop it


@dataclass(frozen=True, slots=True)
class Expectations:
    """A service's `x-hwaccess` block: what must be reached, what not, and the highest risk."""

    accesses: tuple[ExpectedAccess, ...] = ()
    allow: Risk | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """One service, with every grant as compose gives it.

    Feature labels are already expanded (see `compose.grants.labels`).
    """

    name: str
    place: Place
    devices: tuple[DeviceGrant, ...] = ()
    cgroup_rules: tuple[CgroupRuleGrant, ...] = ()
    capabilities: tuple[CapabilityGrant, ...] = ()
    groups: tuple[GroupGrant, ...] = ()
    namespaces: tuple[NamespaceGrant, ...] = ()
    security_opts: tuple[SecurityOptGrant, ...] = ()
    mounts: tuple[MountGrant, ...] = ()
    sysctls: tuple[SysctlGrant, ...] = ()
    environment: tuple[EnvironmentGrant, ...] = ()
    labels: tuple[LabelGrant, ...] = ()
    device_requests: tuple[DeviceRequestGrant, ...] = ()
    values: tuple[ValueGrant, ...] = ()
    build: Build | None = None
    # Feature names switched on by labels, e.g. "dbus", "kernel-modules"
    features: tuple[str, ...] = ()
    expectations: Expectations = field(default_factory=Expectations)

    def value(self, name: str) -> ValueGrant | None:
        """The single-value grant of that field, or None."""
        return next((grant for grant in self.values if grant.field == name), None)

    @property
    def privileged(self) -> bool:
        """Whether `privileged: true` is set."""
        grant = self.value("privileged")
        return grant is not None and grant.on

    @property
    def user(self) -> str:
        """`user` as written, "" when the image decides."""
        grant = self.value("user")
        return grant.value if grant else ""

    @property
    def image(self) -> str:
        """`image` as written, "" when it is built."""
        grant = self.value("image")
        return grant.value if grant else ""

    def namespace(self, kind: NamespaceKind) -> NamespaceGrant | None:
        """The namespace grant of that kind, or None when the engine's default applies."""
        return next((grant for grant in self.namespaces if grant.kind == kind), None)

    def feature_labels(self, feature: str) -> tuple[LabelGrant, ...]:
        """The labels of either family that switched a feature on.

        None when it is off, or on by the image alone.
        """
        if feature not in self.features:
            return ()
        keys = ((label, label.name.replace("resin", "balena")) for label in self.labels)
        return tuple(label for label, key in keys if key.endswith(f".features.{feature}"))

    def device(self, path: str) -> DeviceGrant | None:
        """The first `devices` line that maps a path of the container, or its directory."""
        return next((grant for grant in self.devices if grant.covers(path)), None)

    def bind(self, path: str) -> MountGrant | None:
        """The first bind mount that a path of the container is on."""
        return next((m for m in self.mounts if m.type == "bind" and m.covers(path)), None)

    def host_path(self, path: str) -> str:
        """The board's path behind a path of the container, as far as the service says.

        Else the path itself. Lines under `devices` are asked before bind mounts; in each, the first
        that covers the path.
        """
        device, bind = self.device(path), self.bind(path)
        if device is not None:
            return moved(path, device.container, device.host)
        return moved(path, bind.target, bind.source) if bind is not None else path

    def adds_capability(self, name: str) -> CapabilityGrant | None:
        """The `cap_add` that gives NAME (directly or by ALL), or None.

        `privileged` is not looked at.
        """
        return next(
            (cap for cap in self.capabilities if cap.add and cap.name in (name, "ALL")), None
        )

    @property
    def grants(self) -> Iterator[Grant]:
        """Every grant, in the order of the fields above."""
        yield from (
            *self.devices,
            *self.cgroup_rules,
            *self.capabilities,
            *self.groups,
            *self.namespaces,
        )
        yield from (
            *self.security_opts,
            *self.mounts,
            *self.sysctls,
            *self.environment,
            *self.labels,
        )
        yield from (*self.device_requests, *self.values)


@dataclass(frozen=True, slots=True)
class NamedVolume:
    """A top-level volume.

    driver_opts of a `local` volume can bind a host path (type none, o bind, device PATH).
    """

    name: str
    driver: str
    driver_opts: tuple[tuple[str, str], ...]
    external: bool
    real_name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Project:
    """A loaded project: active services, findings of the loader, and where it came from.

    The services are those that are left when profiles are applied.
    root is the whole model before typing, for `render`, which keeps the fields that no grant
    covers.
    """

    name: str
    directory: str
    files: tuple[str, ...]
    services: tuple[Service, ...]
    volumes: tuple[NamedVolume, ...] = ()
    findings: tuple[Finding, ...] = ()
    single_container: bool = False
    root: object = field(default=None, repr=False, compare=False)

    def service(self, name: str) -> Service | None:
        """The service of that name, or None."""
        return next((service for service in self.services if service.name == name), None)
