"""Typing a loaded tree.

Its result is every service with its grants, the named volumes, and what was found on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from hwaccess.compose.grants import balena, devices, expectations, labels, mounts, security, values
from hwaccess.compose.grants.reader import Reader, is_null
from hwaccess.compose.grants.volumes_from import with_volumes_from
from hwaccess.compose.load.schema import BLOCK
from hwaccess.compose.yaml.tree import Mapping, Scalar
from hwaccess.errors import ComposeError
from hwaccess.grants import Expectations, NamedVolume, NamespaceKind, Project, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hwaccess.compose.yaml.tree import Entry, LoadedTree, Node
    from hwaccess.words import Finding

T = TypeVar("T")
NAMESPACES: Final = tuple(str(kind) for kind in NamespaceKind)
EXTRA_FIRMWARE: Final = "extra-firmware"


def typed_project(tree: LoadedTree, *, single_container: bool = False) -> Project:
    """The project that a tree describes."""
    findings: list[Finding] = []
    reader = Reader("", tree.directory, tree.environment, findings)
    volumes = tuple(
        mounts.named_volumes(reader.at("top-level volumes"), _get(tree.root, "volumes"), tree.name)
    )
    entries = reader.at("services").mapping(_get(tree.root, "services"))
    services = with_volumes_from(
        tuple(_service(entry, reader) for entry in entries), entries, reader
    )
    names = {service.name for service in services}.union(tree.inactive)
    for service in services:
        _check_volumes(service, volumes)
        _check_namespaces(service, names)
        findings += labels.label_findings(service)
    findings += balena.balena_findings(services)
    return Project(
        name=tree.name,
        directory=tree.directory,
        files=tree.files,
        services=services,
        volumes=(*volumes, *label_volumes(services, volumes)),
        findings=(*tree.findings, *findings),
        single_container=single_container,
        root=tree.root,
    )


def _get(mapping: Mapping, key: str) -> Node:
    """The value of a key; nothing, at the mapping's own place, when it is not there."""
    return mapping.get(key) or Scalar(None, "", mapping.place)


def _service(entry: Entry, project: Reader) -> Service:
    name, body = entry.key.text, entry.value
    reader = Reader(name, project.directory, project.environment, project.findings)
    if not isinstance(body, Mapping):
        message = f"service {name!r} is not a mapping"
        raise ComposeError(
            message, hint=f"write {name}: and its fields below it, indented", place=body.place
        )
    _check_network(reader, body)
    build = body.get("build")
    service = Service(
        name=name,
        place=entry.key.place,
        devices=_each(reader, body, devices.devices, "devices"),
        cgroup_rules=_each(reader, body, devices.cgroup_rules, "device_cgroup_rules"),
        capabilities=_each(reader, body, security.capabilities, "cap_add", "cap_drop"),
        groups=_each(reader, body, security.groups, "group_add"),
        namespaces=_each(reader, body, security.namespaces, *NAMESPACES),
        security_opts=_each(reader, body, security.security_opts, "security_opt"),
        mounts=(
            *_each(reader, body, mounts.volumes, "volumes"),
            *_each(reader, body, mounts.tmpfs, "tmpfs"),
            *_each(reader, body, mounts.api_socket, "use_api_socket"),
        ),
        sysctls=_each(reader, body, values.sysctls, "sysctls"),
        environment=_each(reader, body, values.environment, "environment"),
        labels=_each(reader, body, values.labels, "labels"),
        device_requests=(
            *_each(reader, body, devices.gpus, "gpus"),
            *_each(reader, body, devices.reserved_devices, "deploy"),
        ),
        values=tuple(values.single_values(reader, body)),
        build=None if build is None or is_null(build) else values.build(reader.at("build"), build),
        expectations=_expectations(reader, body),
    )
    return labels.expand_labels(service)


def _expectations(reader: Reader, body: Mapping) -> Expectations:
    """What the service's `x-hwaccess` block says; nothing when it has none."""
    block = body.get(BLOCK)
    if block is None:
        return Expectations()
    return expectations.expectations(reader.at(BLOCK), block)


def _check_network(reader: Reader, body: Mapping) -> None:
    """A network mode leaves no choice of networks: compose refuses both together."""
    mode, networks = body.get("network_mode"), body.get("networks")
    if mode is not None and networks is not None and not is_null(mode) and not is_null(networks):
        message = "network_mode and networks exclude each other"
        raise reader.at("network_mode").error(mode.place, message, "remove one of the two")


def _each(
    reader: Reader, body: Mapping, read: Callable[[Reader, Node], Iterator[T]], *fields: str
) -> tuple[T, ...]:
    """What a reader of grants makes of each of the fields that are there."""
    return tuple(
        grant
        for field in fields
        if (node := body.get(field)) is not None
        for grant in read(reader.at(field), node)
    )


def _check_volumes(service: Service, volumes: tuple[NamedVolume, ...]) -> None:
    """A named volume that nobody declares: compose refuses the file."""
    declared = {volume.name for volume in volumes}
    for mount in service.mounts:
        if (
            mount.type == "volume"
            and mount.label is None
            and mount.source
            and mount.source not in declared
        ):
            message = (
                f"service {service.name!r} uses the volume {mount.source!r}, which is not declared"
            )
            hint = (
                f"add at the end of the file: volumes: {{{mount.source}: {{}}}}, "
                "or begin a host path with ./ or /"
            )
            raise ComposeError(message, hint=hint, place=mount.place)


def _check_namespaces(service: Service, names: set[str]) -> None:
    """A namespace of a service that is not there: compose refuses the file."""
    for grant in service.namespaces:
        word, _, name = grant.mode.partition(":")
        if word == "service" and name not in names:
            message = f"{grant.field} of service {service.name!r}: no service is called {name!r}"
            raise ComposeError(
                message, hint=f"use one of: {', '.join(sorted(names))}", place=grant.place
            )


def label_volumes(
    services: tuple[Service, ...], declared: tuple[NamedVolume, ...]
) -> Iterator[NamedVolume]:
    """The volume of the extra-firmware label, which keeps its name in every project."""
    if any(volume.name == EXTRA_FIRMWARE for volume in declared):
        return
    for service in services:
        for mount in service.mounts:
            if mount.label is not None and mount.type == "volume":
                yield NamedVolume(
                    mount.source,
                    "local",
                    (),
                    external=False,
                    real_name=mount.source,
                    place=mount.place,
                )
                return
