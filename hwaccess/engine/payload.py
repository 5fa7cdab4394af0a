"""A service's grants as the body of the engine's create request.

They go there unchanged, and what cannot be is told. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hwaccess.engine.inside import ROOT
from hwaccess.engine.mounts import plan_mounts
from hwaccess.grants import NamespaceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.engine.base import ServiceRun
    from hwaccess.grants import (
        CgroupRuleGrant,
        DeviceGrant,
        DeviceRequestGrant,
        SecurityOptGrant,
        Service,
    )

# Read by the loader before the agent's first instruction: a library of the service's image cannot
# load into ours.
LOADER_VARIABLES: Final = ("LD_PRELOAD", "LD_AUDIT")
NAMESPACE_FIELDS: Final = {
    NamespaceKind.PID: "PidMode",
    NamespaceKind.IPC: "IpcMode",
    NamespaceKind.UTS: "UTSMode",
    NamespaceKind.CGROUP: "CgroupnsMode",
    NamespaceKind.USER: "UsernsMode",
}
CGROUP_NAMESPACE_API: Final = (1, 41)
REQUEST_LIMIT: Final = 100 * 1024  # bytes; the kernel takes 131,071 in one argument


@dataclass(frozen=True, slots=True)
class Start:
    """How the agent is started. volume holds the runtime unless the image has it.

    Existing are the board's volumes.
    """

    image: str
    entrypoint: tuple[str, ...]
    request: str
    labels: Mapping[str, str]
    volume: str | None = None
    existing: frozenset[str] = frozenset()
    environment: Mapping[str, str] = field(default_factory=dict)
    api: tuple[int, ...] = CGROUP_NAMESPACE_API

    @property
    def through_stdin(self) -> bool:
        """Whether the request is too long for an argument."""
        return len(self.request.encode()) > REQUEST_LIMIT


def common(start: Start) -> dict[str, object]:
    """What every container of ours has."""
    return {
        "Image": start.image,
        "Entrypoint": list(start.entrypoint),
        "Cmd": ["-" if start.through_stdin else start.request],
        "Labels": dict(start.labels),
        "Healthcheck": {"Test": ["NONE"]},
        "Tty": False,
        "OpenStdin": start.through_stdin,
        "StdinOnce": start.through_stdin,
        "AttachStdin": start.through_stdin,
        "AttachStdout": True,
        "AttachStderr": True,
    }


def service_body(run: ServiceRun, start: Start) -> tuple[dict[str, object], tuple[str, ...]]:
    """The create request of a service's container, and what is told about it.

    There is a line for each thing that is not as in the compose file.
    """
    host, substitutions = host_config(run, start)
    body = common(start)
    body["Env"] = list(environment(run, start.environment))
    body["HostConfig"] = host
    for name, key in (("user", "User"), ("hostname", "Hostname"), ("working_dir", "WorkingDir")):
        grant = run.service.value(name)
        if grant is not None:
            body[key] = grant.value
    return body, substitutions


def environment(run: ServiceRun, ours: Mapping[str, str]) -> Iterator[str]:
    """The environment as lines of NAME=VALUE.

    A bare NAME takes the variable out of the image's own environment, as it does for compose.
    """
    values = {
        grant.name: ours.get(grant.name) if grant.value is None else grant.value
        for grant in run.service.environment
    }
    values |= dict.fromkeys(LOADER_VARIABLES)
    for name, value in values.items():
        yield name if value is None else f"{name}={value}"


def host_config(run: ServiceRun, start: Start) -> tuple[dict[str, object], tuple[str, ...]]:
    """HostConfig: everything that decides what the container can reach."""
    service = run.service
    mounts = plan_mounts(run, start.existing)
    network, told = network_mode(service)
    host: dict[str, object] = {
        "AutoRemove": True,
        "LogConfig": {"Type": "none"},
        "RestartPolicy": {"Name": "no"},
        "Privileged": service.privileged,
        "Devices": [device(grant) for grant in service.devices if not grant.cdi],
        "DeviceCgroupRules": [cgroup_rule(grant) for grant in service.cgroup_rules],
        "DeviceRequests": list(device_requests(service)),
        "CapAdd": [grant.name for grant in service.capabilities if grant.add],
        "CapDrop": [grant.name for grant in service.capabilities if not grant.add],
        "GroupAdd": [grant.group for grant in service.groups],
        "NetworkMode": network,
        "Mounts": mounts.mounts,
        "Tmpfs": mounts.tmpfs,
        "Sysctls": {grant.name: grant.value for grant in service.sysctls},
        **single_values(service),
        **security(service),
    }
    spaces, more = namespaces(service, start.api)
    host |= spaces
    if start.volume:
        mounts.mounts.append(runtime_mount(start.volume))
    return host, (*mounts.substitutions, *told, *more)


def runtime_mount(volume: str) -> dict[str, object]:
    """The runtime in an image that has none."""
    return {
        "Type": "volume",
        "Source": volume,
        "Target": ROOT,
        "ReadOnly": True,
        "VolumeOptions": {"NoCopy": True},
    }


def device(grant: DeviceGrant) -> dict[str, str]:
    """One `devices` item; the engine itself expands a directory."""
    return {
        "PathOnHost": grant.host,
        "PathInContainer": grant.container,
        "CgroupPermissions": grant.permissions,
    }


def cgroup_rule(grant: CgroupRuleGrant) -> str:
    """One `device_cgroup_rules` item.

    A label's own text is no rule, so it is put together from its parts.
    """
    major, minor = ("*" if number is None else number for number in (grant.major, grant.minor))
    return f"{grant.type} {major}:{minor} {grant.permissions}"


def device_requests(service: Service) -> Iterator[dict[str, object]]:
    """GPU requests and CDI names.

    The latter are a request to the driver "cdi", as the docker command makes it.
    """
    yield from (device_request(grant) for grant in service.device_requests)
    names = [grant.text for grant in service.devices if grant.cdi]
    if names:
        yield {"Driver": "cdi", "DeviceIDs": names}


def device_request(grant: DeviceRequestGrant) -> dict[str, object]:
    """One device request.

    The engine refuses ids and a count together, so a count goes only without ids.
    """
    return {
        "Driver": grant.driver,
        "Count": 0 if grant.device_ids else grant.count,
        "DeviceIDs": list(grant.device_ids),
        "Capabilities": [list(grant.capabilities)],
        "Options": dict(grant.options),
    }


def single_values(service: Service) -> dict[str, object]:
    """The fields of HostConfig that are one value.

    A field that the service does not set is left out.
    """
    found: dict[str, object] = {}
    for name, key in (("read_only", "ReadonlyRootfs"), ("init", "Init")):
        grant = service.value(name)
        if grant is not None:
            found[key] = grant.on
    for name, key in (("runtime", "Runtime"), ("cgroup_parent", "CgroupParent")):
        grant = service.value(name)
        if grant is not None:
            found[key] = grant.value
    return found


def security(service: Service) -> dict[str, object]:
    """`security_opt` as the engine takes it.

    systempaths is the client's word for two lists, which the engine itself does not know.
    """
    found: dict[str, object] = {
        "SecurityOpt": [
            security_text(grant) for grant in service.security_opts if grant.option != "systempaths"
        ]
    }
    if any(
        grant.option == "systempaths" and grant.value == "unconfined"
        for grant in service.security_opts
    ):
        found |= {"MaskedPaths": [], "ReadonlyPaths": []}
    return found


def security_text(grant: SecurityOptGrant) -> str:
    """One option; a seccomp profile travels as its text, for the engine has no such file."""
    value = grant.profile if grant.profile is not None else grant.value
    return f"{grant.option}={value}" if value else grant.option


def namespaces(service: Service, api: tuple[int, ...]) -> tuple[dict[str, object], tuple[str, ...]]:
    """The namespaces but the network's.

    Another service's cannot be joined: that service does not run.
    """
    found: dict[str, object] = {}
    told: list[str] = []
    for grant in service.namespaces:
        if grant.kind is NamespaceKind.NETWORK:
            continue
        if grant.mode.startswith(("service:", "container:")):
            told.append(
                f"{grant.field} {grant.mode}: a namespace of its own stands in, "
                "for the other does not run"
            )
        elif grant.kind is NamespaceKind.CGROUP and api < CGROUP_NAMESPACE_API:
            told.append(
                f"cgroup {grant.mode}: this engine is too old to be told, it uses its default"
            )
        else:
            found[NAMESPACE_FIELDS[grant.kind]] = grant.mode
    return found, tuple(told)


def network_mode(service: Service) -> tuple[str, tuple[str, ...]]:
    """host, none and bridge as they are.

    Any other network is the project's, which a check does not make.
    """
    grant = service.namespace(NamespaceKind.NETWORK)
    if grant is not None and grant.mode in ("host", "none", "bridge"):
        return grant.mode, ()
    if grant is None:
        return (
            "default",
            (),
        )  # compose's own bridge for the project reaches no more hardware than the default one
    return "default", (f"{grant.mode}: the engine's default bridge stands in for it",)


def board_body(start: Start, *, selinux: bool, user_namespace: bool) -> dict[str, object]:
    """The create request of the container that reads the board.

    It sees all of the board, read-only, and nothing else.
    """
    options = ["no-new-privileges", *(["label=disable"] if selinux else [])]
    host: dict[str, object] = {
        "AutoRemove": True,
        "LogConfig": {"Type": "none"},
        "NetworkMode": "none",
        "CapDrop": ["ALL"],
        "SecurityOpt": options,
        "ReadonlyRootfs": True,
        # Propagation stays private: a container that lives for a moment need not see later mounts,
        # and on a board whose / is no shared mount the engine refuses rslave.
        "Mounts": [{"Type": "bind", "Source": "/", "Target": "/host", "ReadOnly": True}],
    }
    if user_namespace:
        host["UsernsMode"] = "host"
    return common(start) | {"HostConfig": host}
