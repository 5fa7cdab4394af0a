"""The group of all commands, and how each way to end becomes an exit code."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, cast

import click

from hwaccess import __version__
from hwaccess.cli.ending import take_signals
from hwaccess.cli.front import COMMANDS, SUMMARY
from hwaccess.errors import Exit, HwAccessError, Interrupted, UsageError
from hwaccess.plain import plain_lines

if TYPE_CHECKING:
    from collections.abc import Sequence


class Commands(click.Group):
    """The commands of the table; the module of each is imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the help."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None when there is none, which click tells the user."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"hwaccess.cli.{cmd_name}")
        command = cast("click.Command", getattr(module, cmd_name))
        command.short_help = COMMANDS[cmd_name]
        return command


@click.group(
    cls=Commands,
    help=SUMMARY,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="hwaccess", message="%(prog)s %(version)s")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def main(*, debug: bool) -> None:
    """Stand above all commands."""
    del debug  # read by `run_command`, which owns the tracebacks


def run_command(argv: Sequence[str]) -> int:
    """Run the command with these arguments and return its exit code."""
    take_signals()
    try:
        return main.main(args=list(argv), prog_name="hwaccess", standalone_mode=False) or Exit.OK
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except HwAccessError as error:
        if "--debug" in argv:
            import traceback  # noqa: PLC0415 -- only who asks for it pays for it

            traceback.print_exc()
        tell_error(error)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:
        # click makes an Abort of an Interrupted
        ended = error if isinstance(error, Interrupted) else error.__cause__
        if isinstance(ended, Interrupted):
            tell_error(ended)
        return Exit.INTERRUPTED


def tell_error(error: HwAccessError | Interrupted) -> None:
    """The message and its hint on standard error."""
    click.echo(plain_lines(f"error: {error.message}\nhint: {error.hint}"), err=True)


def tell_lost(code: int, why: str) -> int:
    """Say that the output is incomplete, and return the exit code that the command then has."""
    message = f"cannot write to standard output: {why}"
    tell_error(UsageError(message, hint="make room there, or send the output somewhere else"))
    return code if code == Exit.INTERRUPTED else Exit.USAGE
