"""`hwaccess render`: one plain compose file of a project.

Its feature labels are written out as what they give.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

import yaml

from hwaccess.compose.grants.labels import is_feature, is_on
from hwaccess.compose.yaml.scalars import read_plain
from hwaccess.compose.yaml.tree import Mapping, Scalar, Sequence
from hwaccess.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.compose.yaml.tree import Node
    from hwaccess.grants import DeviceRequestGrant, MountGrant, Project, Service

# Already applied by loading. `version` has no meaning any more; a profile would switch the service
# off again.
LEFT_OUT: Final = ("version", "include", "extends", "profiles")


def render(project: Project) -> str:
    """The project as one compose file without version, variables, profiles and feature labels.

    Its relative paths start where the project's own do. It loads to the same grants.

    Raises `UsageError` when the project was not loaded from a file.
    """
    if not isinstance(project.root, Mapping):
        message = f"the project {project.name} was not loaded from a compose file"
        raise UsageError(message, hint="load it with hwaccess.compose.load_project")
    root = _fields(project.root)
    bodies = project.root.get("services")
    lines = [
        f"# Made by hwaccess render from {', '.join(project.files)}",
        _dump({"name": project.name}) + "services:",
    ]
    for service in project.services:
        body = bodies.get(service.name) if isinstance(bodies, Mapping) else None
        text = _dump(_expanded(service, _fields(body) if isinstance(body, Mapping) else {}))
        lines.append(textwrap.indent(_dump({service.name: None}), "  ").rstrip("\n"))
        lines.append(
            textwrap.indent("".join(map(_comment, _told(service))) + text, "    ").rstrip("\n")
        )
    rest = {name: value for name, value in root.items() if name not in ("name", "services")}
    volumes = _volumes(project)
    if volumes:
        declared = rest.get("volumes")
        rest["volumes"] = (declared if isinstance(declared, dict) else {}) | volumes
    return "\n".join(lines) + "\n" + (_dump(rest) if rest else "")


def _comment(line: str) -> str:
    return (
        textwrap.fill(
            line,
            100,
            initial_indent="# ",
            subsequent_indent="#   ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        + "\n"
    )


def _told(service: Service) -> Iterator[str]:
    """For each feature label, what it became."""
    for label in filter(is_feature, service.labels):
        given = list(_given(service, label.name))
        if given:
            became = f"became {'; '.join(given)}"
        else:
            became = "gives nothing" if is_on(label.value) else "is off"
        yield f"{label.name}: {label.value!r} {became}"


def _given(service: Service, label: str) -> Iterator[str]:
    """What a label gives, field by field."""
    mounts = [mount for mount in service.mounts if mount.label == label]
    if mounts:
        optional = (
            ", which balena leaves out when the board has none"
            if mounts[0].source_skipped_when_missing
            else ""
        )
        yield f"volumes {', '.join(map(_short, mounts))}{optional}"
    variables = [variable for variable in service.environment if variable.label == label]
    if variables:
        balena = ", which only a balena device sets" if variables[0].value is None else ""
        yield f"environment {', '.join(variable.name for variable in variables)}{balena}"
    if any(request.label == label for request in service.device_requests):
        yield "deploy.resources.reservations.devices"


def _short(mount: MountGrant) -> str:
    return f"{mount.source}:{mount.target}{':ro' if mount.read_only else ''}"


def _expanded(service: Service, body: dict[str, object]) -> dict[str, object]:
    """A service's fields with what its feature labels give, and without these labels."""
    _drop_labels(service, body)
    mounts = [_mount(mount) for mount in service.mounts if mount.label is not None]
    if mounts:
        body["volumes"] = [*_list(body.get("volumes")), *mounts]
    variables = {
        item.name: _escaped(item.value) for item in service.environment if item.label is not None
    }
    if variables:
        old = body.get("environment")
        listed = [name if value is None else f"{name}={value}" for name, value in variables.items()]
        body["environment"] = (
            [*old, *listed] if isinstance(old, list) else {**_dict(old), **variables}
        )
    requests = [
        _request(request) for request in service.device_requests if request.label is not None
    ]
    if requests:
        deploy = _dict(body.get("deploy"))
        resources = _dict(deploy.get("resources"))
        reservations = _dict(resources.get("reservations"))
        reservations["devices"] = [*_list(reservations.get("devices")), *requests]
        body["deploy"] = {**deploy, "resources": {**resources, "reservations": reservations}}
    return body


def _drop_labels(service: Service, body: dict[str, object]) -> None:
    """Take the feature labels out; the field too when it holds nothing else."""
    names = {label.name for label in filter(is_feature, service.labels)}
    labels = body.get("labels")
    if isinstance(labels, list):
        body["labels"] = [item for item in labels if str(item).partition("=")[0] not in names]
    else:
        body["labels"] = {name: value for name, value in _dict(labels).items() if name not in names}
    if not body["labels"]:
        del body["labels"]


def _mount(mount: MountGrant) -> object:
    """A mount in the form that makes a directory on the board, or in the one that does not.

    It does what the label's own mount would.
    """
    if mount.create_host_path or mount.type == "volume":
        return _escaped(_short(mount))
    long = {"type": mount.type, "source": _escaped(mount.source), "target": _escaped(mount.target)}
    return {
        **long,
        **({"read_only": True} if mount.read_only else {}),
        "bind": {"create_host_path": False},
    }


def _request(request: DeviceRequestGrant) -> dict[str, object]:
    driver = {"driver": request.driver} if request.driver else {}
    count = "all" if request.count < 0 else request.count
    return {**driver, "count": count, "capabilities": list(request.capabilities)}


def _volumes(project: Project) -> dict[str, object]:
    """The named volumes that only labels ask for."""
    labelled = {
        mount.source
        for service in project.services
        for mount in service.mounts
        if mount.label is not None
    }
    declared = project.root.get("volumes") if isinstance(project.root, Mapping) else None
    known = {entry.key.text for entry in declared} if isinstance(declared, Mapping) else set()
    return {
        volume.name: {"name": volume.real_name}
        for volume in project.volumes
        if volume.name in labelled and volume.name not in known
    }


def _fields(mapping: Mapping) -> dict[str, object]:
    return {
        entry.key.text: _plain(entry.value) for entry in mapping if entry.key.text not in LEFT_OUT
    }


def _plain(node: Node) -> object:
    """A node as plain data; dollar signs are doubled, for the variables are replaced already."""
    match node:
        case Scalar():
            return _escaped(node.value) if isinstance(node.value, str) else node.value
        case Sequence():
            return [_plain(item) for item in node.items]
        case Mapping():
            return {entry.key.text: _plain(entry.value) for entry in node}


def _escaped(value: str | None) -> str | None:
    return value if value is None else value.replace("$", "$$")


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else []


def _dict(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, dict) else {}


class _Dumper(yaml.SafeDumper):
    """Writes YAML for compose.

    Indents lists below their field, repeats rather than aliases, and quotes what compose would not
    read as text.
    """

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if isinstance(read_plain(text), str) else "'"
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _represent_nothing(dumper: yaml.SafeDumper, nothing: None) -> yaml.ScalarNode:
    del nothing
    return dumper.represent_scalar("tag:yaml.org,2002:null", "")


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(type(None), _represent_nothing)


def _dump(data: dict[str, object]) -> str:
    if not data:
        return ""
    return yaml.dump(
        data,
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=True,
        width=1000,
    )
