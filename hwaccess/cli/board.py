"""`hwaccess board`: virtual boards built, started, listed, looked into, ended."""

from __future__ import annotations

import shlex
import signal
import sys
from typing import TYPE_CHECKING

import click

from hwaccess.cli.ending import ending

if TYPE_CHECKING:
    from collections.abc import Callable

name_argument = click.argument("name", metavar="NAME")


@click.group()
def board() -> None:
    """Virtual boards: QEMU machines with real drivers and a real engine, for --board qemu:NAME."""


@board.command()
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option("--again", is_flag=True, help="Build the board again, although it is there.")
@click.option("--yes", is_flag=True, help="Install missing Debian packages without asking.")
def build(names: tuple[str, ...], *, again: bool, yes: bool) -> None:
    """Build a board: minutes once, then it starts in seconds. NAME is a recipe's, or its path:
    ./my.toml.
    """  # noqa: D205 -- click joins the lines
    from hwaccess.boards.qemu.build import packages  # noqa: PLC0415 -- help needs none of it
    from hwaccess.boards.qemu.build.building import build_board  # noqa: PLC0415 -- same
    from hwaccess.boards.qemu.recipe.loading import load  # noqa: PLC0415 -- same

    recipes = [load(name) for name in names]
    packages.provide(recipes, yes=yes)
    for recipe in recipes:
        built = build_board(recipe, tell, again=again)
        address = shlex.quote("qemu:" + built.recipe.address)
        click.echo(f"qemu:{recipe.name} is ready: hwaccess check --board {address} FILE")


@board.command()
@name_argument
@click.option(
    "--keep",
    is_flag=True,
    help="Leave it running when this command ends: hwaccess board down NAME ends it.",
)
def up(name: str, *, keep: bool) -> None:
    """Start a board and print how Docker's own tools reach it; without --keep it ends with this
    command.
    """  # noqa: D205 -- click joins the lines
    from hwaccess.boards.qemu.opening import need_built  # noqa: PLC0415 -- see build
    from hwaccess.boards.qemu.opening import up as work  # noqa: PLC0415 -- same

    built = need_built(name)
    machine = work(built, keep=keep)
    try:
        block_signals()
        click.echo(f"# qemu:{machine.path.name}")
        click.echo(f"export DOCKER_HOST=tcp://127.0.0.1:{machine.port}")
        click.echo(
            f"export DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH={shlex.quote(str(machine.client))}"
        )
        sys.stdout.flush()
        if not keep:
            tell("Ctrl-C ends it")
            wait_for_end(machine.check)
    finally:
        if not keep:
            machine.close()


@board.command()
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every board that was kept.")
def down(names: tuple[str, ...], *, everything: bool) -> None:
    """End boards that were kept, and take away what dead ones left. NAME or NAME@NUMBER."""
    from hwaccess.boards.qemu.machine.machines import chosen  # noqa: PLC0415 -- see build

    for machine in chosen(names, everything=everything):
        machine.close()
        click.echo(f"ended {machine.path.name}")


@board.command()
def ls() -> None:
    """Tell which recipes there are, which of them are built, and which boards run."""
    from hwaccess.boards.qemu.listing import lines  # noqa: PLC0415 -- see build

    for line in lines():
        click.echo(line)


@board.command()
@name_argument
def logs(name: str) -> None:
    """Print what the kernel and the first process said on the console. NAME or NAME@NUMBER."""
    from hwaccess.boards.qemu.machine.machines import one  # noqa: PLC0415 -- see build

    machine = one(name)
    click.echo(machine.qemu_log() + machine.history(), nl=False)


@board.command()
@name_argument
def shell(name: str) -> None:
    """Open root's shell on the console; Ctrl-] leaves it. NAME or NAME@NUMBER."""
    from hwaccess.boards.qemu.machine.console import attach  # noqa: PLC0415 -- see build
    from hwaccess.boards.qemu.machine.machines import one  # noqa: PLC0415 -- see build

    attach(one(name))


def block_signals() -> None:
    """Let no signal break into what comes next: those that end us are waited for instead."""
    signal.pthread_sigmask(signal.SIG_BLOCK, ending())


def wait_for_end(check: Callable[[], object]) -> None:
    """Wait for a signal that ends us, and meanwhile check twice a second that the board lives.

    One that is ignored must not be among them: the kernel hands a signal that is waited for over
    even then.
    """
    block_signals()
    while signal.sigtimedwait(ending(), 0.5) is None:
        check()


def tell(line: str) -> None:
    """Progress; this takes minutes, so a log of CI gets it too."""
    click.echo(f"... {line}", err=True)
