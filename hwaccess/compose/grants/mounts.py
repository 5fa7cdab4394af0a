"""`volumes` and `tmpfs` of a service, and the project's named volumes."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final, Literal, cast

from hwaccess.compose.grants import rules
from hwaccess.compose.grants.reader import is_null, written
from hwaccess.compose.yaml.tree import Mapping, Scalar
from hwaccess.grants import MountGrant, NamedVolume
from hwaccess.words import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.compose.grants.reader import Reader
    from hwaccess.compose.yaml.tree import Node
    from hwaccess.words import Place

PROPAGATION: Final = frozenset({"private", "rprivate", "shared", "rshared", "slave", "rslave"})
OPTIONS: Final = frozenset({"nocopy", "z", "Z", "consistent", "cached", "delegated"})
TYPES: Final = ("bind", "volume", "tmpfs", "npipe", "cluster", "image")
ENGINE_SOCKET: Final = "/var/run/docker.sock"
WINDOWS: Final = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def volumes(reader: Reader, node: Node) -> Iterator[MountGrant]:
    """Each item of `volumes`, short or long."""
    for item in reader.items(node):
        grant = _long(reader, item) if isinstance(item, Mapping) else _short(reader, item)
        if not grant.target.startswith("/"):
            _report_relative_target(reader, grant)
        yield grant


def _short(reader: Reader, item: Node) -> MountGrant:
    text = reader.text(item)
    if WINDOWS.match(text):
        raise reader.error(
            item.place,
            f"{text!r} is a Windows path",
            "a board runs Linux: begin the path with / or ./",
        )
    parts = text.split(":")
    if "" in parts:
        raise reader.error(
            item.place,
            f"{text!r} has an empty part between its colons",
            "write SOURCE:TARGET[:MODE]",
        )
    if len(parts) > 3:
        hint = "write the long form: {type: bind, source: ..., target: ...}"
        raise reader.error(item.place, f"{text!r} has too many colons", hint)
    source = parts[0] if len(parts) > 1 else ""
    bind = source.startswith((".", "/", "~"))
    read_only, propagation, options = _modes(
        reader, parts[2] if len(parts) == 3 else "", item.place
    )
    return MountGrant(
        field=reader.field,
        text=text,
        place=item.place,
        type="bind" if bind else "volume",
        source=reader.path(source) if bind else source,
        target=posixpath.normpath(parts[1] if len(parts) > 1 else parts[0]),
        read_only=read_only,
        propagation=propagation,
        options=options,
    )


def _modes(reader: Reader, text: str, place: Place) -> tuple[bool, str, tuple[str, ...]]:
    """Read-only, propagation and the other options of a short form.

    Compose leaves an unknown one out in silence.
    """
    read_only, propagation = False, ""
    options: list[str] = []
    for word in text.split(",") if text else ():
        if word in ("ro", "rw"):
            read_only = word == "ro"
        elif word in PROPAGATION:
            propagation = word
        elif word in OPTIONS:
            options.append(word)
        else:
            remedy = "use ro, rw, z, Z, nocopy or a propagation (rprivate, rshared, rslave, ...)"
            reader.find(
                rules.MOUNT_OPTION,
                Severity.WARNING,
                f"compose ignores the mount option {word!r}",
                place,
                remedy,
            )
    return read_only, propagation, tuple(options)


def _report_relative_target(reader: Reader, grant: MountGrant) -> None:
    summary = (
        f"the path in the container {grant.target!r} is not absolute; "
        "the engine refuses the container"
    )
    reader.find(
        rules.PATH, Severity.ERROR, summary, grant.place, "begin the path in the container with /"
    )


def _long(reader: Reader, item: Mapping) -> MountGrant:
    kind = _word(reader, item, "type")
    if kind not in TYPES:
        message = f"a mount of type {kind!r}" if kind else "a mount has no type"
        raise reader.error(item.place, message, f"write type: and one of {', '.join(TYPES)}")
    source, target = _word(reader, item, "source"), _word(reader, item, "target")
    if kind == "bind" and not source:
        raise reader.error(
            item.place, "a bind mount has no source", "add source: /path/on/the/board"
        )
    if not target:
        raise reader.error(
            item.place, "a mount has no target", "add target: /path/in/the/container"
        )
    bind = reader.mapping(item.get("bind") or Scalar(None, "", item.place))
    read_only, create = item.get("read_only"), bind.get("create_host_path")
    return MountGrant(
        field=reader.field,
        text=written(item),
        place=item.place,
        type=cast("Literal['bind', 'volume', 'tmpfs', 'npipe', 'cluster', 'image']", kind),
        source=reader.path(source) if kind == "bind" else source,
        target=posixpath.normpath(target),
        read_only=read_only is not None and reader.truth(read_only),
        propagation=_word(reader, bind, "propagation"),
        options=tuple(_long_options(reader, item)),
        # Without a word the long form goes through the engine's mount interface, which makes no
        # directory.
        create_host_path=create is not None and reader.truth(create),
    )


def _long_options(reader: Reader, item: Mapping) -> Iterator[str]:
    """The rest of a long form as words.

    A flag that is set is its name, anything else NAME=VALUE.
    """
    for section in ("bind", "volume", "tmpfs", "image"):
        for entry in reader.mapping(item.get(section) or Scalar(None, "", item.place)):
            name, value = entry.key.text, entry.value
            if name in ("propagation", "create_host_path"):
                continue
            if name == "selinux":
                yield reader.text(value)
            elif isinstance(value, Scalar) and isinstance(value.value, bool):
                yield from (name,) if value.value else ()
            elif (
                section == "tmpfs"
                and name == "mode"
                and isinstance(value, Scalar)
                and isinstance(value.value, int)
            ):
                yield f"mode={value.value:o}"  # the mount option is octal
            elif isinstance(value, Scalar):
                yield f"{name}={reader.loose_text(value)}"


def _word(reader: Reader, mapping: Mapping, key: str) -> str:
    """A text in a mapping, "" when it is not there."""
    node = mapping.get(key)
    return "" if node is None or is_null(node) else reader.text(node)


def tmpfs(reader: Reader, node: Node) -> Iterator[MountGrant]:
    """`tmpfs`: one path or a list of them, each with its mount options after a colon."""
    items = (node,) if isinstance(node, Scalar) and node.value is not None else reader.items(node)
    for item in items:
        text = reader.text(item)
        target, _, words = text.partition(":")
        options = tuple(word for word in words.split(",") if word)
        grant = MountGrant(
            field=reader.field,
            text=text,
            place=item.place,
            type="tmpfs",
            source="",
            target=posixpath.normpath(target),
            read_only="ro" in options,
            options=options,
            create_host_path=False,
        )
        if not grant.target.startswith("/"):
            _report_relative_target(reader, grant)
        yield grant


def api_socket(reader: Reader, node: Node) -> Iterator[MountGrant]:
    """`use_api_socket: true`, which is a bind of the engine's own socket."""
    if reader.truth(node):
        yield MountGrant(
            field=reader.field,
            text="true",
            place=node.place,
            type="bind",
            source=ENGINE_SOCKET,
            target=ENGINE_SOCKET,
            create_host_path=False,
        )


def named_volumes(reader: Reader, node: Node, project: str) -> Iterator[NamedVolume]:
    """The top-level `volumes`.

    The real name is the project's name before the key unless it has one of its own.
    """
    for entry in reader.mapping(node):
        name, place = entry.key.text, entry.key.place
        body = reader.mapping(entry.value)
        external, own_name = _external(reader, body)
        options = body.get("driver_opts")
        yield NamedVolume(
            name=name,
            driver=_word(reader, body, "driver") or "local",
            driver_opts=tuple((key, value or "") for key, value, *_ in reader.pairs(options))
            if options
            else (),
            external=external,
            real_name=own_name or (name if external else f"{project}_{name}"),
            place=place,
        )


def _external(reader: Reader, body: Mapping) -> tuple[bool, str]:
    """Whether somebody else makes the volume, and its own name ("" for none).

    `external: {name: X}` is the old form.
    """
    node, own_name = body.get("external"), _word(reader, body, "name")
    if isinstance(node, Mapping):
        return True, _word(reader, node, "name") or own_name
    return node is not None and reader.truth(node), own_name
