"""Relative paths of a service or resource that was written in another directory than the project's, made absolute."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.compose.yaml.tree import Entry, Mapping, Node, Scalar, Sequence
from hwaccess.errors import ComposeError

if TYPE_CHECKING:
    from collections.abc import Callable

SERVICE: Final = "services.*"
# Fields that are a path whatever they look like. In a list or below a name, `*` is the item.
PATHS: Final = frozenset(
    {
        f"{SERVICE}.{name}"
        for name in ("env_file", "env_file.*", "env_file.*.path", "label_file", "label_file.*")
    }
    | {f"{SERVICE}.{name}" for name in ("develop.watch.*.path", "credential_spec.file")}
    | {"secrets.*.file", "configs.*.file"}
)
# A path, or the address of a repository or archive.
CONTEXTS: Final = frozenset(
    f"{SERVICE}.{name}" for name in ("build", "build.context", "build.additional_contexts.*")
)
# A path only when it looks like one; else the name of a volume.
SOURCES: Final = frozenset({f"{SERVICE}.volumes.*", f"{SERVICE}.volumes.*.source"})
REMOTE: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://|git@|github\.com/|oci:|docker-image:|service:|target:"
)


def is_remote(text: str) -> bool:
    """Whether a context or file is fetched from somewhere else."""
    return REMOTE.match(text) is not None


def join(directory: str, path: str) -> str:
    """A path as seen from a directory, without `.` and `..` where that changes nothing; "" is here."""
    if path.startswith("~"):
        return _home(path)
    return str(Path(directory) / path)


def full(directory: str) -> str:
    """The absolute path, symbolic links as they are."""
    return os.path.abspath(directory)  # noqa: PTH100 -- pathlib either follows links or keeps `..`


def same(one: str, other: str) -> bool:
    """Whether two directories are written differently but are one."""
    return full(one) == full(other)


def local(directory: str, scalar: Scalar) -> str:
    """Where the compose file lies that a value names; one that would have to be fetched is an error."""
    if is_remote(scalar.text):
        message = f"{scalar.text!r} would have to be fetched"
        raise ComposeError(
            message, hint="fetch it yourself and name the local file", place=scalar.place
        )
    if not scalar.text.isprintable():
        message = f"{scalar.text!r} is no path"
        raise ComposeError(message, hint="write the path of a file", place=scalar.place)
    return join(directory, scalar.text)


def absolute(model: Mapping, directory: str) -> Mapping:
    """A whole model (top level) with its relative paths starting at the directory, an absolute one."""
    return Mapping(tuple(_entry(entry, entry.key.text, directory) for entry in model), model.place)


def _entry(entry: Entry, at: str, directory: str) -> Entry:
    return Entry(entry.key, _node(entry.value, at, directory))


def _node(node: Node, at: str, directory: str) -> Node:
    if isinstance(node, Scalar):
        rewrite = _rewrite(at)
        text = (
            rewrite(node.text, directory) if rewrite and isinstance(node.value, str) else node.text
        )
        return node if text == node.text else Scalar(text, text, node.place)
    if isinstance(node, Sequence):
        return Sequence(tuple(_node(item, f"{at}.*", directory) for item in node.items), node.place)
    by_name = at in {"services", "secrets", "configs", f"{SERVICE}.build.additional_contexts"}
    entries = (
        _entry(entry, f"{at}.*" if by_name else f"{at}.{entry.key.text}", directory)
        for entry in node
    )
    return Mapping(tuple(entries), node.place)


def _rewrite(at: str) -> Callable[[str, str], str] | None:
    if at in PATHS:
        return lambda text, directory: join(directory, text)
    if at in CONTEXTS:
        return lambda text, directory: text if is_remote(text) else join(directory, text)
    return _source if at in SOURCES else None


def _source(text: str, directory: str) -> str:
    source, colon, rest = text.partition(":")
    if source in {".", ".."} or source.startswith(("~", "./", "../")):
        return f"{join(directory, source)}{colon}{rest}"
    return text


def _home(path: str) -> str:
    try:
        return str(Path(path).expanduser())
    except RuntimeError:  # no such user, or no home directory
        return path
