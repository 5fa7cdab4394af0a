"""Which items of a service's list are the same thing, so that only the last of them counts."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from hwaccess.compose.yaml.tree import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable

DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")


def unique_items(field: str, node: Sequence) -> Sequence:
    """The list of a service field with each thing once.

    The last one wins and stands where the first one stood.
    """
    identity = IDENTITIES.get(field)
    if identity is None:
        return node
    kept: dict[object, Node] = {}
    for item in node.items:
        key = identity(item)
        kept[item.place if key is None else key] = item
    return node if len(kept) == len(node.items) else Sequence(tuple(kept.values()), node.place)


def _text(node: Node) -> str | None:
    return node.text if isinstance(node, Scalar) else None


def _name(node: Node) -> str | None:
    """Of a NAME=VALUE: the name."""
    return node.text.partition("=")[0] if isinstance(node, Scalar) else None


def _field(node: Node, *names: str) -> str | None:
    """The first of the fields that a long form has."""
    if not isinstance(node, Mapping):
        return None
    found = (node.get(name) for name in names)
    return next((value.text for value in found if isinstance(value, Scalar) and value.text), None)


def _second_part(text: str) -> str:
    """What stands behind the first colon, up to the next one, or all of a text without.

    A drive letter is no part.
    """
    drive = DRIVE.match(text)
    offset = drive.end() if drive else 0
    parts = text[offset:].split(":")
    return parts[1] if len(parts) > 1 else text


def _target(node: Node) -> str | None:
    """Of a device or volume: where it is in the container."""
    target = (
        _second_part(node.text) if isinstance(node, Scalar) else _field(node, "target", "source")
    )
    return posixpath.normpath(target) if target else None


def _mount(directory: str) -> Callable[[Node], str | None]:
    def identity(node: Node) -> str | None:
        if name := _text(node):
            return f"{directory}/{name}"
        target = _field(node, "target")
        if target is None:
            source = _field(node, "source")
            return f"{directory}/{source}" if source else None
        return target if target.startswith("/") else f"{directory}/{target}"

    return identity


def _port(node: Node) -> tuple[str, ...] | None:
    """Host address, host port, container port and protocol."""
    if isinstance(node, Mapping):
        target, published = _field(node, "target"), _field(node, "published") or ""
        return (
            (_field(node, "host_ip") or "", published, target, _field(node, "protocol") or "tcp")
            if target
            else None
        )
    text = _text(node)
    if text is None:
        return None
    ports, _, protocol = text.partition("/")
    *host, target = ports.rsplit(":", 2)
    address, published = ("", "", *host)[-2:]
    return address, published, target, protocol or "tcp"


def _path(node: Node) -> str | None:
    return _text(node) or _field(node, "path")


IDENTITIES: Final[dict[str, Callable[[Node], object]]] = {
    **dict.fromkeys(
        ("cap_add", "cap_drop", "group_add", "security_opt", "device_cgroup_rules"), _text
    ),
    **dict.fromkeys(
        ("dns", "dns_opt", "dns_search", "expose", "links", "profiles", "tmpfs", "volumes_from"),
        _text,
    ),
    **dict.fromkeys(("depends_on", "networks", "models"), _text),
    **dict.fromkeys(("annotations", "environment", "labels", "sysctls"), _name),
    "configs": _mount(""),
    "devices": _target,
    "env_file": _path,
    "label_file": _path,
    "ports": _port,
    "secrets": _mount("/run/secrets"),
    "volumes": _target,
}
