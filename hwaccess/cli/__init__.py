"""The command line: options, exit codes, signals. The work is elsewhere and is imported when a command needs it."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from hwaccess import __version__
from hwaccess.cli.board import board as board_group
from hwaccess.errors import ENDING, Exit, HwAccessError, Interrupted
from hwaccess.report import FORMATS
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    from hwaccess.boards.base import Board
    from hwaccess.grants import Project

Command = TypeVar("Command", bound=Callable[..., object])
RISKS = tuple(risk.value for risk in Risk)

board_option = click.option(
    "--board",
    metavar="ADDRESS",
    envvar="HWACCESS_BOARD",
    help="local (default), unix://, tcp://, ssh:// or qemu:NAME.",
)
files_argument = click.argument("files", nargs=-1, metavar="[FILE|FOLDER]...")


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
        files_argument,
    ):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="hwaccess", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def main(*, debug: bool) -> None:
    """Show whether a container can really reach the hardware that its compose file promises."""
    del debug  # read by `run`, which owns the tracebacks


@main.command()
@compose_options
@board_option
@click.option(
    "--service", "services", multiple=True, metavar="NAME", help="Only this service; repeatable."
)
@click.option(
    "--access", "accesses", multiple=True, metavar="KIND", help="Only this access; repeatable."
)
@click.option(
    "--allow",
    type=click.Choice(RISKS),
    default="open",
    show_default=True,
    help="Highest risk of probes.",
)
@click.option(
    "--probe-in",
    type=click.Choice(("service-image", "probe-image")),
    help="Where probes run; by default in the service's own image when the board has it.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 600),
    default=10.0,
    show_default=True,
    help="Limit of a probe.",
)
@click.option(
    "--format", "format_", type=click.Choice(tuple(FORMATS)), default="text", show_default=True
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True),
    help="Write the report to this file.",
)
@click.pass_context
def check(
    ctx: click.Context, /, files: tuple[str, ...], board: str | None, **options: object
) -> None:
    """Start one probe container per service and tell, for every access, whether it is reachable and if not, why."""
    from hwaccess.cli.work import check as work  # noqa: PLC0415 -- help and version need none of it

    project = load(files, options)  # first: a bad file needs no board to be told
    with open_board(board) as opened:
        code = work(project, opened, options)
    ctx.exit(code)


@main.command()
@board_option
@click.option(
    "--format", "format_", type=click.Choice(("text", "json")), default="text", show_default=True
)
@click.pass_context
def doctor(ctx: click.Context, /, board: str | None, format_: str) -> None:
    """Tell what the board has: engine, kernel, buses, nodes, and what is missing."""
    from hwaccess.cli.work import doctor as work  # noqa: PLC0415 -- see check

    with open_board(board) as opened:
        code = work(opened, format_)
    ctx.exit(code)


@main.command()
@compose_options
def render(files: tuple[str, ...], **options: object) -> None:
    """Print the compose file with feature labels expanded to fields that any Docker host understands."""
    from hwaccess.compose.write.render import render as work  # noqa: PLC0415 -- see check

    click.echo(work(load(files, options)), nl=False)


@main.command()
@click.argument("rule", metavar="ID")
def explain(rule: str) -> None:
    """Print the page of a rule, for example HW130. Works offline."""
    from hwaccess.rules import explained  # noqa: PLC0415 -- see check

    click.echo(explained(rule))


@main.command()
@board_option
@click.option(
    "--all", "everything", is_flag=True, help="The probe image and its runtime volume as well."
)
def sweep(board: str | None, *, everything: bool) -> None:
    """Remove containers that killed runs left behind."""
    with open_board(board) as opened:
        swept = opened.engine.sweep(everything=everything)
    for kind, removed in (
        ("container", swept.containers),
        ("image", swept.images),
        ("volume", swept.volumes),
    ):
        for name in removed:
            click.echo(f"removed {kind} {name}")
    if not (swept.containers or swept.images or swept.volumes):
        click.echo("nothing was left behind", err=True)


main.add_command(board_group)


def open_board(address: str | None) -> Board:
    """The board at an address, the local one when there is none."""
    from hwaccess.boards import open_board as work  # noqa: PLC0415 -- see check

    return work(address)


def load(files: tuple[str, ...], options: dict[str, object]) -> Project:
    """The project of the files and the compose options, of the current folder when no file is named."""
    from hwaccess.compose import load_project  # noqa: PLC0415 -- see check

    env_files, profiles = options["env_files"], options["profiles"]
    assert isinstance(env_files, tuple)  # noqa: S101 -- click's own type, told to mypy
    assert isinstance(profiles, tuple)  # noqa: S101 -- same
    return load_project(files or (".",), env_files=env_files, profiles=profiles)


def end_run(number: int, frame: FrameType | None) -> NoReturn:
    """Turn a signal into an exception, so that every `finally` on the way out removes what the run made."""
    del frame
    for other in ENDING:  # a second one must not break into the removal that the first one began
        signal.signal(other, signal.SIG_IGN)
    message = f"ended by {signal.Signals(number).name}; the run's containers are removed"
    raise Interrupted(message, hint="nothing is left behind; check with: hwaccess sweep")


def run(argv: Sequence[str]) -> int:
    """Run the command with these arguments and return its exit code; errors are one line and a hint on stderr."""
    for number in ENDING:
        signal.signal(number, end_run)
    debug = "--debug" in argv
    try:
        return main.main(args=list(argv), prog_name="hwaccess", standalone_mode=False) or Exit.OK
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except HwAccessError as error:
        if debug:
            traceback.print_exc()
        click.echo(f"error: {error.message}\nhint: {error.hint}", err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        ended = (
            error if isinstance(error, Interrupted) else error.__cause__
        )  # click makes an Abort of it
        if isinstance(ended, Interrupted):
            click.echo(f"error: {ended.message}\nhint: {ended.hint}", err=True)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away (`| head`): nothing is left to tell anybody
        return Exit.OK
