"""A project without a compose file, as balena runs it.

Balena makes one service of it, `main`, with nearly every right there is.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.compose.load import paths
from hwaccess.compose.load.project_files import NAMES, project_name
from hwaccess.compose.yaml.tree import Entry, LoadedTree, Mapping, Node, Scalar, Sequence
from hwaccess.words import SINGLE_CONTAINER_FILES, Place

if TYPE_CHECKING:
    from collections.abc import Mapping as Dict
    from collections.abc import Sequence as List

FEATURES: Final = ("kernel-modules", "firmware", "dbus", "supervisor-api", "resin-api")


def single_container(
    files: List[str], directory: str | None, environment: Dict[str, str] | None
) -> LoadedTree | None:
    """The model that balena's build generates, or None where it generates none.

    It generates none where there is a compose file, or nothing to build. files may name the
    directory or the Dockerfile. Everything in the model stands at that file's first line.
    """
    shell = dict(os.environ if environment is None else environment)
    source = None if "COMPOSE_FILE" in shell and not files else _source(files, directory)
    if source is None:
        return None
    home = paths.full(str(Path(source).parent))
    root = _mapping(_model(Path(source).name), Place(source, 1, 1))
    return LoadedTree(root, project_name(shell, None, home), home, (source,), shell)


def _source(files: List[str], directory: str | None) -> str | None:
    """What would be built.

    Compose looks for its file upwards from where it is, so a file above counts as well.
    """
    if len(files) > 1:
        return None
    if files and not Path(files[0]).is_dir():
        return (
            files[0]
            if Path(files[0]).name in SINGLE_CONTAINER_FILES and Path(files[0]).is_file()
            else None
        )
    start = files[0] if files else directory or "."
    searched = (Path(start),) if files else (Path(start), *Path(start).absolute().parents)
    if any((place / name).exists() for place in searched for name in NAMES):
        return None
    return next(
        (
            path
            for name in SINGLE_CONTAINER_FILES
            if Path(path := paths.join(start, name)).is_file()
        ),
        None,
    )


def _model(source: str) -> dict[str, object]:
    # The strategy labels are part of the listing in balena's guide; later build tools leave them
    # out.
    labels = {f"io.resin.features.{name}": "1" for name in FEATURES} | {
        "io.resin.update.strategy": "download-then-kill",
        "io.resin.update.handover-timeout": "",
    }
    main: dict[str, object] = {
        "build": {
            "context": ".",
            "dockerfile": "Dockerfile" if source == "package.json" else source,
        },
        "privileged": True,
        "restart": "always",
        "network_mode": "host",
        "volumes": ["resin-data:/data"],
        "labels": labels,
    }
    return {
        "version": "2.1",
        "networks": {},
        "volumes": {"resin-data": {}},
        "services": {"main": main},
    }


def _mapping(value: Dict[str, object], place: Place) -> Mapping:
    return Mapping(
        tuple(Entry(Scalar(key, key, place), _node(item, place)) for key, item in value.items()),
        place,
    )


def _node(value: object, place: Place) -> Node:
    match value:
        case dict():
            return _mapping(value, place)
        case list():
            return Sequence(tuple(_node(item, place) for item in value), place)
        case bool():
            return Scalar(value, str(value).lower(), place)
        case _:
            return Scalar(str(value), str(value), place)
