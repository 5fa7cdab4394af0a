"""Which tests of the suite stay together on one worker of pytest-xdist, and which begin first.

A unit of work is all that must not run beside one another, or shares something dear: what is done
to one virtual board (it is booted once), what looks at the machine's whole engine, or else a file.
The mark `xdist_group` would say it too, and change the names of the tests: see docs/design.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Mapping

# File -> the board of its tests that is booted once a session. The matrix has three, by parameter.
SHARED_BOARD: Final[Mapping[str, str]] = {
    "tests/boards/test_lifecycle.py": "pc",
    "tests/boards/test_rows.py": "pc",
    "tests/boards/test_rpi3b.py": "rpi3b",
    "tests/boards/test_systemd.py": "pc",
}
MATRIX: Final = "tests/boards/test_matrix.py"
MATRIX_BOARDS: Final = ("pc-ubuntu", "pc", "rpi3b")  # the longer name first: one begins the other
# These look at every volume of the engine, or make and remove some.
WHOLE_ENGINE: Final = ("tests/engine/", "tests/examples/", "tests/command/test_signals.py")
# Only in engines and folders of their own.
OWN_ENGINE: Final = ("tests/engine/test_private_engine.py",)
# The units that begin first, by what they took alone on two cores: a long one that begins last
# would be waited for. All others follow in the order of their files, the smallest (unit) last.
FIRST: Final = (
    "board rpi3b",
    "whole engine",
    "board pc",
    "board pc-ubuntu",
    "tests/boards/test_variants.py",
    "tests/boards/test_virt.py",
)


def unit_of(test: str) -> str:
    """The unit that a test belongs to, by its node id."""
    file, _, name = test.partition("::")
    if file in SHARED_BOARD:
        return f"board {SHARED_BOARD[file]}"
    if file == MATRIX:
        parameters = name.partition("[")[2]
        board = next(board for board in MATRIX_BOARDS if parameters.startswith(f"{board}-"))
        return f"board {board}"
    if file.startswith(WHOLE_ENGINE) and file not in OWN_ENGINE:
        return "whole engine"
    return file


def rank(test: str) -> tuple[int, int]:
    """Where a test stands in the order of a run that is shared by workers."""
    unit = unit_of(test)
    place = FIRST.index(unit) if unit in FIRST else len(FIRST)
    return place, int(test.startswith("tests/unit/"))


class Sharing(LoadScopeScheduling):  # type: ignore[misc]
    """Hand out whole units, in the order in which their first tests were collected."""

    def _split_scope(self, nodeid: str) -> str:
        """What xdist asks for each test."""
        return unit_of(nodeid)
