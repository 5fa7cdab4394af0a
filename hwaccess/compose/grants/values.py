"""The fields that are one value, and the maps: sysctls, environment, labels; and `build`."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from hwaccess.compose.grants.reader import is_null
from hwaccess.compose.load.paths import is_remote
from hwaccess.compose.yaml.tree import Mapping
from hwaccess.grants import Build, EnvironmentGrant, LabelGrant, SysctlGrant, ValueGrant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.compose.grants.reader import Reader
    from hwaccess.compose.yaml.tree import Node

TEXTS: Final = ("image", "user", "runtime", "cgroup_parent", "hostname", "working_dir")
TRUTHS: Final = ("privileged", "read_only", "init")


def single_values(reader: Reader, service: Mapping) -> Iterator[ValueGrant]:
    """Every field that is one text or one truth value, in the order of the file."""
    for entry in service:
        name, node = entry.key.text, entry.value
        if name not in TEXTS + TRUTHS or is_null(node):
            continue
        field = reader.at(name)
        value = field.text(node) if name in TEXTS else str(field.truth(node)).lower()
        yield ValueGrant(field=name, text=value, place=node.place, value=value)


def sysctls(reader: Reader, node: Node) -> Iterator[SysctlGrant]:
    """Each kernel parameter.

    Raises `ComposeError` when one has no value.
    """
    for name, value, text, place in reader.pairs(node):
        if value is None:
            raise reader.error(place, f"the kernel parameter {name!r} has no value")
        yield SysctlGrant(field=reader.field, text=text, place=place, name=name, value=value)


def environment(reader: Reader, node: Node) -> Iterator[EnvironmentGrant]:
    """Each variable; one without a value is passed through from where compose runs."""
    for name, value, text, place in reader.pairs(node):
        given = reader.environment.get(name) if value is None else value
        yield EnvironmentGrant(field=reader.field, text=text, place=place, name=name, value=given)


def labels(reader: Reader, node: Node) -> Iterator[LabelGrant]:
    """Each label of the container."""
    for name, value, text, place in reader.pairs(node):
        yield LabelGrant(field=reader.field, text=text, place=place, name=name, value=value or "")


def build(reader: Reader, node: Node) -> Build:
    """Where the image would come from."""
    if not isinstance(node, Mapping):
        context = _context(reader, reader.text(node))
        return Build(context, _dockerfile(context, "Dockerfile"), "", node.place)
    named = {key: node.get(key) for key in ("context", "dockerfile", "target", "privileged")}
    words = {
        key: reader.text(value)
        for key, value in named.items()
        if value is not None and key != "privileged"
    }
    context = _context(reader, words.get("context", "."))
    privileged = named["privileged"]
    return Build(
        context,
        _dockerfile(context, words.get("dockerfile", "Dockerfile")),
        words.get("target", ""),
        node.place,
        inline=node.get("dockerfile_inline") is not None,
        privileged=privileged is not None and reader.truth(privileged),
    )


def _context(reader: Reader, text: str) -> str:
    return text if is_remote(text) else reader.path(text)


def _dockerfile(context: str, text: str) -> str:
    """The Dockerfile's path; one in a remote context stays relative to it."""
    return text if is_remote(context) else posixpath.join(context, text)
