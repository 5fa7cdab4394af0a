"""Compose files in, a typed project out.

Nothing is read or imported before `load_project` is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hwaccess.grants import Project


def load_project(
    files: Sequence[str],
    *,
    env_files: Sequence[str] = (),
    profiles: Sequence[str] = (),
    project_directory: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Project:
    """The project of these compose files, or of those that compose would find if none are named.

    Where there is no compose file but something to build an image from, it is balena's single
    container. environment stands in for the process's own.
    """
    from hwaccess.compose.grants.services import typed_project  # noqa: PLC0415 -- same
    from hwaccess.compose.load.loader import load_tree  # noqa: PLC0415 -- yaml costs 20 ms that `hwaccess --help` need not pay
    from hwaccess.compose.load.single_container import single_container  # noqa: PLC0415 -- same

    alone = single_container(files, project_directory, environment)
    if alone is not None:
        return typed_project(alone, single_container=True)
    tree = load_tree(
        files,
        env_files=env_files,
        profiles=profiles,
        project_directory=project_directory,
        environment=environment,
    )
    return typed_project(tree)
