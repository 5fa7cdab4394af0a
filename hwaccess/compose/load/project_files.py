"""Which files make the project, where it starts, and what it is called.

Arguments, variables and directories tell it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.compose.load import paths
from hwaccess.compose.load.rules import SEVERAL_FILES
from hwaccess.compose.load.source import exists, is_directory
from hwaccess.errors import ComposeError
from hwaccess.words import Place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hwaccess.compose.load.findings import Findings
    from hwaccess.compose.yaml.tree import Scalar

NAMES: Final = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
OVERRIDES: Final = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
FALLBACK_NAME: Final = "default"  # for a directory such as / whose name holds no letter


def find_files(
    given: Sequence[str], directory: str | None, environment: Mapping[str, str], findings: Findings
) -> tuple[str, ...]:
    """The compose files of the project.

    They are those given, else COMPOSE_FILE's, else the nearest ones from the directory upwards.

    Raises `ComposeError` when there are none.
    """
    if given:
        return tuple(file for name in given for file in _file_or_directory(name, findings))
    if named := environment.get("COMPOSE_FILE"):
        names = named.split(environment.get("COMPOSE_PATH_SEPARATOR") or ":")
        return tuple(file for name in names if name for file in _file_or_directory(name, findings))
    start = Path(directory or ".")
    for place in (start, *start.absolute().parents):
        if files := in_directory(str(place), findings):
            return files
    message = f"no compose file in {start.absolute()} or above"
    raise ComposeError(message, hint="name it: hwaccess check FILE")


def _file_or_directory(name: str, findings: Findings) -> tuple[str, ...]:
    if not is_directory(name):
        return (name,)
    files = in_directory(name, findings)
    if not files:
        message = f"no compose file in the directory {name}"
        raise ComposeError(message, hint=f"name the file itself; looked for {', '.join(NAMES)}")
    return files


def in_directory(directory: str, findings: Findings) -> tuple[str, ...]:
    """The compose file of a directory and its override file, as compose chooses them.

    Empty without one.
    """
    chosen = []
    for names in (NAMES, OVERRIDES):
        there = [path for name in names if exists(path := paths.join(directory, name))]
        if len(there) > 1:
            others = ", ".join(there[1:])
            summary = f"compose reads {there[0]} and passes over {others}"
            place = Place(there[1], 1, 1)
            findings.warn(
                SEVERAL_FILES,
                summary,
                place=place,
                remedy=f"delete {others}, or name the file to check",
            )
        if not there and names is NAMES:
            return ()
        chosen += there[:1]
    return tuple(chosen)


def with_env_files(
    environment: Mapping[str, str], files: Sequence[str], directory: str, findings: Findings
) -> dict[str, str]:
    """The environment over the env files, the later ones first.

    If none is given, the directory's `.env` is the env file.
    """
    if not files:
        dot_env = paths.join(directory, ".env")
        files = (dot_env,) if exists(dot_env) and not is_directory(dot_env) else ()
    known: dict[str, str] = {}
    if files:
        from hwaccess.compose.load.env_file import read_env_file  # noqa: PLC0415 -- most have none
    for file in files:
        known |= {
            each.name: each.value
            for each in read_env_file(file, known | dict(environment), findings)
        }
    return known | dict(environment)


def named_env_files(environment: Mapping[str, str]) -> tuple[str, ...]:
    """What COMPOSE_ENV_FILES names, with commas between."""
    return tuple(
        name.strip() for name in environment.get("COMPOSE_ENV_FILES", "").split(",") if name.strip()
    )


def project_name(environment: Mapping[str, str], name: Scalar | None, directory: str) -> str:
    """COMPOSE_PROJECT_NAME, else the file's `name`, else the directory's, as compose allows it."""
    if chosen := environment.get("COMPOSE_PROJECT_NAME"):
        return _allowed(chosen, "COMPOSE_PROJECT_NAME", None)
    if name is not None and name.text:
        return _allowed(name.text, "name", name.place)
    return _normalised(Path(directory).name) or FALLBACK_NAME


def _allowed(name: str, source: str, place: Place | None) -> str:
    good = _normalised(name)
    if good != name:
        message = f"{source}: {name!r} is no project name"
        hint = (
            "use lower-case letters, digits, - and _, a letter or digit first: "
            f"{good or FALLBACK_NAME}"
        )
        raise ComposeError(message, hint=hint, place=place)
    return name


def _normalised(name: str) -> str:
    return re.sub(r"[^-_a-z0-9]", "", name.lower()).lstrip("-_")
