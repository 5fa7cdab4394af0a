"""What `check` and `doctor` do once their options are read; returns exit codes."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from hwaccess.errors import Exit, UsageError
from hwaccess.model import ProbeIn, Report, Result
from hwaccess.run.options import Options
from hwaccess.run.prepare import identify
from hwaccess.run.run import check_project
from hwaccess.words import Risk, Severity

if TYPE_CHECKING:
    from hwaccess.boards.base import Board
    from hwaccess.grants import Project


def check(project: Project, board: Board, options: dict[str, object]) -> Exit:
    """Run every check, print the report, and say by the exit code how it went."""
    probe_in = cast("str | None", options["probe_in"])
    chosen = Options(
        services=cast("tuple[str, ...]", options["services"]),
        accesses=cast("tuple[str, ...]", options["accesses"]),
        allow=Risk(options["allow"]),
        probe_in=ProbeIn(probe_in) if probe_in else None,
        seconds=cast("float", options["seconds"]),
    )
    report = check_project(board, project, chosen, tell)
    write(report, cast("str", options["format_"]), cast("str | None", options["output"]))
    return exit_code(report)


def tell(line: str) -> None:
    """Progress, for a person who waits at a terminal."""
    if sys.stderr.isatty():
        click.echo(f"... {line}", err=True)


def write(report: Report, format_: str, output: str | None) -> None:
    """Print the report, or write it to a file."""
    from hwaccess.report import render  # noqa: PLC0415 -- its time runs while containers do not

    terminal = output is None and sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if terminal else None
    text = render(report, format_, width=width, color=terminal)
    if output is None:
        click.echo(text, nl=not text.endswith("\n"), color=terminal or None)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        click.echo(text)  # the run's answer is not lost with its file
        message = f"cannot write {output}: {error.strerror}"
        raise UsageError(
            message, hint=f"choose another file: --output /tmp/{Path(output).name}"
        ) from error


def exit_code(report: Report) -> Exit:
    """Worst wins: an error of the run, a failed check or finding, nothing checked."""
    if report.count(Result.ERROR):
        return Exit.ENGINE
    if report.count(Result.FAIL) or any(
        finding.severity is Severity.ERROR for finding in report.findings
    ):
        return Exit.CHECK_FAILED
    return Exit.OK if report.count(Result.PASS) else Exit.NOTHING_CHECKED


def doctor(board: Board, format_: str) -> Exit:
    """Print what the board says of itself; 0 whatever it lacks, for nothing was expected of it."""
    from hwaccess.report import doctor as report  # noqa: PLC0415 -- see write
    from hwaccess.run.doctor import lacking  # noqa: PLC0415 -- same

    facts = board.facts()
    identity, missing = identify(board, facts), lacking(facts)
    render = report.to_json if format_ == "json" else report.text
    click.echo(render(facts, identity, missing))
    return Exit.OK
