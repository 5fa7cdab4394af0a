"""`hwaccess check`: run the checks of a project, report, say by the exit code how it went."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from hwaccess.cli.options import board_option, compose_options, load, open_board
from hwaccess.errors import Exit, UsageError
from hwaccess.plain import plain
from hwaccess.report import FORMATS
from hwaccess.words import Risk

if TYPE_CHECKING:
    from hwaccess.boards.base import Board
    from hwaccess.grants import Project
    from hwaccess.model import Report

RISKS = tuple(risk.value for risk in Risk)


@click.command()
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
    """Start one probe container per service and tell, for every access, whether it is reachable and
    if not, why.
    """  # noqa: D205 -- click joins the lines
    from hwaccess.boards.local import agent_begun  # noqa: PLC0415 -- help needs none of it

    with agent_begun(board, os.environ):
        project = load(files, options)  # first: a bad file needs no board to be reported
        with open_board(board) as opened:
            report = reported(project, opened, options)
            write(report, cast("str", options["format_"]), cast("str | None", options["output"]))
    ctx.exit(exit_code(report))


def reported(project: Project, board: Board, options: dict[str, object]) -> Report:
    """The report of a run with these options."""
    from hwaccess.model import ProbeIn  # noqa: PLC0415 -- help needs none of it
    from hwaccess.report import load as load_format  # noqa: PLC0415 -- same
    from hwaccess.run.options import Options  # noqa: PLC0415 -- same
    from hwaccess.run.run import check_project  # noqa: PLC0415 -- same

    probe_in = cast("str | None", options["probe_in"])
    chosen = Options(
        services=cast("tuple[str, ...]", options["services"]),
        accesses=cast("tuple[str, ...]", options["accesses"]),
        allow=Risk(options["allow"]),
        probe_in=ProbeIn(probe_in) if probe_in else None,
        seconds=cast("float", options["seconds"]),
    )
    format_ = cast("str", options["format_"])
    return check_project(board, project, chosen, tell, lambda: load_format(format_), wait=False)


def tell(line: str) -> None:
    """Progress, for a person who waits at a terminal."""
    if sys.stderr.isatty():
        click.echo(f"... {plain(line)}", err=True)


def write(report: Report, format_: str, output: str | None) -> None:
    """Print the report, or write it to a file.

    Raises `UsageError` when the file cannot be written; the report is printed then, not lost.
    """
    from hwaccess.report import render  # noqa: PLC0415 -- its time runs while containers do not

    terminal = output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else None
    text = render(report, format_, width=width, color=terminal)
    if output is None:
        click.echo(text, nl=not text.endswith("\n"), color=terminal or None)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except BrokenPipeError:
        return  # it is a pipe whose reader went away, as it may with standard output
    except OSError as error:
        click.echo(text)
        message = f"cannot write {output}: {error.strerror}"
        raise UsageError(
            message, hint=f"choose another file: --output /tmp/{Path(output).name}"
        ) from error


def exit_code(report: Report) -> Exit:
    """Worst wins: an error of the run, a failed check or finding, nothing checked."""
    from hwaccess.model import Result  # noqa: PLC0415 -- see reported
    from hwaccess.words import Severity  # noqa: PLC0415 -- same

    if report.count(Result.ERROR):
        return Exit.ENGINE
    if report.count(Result.FAIL) or any(
        finding.severity is Severity.ERROR for finding in report.findings
    ):
        return Exit.CHECK_FAILED
    return Exit.OK if report.count(Result.PASS) else Exit.NOTHING_CHECKED
