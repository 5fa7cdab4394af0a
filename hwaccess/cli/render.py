"""`hwaccess render`: the compose file without feature labels."""

from __future__ import annotations

import click

from hwaccess.cli.options import compose_options, load


@click.command()
@compose_options
def render(files: tuple[str, ...], **options: object) -> None:
    """Print the compose file with feature labels expanded to fields that any Docker host
    understands.
    """  # noqa: D205 -- click joins the lines
    from hwaccess.compose.write.render import render as work  # noqa: PLC0415 -- help needs none of it

    click.echo(work(load(files, options)), nl=False)
