"""Relative paths of a service or resource, made absolute.

It was written in another directory than the project's.
"""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.compose.yaml.path import changed, changed_mapping, paths
from hwaccess.compose.yaml.tree import Scalar
from hwaccess.errors import ComposeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hwaccess.compose.yaml.path import Path as TreePath
    from hwaccess.compose.yaml.tree import Mapping, Node

    Rewrite = Callable[[str, str], str]  # a text and the directory, to the text that stays right

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
    """A path as seen from a directory, without `.` and `..` where that changes nothing.

    "" is here.
    """
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
    """Where the compose file lies that a value names.

    One that would have to be fetched is an error.

    Raises `ComposeError` when the file would have to be fetched, or the value is no path.
    """
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
    """A whole model (top level) with its relative paths made absolute.

    They start at the directory, an absolute one.
    """
    return changed_mapping(model, REWRITES, partial(_absolute, directory))


def absolute_service(service: Node, directory: str) -> Node:
    """A service with its relative paths starting at the directory, an absolute one."""
    return changed(service, REWRITES.steps["services"].item(), partial(_absolute, directory))


def _absolute(directory: str, scalar: Scalar, rewrite: Rewrite) -> Scalar:
    text = rewrite(scalar.text, directory) if isinstance(scalar.value, str) else scalar.text
    return scalar if text == scalar.text else Scalar(text, text, scalar.place)


def _path(text: str, directory: str) -> str:
    return join(directory, text)


def _context(text: str, directory: str) -> str:
    return text if is_remote(text) else join(directory, text)


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


REWRITES: Final[TreePath[Rewrite]] = paths(
    {
        **dict.fromkeys(PATHS, _path),
        **dict.fromkeys(CONTEXTS, _context),
        **dict.fromkeys(SOURCES, _source),
    }
)
