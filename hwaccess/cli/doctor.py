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
    from hwaccess.run.doctor import lacking  # noqa: PLC0415 -- same
    from hwaccess.run.prepare import identify  # noqa: PLC0415 -- same

    with open_board(board) as opened:
        facts = opened.facts()
        identity, missing = identify(opened, facts), lacking(facts)
        render = report.to_json if format_ == "json" else report.text
        click.echo(render(facts, identity, missing))
