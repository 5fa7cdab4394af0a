"""What a board lacks.

Its engine and kernel come first, then each access kind in the order of the table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess import access
from hwaccess.diagnose import board

if TYPE_CHECKING:
    from hwaccess.facts import BoardFacts
    from hwaccess.words import Finding


def lacking(facts: BoardFacts) -> tuple[Finding, ...]:
    """Everything that can be seen to be missing, each with a command for a shell on the board."""
    return (*board.missing(facts), *(access.lacks(facts) if facts.complete else ()))
