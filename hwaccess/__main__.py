"""`hwaccess` and `python -m hwaccess`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command and leave with its exit code."""
    try:
        from hwaccess.cli import run  # noqa: PLC0415 -- a Ctrl-C may come during the imports too

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        from hwaccess.errors import Exit  # noqa: PLC0415 -- as above

        code = Exit.INTERRUPTED
    sys.exit(code)


if __name__ == "__main__":
    main()
