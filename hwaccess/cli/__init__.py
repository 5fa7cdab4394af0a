"""The command line. It only reads options and gives exit codes; the work is in the other rooms.

One module for each command group, named like it in `front.COMMANDS`. This module and `front` import
next to nothing, so that `hwaccess --help` answers at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.cli import front, streams

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run the command with these arguments and return its exit code.

    Errors are one line and a hint on standard error; `--debug` adds the traceback.
    """
    streams.settle()
    if front.is_enough(argv):
        print(front.PAGE)  # noqa: T201 -- click.echo needs click, which takes as long as all the rest
        code = 0
    else:
        from hwaccess.cli.running import run_command  # noqa: PLC0415 -- as above

        code = run_command(argv)
    why = streams.lost()
    if not why:
        return code
    from hwaccess.cli.running import tell_lost  # noqa: PLC0415 -- same

    return tell_lost(code, why)
