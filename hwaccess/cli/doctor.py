"""`hwaccess doctor`: what a board has and what it lacks."""

from __future__ import annotations

import click

from hwaccess.cli.options import board_option, format_option, open_board


@click.command()
@board_option
@format_option
def doctor(board: str | None, format_: str) -> None:
    """Tell what the board has: engine, kernel, buses, nodes, and what is missing."""
    # Its exit code is 0 whatever the board lacks, for nothing was expected of it.
    from hwaccess.report import doctor as report  # noqa: PLC0415 -- help needs none of it
    from hwaccess.run.doctor import examine  # noqa: PLC0415 -- same

    with open_board(board) as opened:
        examined = examine(opened)
        click.echo(report.to_json(examined) if format_ == "json" else report.text(examined))
