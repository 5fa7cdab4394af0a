"""`hwaccess` and `python -m hwaccess`."""

from __future__ import annotations

import sys

from hwaccess.cli import run


def main() -> None:
    """Run the command and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
