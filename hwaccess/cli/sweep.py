"""`hwaccess sweep`: remove what killed runs left."""

from __future__ import annotations

import click

from hwaccess.cli.options import board_option, open_board


@click.command()
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
