"""Options that several commands have, and what they stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

if TYPE_CHECKING:
    from hwaccess.boards.base import Board
    from hwaccess.grants import Project

Command = TypeVar("Command", bound=Callable[..., object])

board_option = click.option(
    "--board",
    metavar="ADDRESS",
    envvar="HWACCESS_BOARD",
    help="local (default), unix://, tcp://, ssh:// or qemu:NAME.",
)
format_option = click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True
)


def compose_options(command: Command) -> Command:
    """The options of every command that loads compose files."""
    for option in (
        click.option(
            "--env-file",
            "env_files",
            multiple=True,
            metavar="FILE",
            help="Instead of .env; repeatable.",
        ),
        click.option(
            "--profile",
            "profiles",
            multiple=True,
            metavar="NAME",
            help="Activate a profile; repeatable.",
        ),
        click.argument("files", nargs=-1, metavar="[FILE|FOLDER]..."),
    ):
        command = option(command)
    return command


def open_board(address: str | None) -> Board:
    """The board at an address, the local one when there is none.

    Raises `BoardAddressError` when there can be no such board, `EngineError` when none answers.
    """
    from hwaccess.boards import open_board as work  # noqa: PLC0415 -- help needs none of it

    return work(address)


def load(files: tuple[str, ...], options: dict[str, object]) -> Project:
    """The project of the files and the compose options; without files that of the current folder.

    Raises `ComposeError` for a file that cannot be used.
    """
    from hwaccess.compose import load_project  # noqa: PLC0415 -- see open_board

    env_files, profiles = options["env_files"], options["profiles"]
    assert isinstance(env_files, tuple)  # noqa: S101 -- click's own type, told to mypy
    assert isinstance(profiles, tuple)  # noqa: S101 -- same
    return load_project(files, env_files=env_files, profiles=profiles)
