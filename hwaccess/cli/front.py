"""What `hwaccess --help` says, and the table of commands. No import that takes time."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

SUMMARY: Final = "Show whether a container can really reach the hardware it is promised."
# Command -> its line in the help. Each is the object of that name in the module of that name, here.
# A line is short enough that 80 columns need not cut it.
COMMANDS: Final = {
    "board": "Virtual boards: QEMU machines with real drivers and an engine.",
    "check": "Tell for every service which hardware it reaches, or why not.",
    "doctor": "Tell what the board has, and what is missing.",
    "explain": "Print the page of a rule, for example HW130.",
    "render": "Print the compose file with its feature labels expanded.",
    "sweep": "Remove containers that killed runs left behind.",
}
COLUMNS: Final = 80  # from here on click lays the page out just so, whatever the width
PAGE: Final = "\n".join(
    (
        "Usage: hwaccess [OPTIONS] COMMAND [ARGS]...",
        "",
        f"  {SUMMARY}",
        "",
        "Options:",
        "  --version   Show the version and exit.",
        "  --debug     Show tracebacks.",
        "  -h, --help  Show this message and exit.",
        "",
        "Commands:",
        *(f"  {name:7}  {line}" for name, line in COMMANDS.items()),
    )
)


def is_enough(argv: Sequence[str]) -> bool:
    """Whether PAGE is the whole answer; click lays it out for a narrow terminal."""
    if list(argv) not in (["--help"], ["-h"]) or "COLUMNS" in os.environ:
        return False
    return not sys.stdout.isatty() or os.get_terminal_size(1).columns >= COLUMNS
