"""Building verdicts, so that every judge says the same things in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.model import Layer, Outcome, Remedy, Verdict

if TYPE_CHECKING:
    from hwaccess.model import Change, Observation, Rule

OUTCOME_OF_LAYER = {Layer.BUSY: Outcome.BUSY, Layer.BOARD: Outcome.ABSENT}


def reached(summary: str, observation: Observation | None = None, *more: str) -> Verdict:
    """It is reachable; the calls are the evidence."""
    return Verdict(Outcome.REACHABLE, summary, evidence=(*calls_of(observation), *more))


def stopped(
    rule: Rule,
    summary: str,
    evidence: tuple[str, ...],
    *,
    remedy: Remedy | None = None,
    also_possible: tuple[str, ...] = (),
    outcome: Outcome | None = None,
) -> Verdict:
    """It stops at the rule's layer.

    outcome follows from the layer unless given (board: absent, busy: busy).
    """
    if outcome is None:
        outcome = (
            OUTCOME_OF_LAYER.get(rule.layer, Outcome.BLOCKED) if rule.layer else Outcome.UNKNOWN
        )
    return Verdict(outcome, summary, rule.id, rule.layer, evidence, also_possible, remedy)


def calls_of(observation: Observation | None) -> tuple[str, ...]:
    """Every call and library call of an observation as evidence lines."""
    if observation is None:
        return ()
    return (
        *(str(call) for call in observation.calls),
        *(str(call) for call in observation.library),
    )


def compose_remedy(text: str, *changes: Change) -> Remedy:
    """A change of the compose file; its patch is made later, from the file's own text."""
    return Remedy("compose", text, tuple(changes))


def board_remedy(text: str) -> Remedy:
    """A change on the board: the text holds the command to paste."""
    return Remedy("board", text)


def image_remedy(text: str) -> Remedy:
    """A change of the service's image."""
    return Remedy("image", text)
