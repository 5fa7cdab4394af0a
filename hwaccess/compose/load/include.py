"""`include`: another compose file, loaded by itself and then added.

It has its own directory and env files.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.compose.load import paths
from hwaccess.compose.yaml.parser import kind_of
from hwaccess.compose.yaml.tree import Entry, Mapping, Node, Scalar, Sequence
from hwaccess.errors import ComposeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.words import Place

FIELD: Final = "include"
RESOURCES: Final = ("services", "networks", "volumes", "secrets", "configs", "models")


@dataclass(frozen=True, slots=True)
class Inclusion:
    """One item of `include`: files that are merged, the directory of their paths, env files.

    All as shown.
    """

    files: tuple[str, ...]
    directory: str
    env_files: tuple[str, ...]
    place: Place


def inclusions(model: Mapping, directory: str) -> Iterator[Inclusion]:
    """What a file includes; directory is where its own relative paths start.

    Raises `ComposeError` when it is no list.
    """
    include = model.get(FIELD)
    if include is None or (isinstance(include, Scalar) and include.value is None):
        return
    if not isinstance(include, Sequence):
        message = f"include is a list, and this is {kind_of(include)}"
        raise ComposeError(message, hint="write include: [FILE]", place=include.place)
    for item in include.items:
        yield _inclusion(item, directory)


def _inclusion(item: Node, directory: str) -> Inclusion:
    short = item if isinstance(item, Scalar) else None
    path = item.get("path") if isinstance(item, Mapping) else short
    files = tuple(paths.local(directory, text) for text in _texts(path))
    if not files:
        message = "this include names no file"
        raise ComposeError(
            message, hint="write include: [FILE], or include: [{path: FILE}]", place=item.place
        )
    if not isinstance(item, Mapping):
        return Inclusion(files, str(Path(files[0]).parent), (), item.place)
    homes = [paths.join(directory, text.text) for text in _texts(item.get("project_directory"))]
    env_files = tuple(paths.join(directory, text.text) for text in _texts(item.get("env_file")))
    return Inclusion(
        files, homes[0] if homes else str(Path(files[0]).parent), env_files, item.place
    )


def _texts(node: Node | None) -> tuple[Scalar, ...]:
    """One text or a list of them."""
    one = () if node is None else (node,)
    nodes = node.items if isinstance(node, Sequence) else one
    for each in nodes:
        if not isinstance(each, Scalar) or not each.text:
            message = f"a path belongs here, and this is {kind_of(each)}"
            raise ComposeError(message, hint="write the path of a file", place=each.place)
    return tuple(each for each in nodes if isinstance(each, Scalar))


def check_cycle(inclusion: Inclusion, chain: tuple[tuple[str, Place | None], ...]) -> None:
    """Raises `ComposeError` when a file of the inclusion is already being loaded.

    The chain is of (file, place that names it).
    """
    real = [os.path.realpath(file) for file, _ in chain]
    for file in inclusion.files:
        if os.path.realpath(file) in real:
            start = real.index(os.path.realpath(file))
            names = [chain[start][0], *(f"{name} ({place})" for name, place in chain[start + 1 :])]
            message = (
                f"include goes round in a circle: {' -> '.join(names)} "
                f"-> {file} ({inclusion.place})"
            )
            raise ComposeError(
                message, hint="take one of these includes away", place=inclusion.place
            )


def added(model: Mapping, included: Mapping) -> Mapping:
    """The model with the services and resources of an included one.

    The same name twice is a conflict.
    """
    for section in RESOURCES:
        theirs = included.get(section)
        if isinstance(theirs, Mapping):
            model = _section(model, section, theirs)
    return model


def _section(model: Mapping, section: str, theirs: Mapping) -> Mapping:
    entry = model.entry(section)
    ours = (
        entry.value
        if entry is not None and isinstance(entry.value, Mapping)
        else Mapping((), theirs.place)
    )
    new = []
    for their in theirs:
        our = ours.entry(their.key.text)
        if our is None:
            new.append(their)
        elif plain(our.value) != plain(their.value):
            message = (
                f"{section}: {their.key.text!r} is here and, otherwise, "
                f"in an included file ({their.key.place})"
            )
            hint = (
                "rename one, or change the included one in an override: "
                "include: [{path: [FILE, OVERRIDE]}]"
            )
            raise ComposeError(message, hint=hint, place=our.key.place)
    joined = Mapping((*ours.entries, *new), ours.place)
    if entry is None:
        return Mapping(
            (*model.entries, Entry(Scalar(section, section, theirs.place), joined)), model.place
        )
    entries = (Entry(each.key, joined) if each is entry else each for each in model)
    return Mapping(tuple(entries), model.place)


def plain(node: Node) -> object:
    """A node without its places, to compare."""
    if isinstance(node, Scalar):
        return (type(node.value), node.text)
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {entry.key.text: plain(entry.value) for entry in node}
