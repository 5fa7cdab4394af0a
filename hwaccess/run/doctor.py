"""What a board has and what it lacks, as far as it can be seen without a container of a service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess import access
from hwaccess.diagnose import board as shared
from hwaccess.model import BoardReport
from hwaccess.run.prepare import identify

if TYPE_CHECKING:
    from hwaccess.boards.base import Board
    from hwaccess.facts import BoardFacts
    from hwaccess.model import BoardIdentity
    from hwaccess.words import Finding


def examine(board: Board) -> BoardReport:
    """Ask the board, and say what it has and lacks.

    Raises `EngineError` when it does not answer.
    """
    facts = board.facts()
    return report_on(facts, identify(board, facts))


def report_on(facts: BoardFacts, identity: BoardIdentity) -> BoardReport:
    """What these facts say."""
    nodes = (node for node in facts.nodes if not node.link)
    notable = tuple(node for node in nodes if access.is_notable(node.path))
    return BoardReport(identity, facts, lacking(facts), notable)


def lacking(facts: BoardFacts) -> tuple[Finding, ...]:
    """Everything that can be seen to be missing, each with a command for a shell on the board.

    Its engine and kernel come first, then each access kind in the order of the table.
    """
    return (*shared.missing(facts), *(access.lacks(facts) if facts.complete else ()))
