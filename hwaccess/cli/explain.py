"""`hwaccess explain`: the page of a rule."""

from __future__ import annotations

import click


@click.command()
@click.argument("rule", metavar="ID")
def explain(rule: str) -> None:
    """Print the page of a rule, for example HW130. Works offline."""
    from hwaccess.rules import explained  # noqa: PLC0415 -- help needs none of it

    click.echo(explained(rule))
