"""Collecting what loading finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.words import Finding, Place, Severity

if TYPE_CHECKING:
    from hwaccess.model import Rule


class Findings:
    """The findings of one load.

    Each is told once, however often its line is read (aliases, extends, include).
    """

    def __init__(self) -> None:
        self._found: dict[object, Finding] = {}

    def warn(
        self,
        rule: Rule,
        summary: str,
        *,
        place: Place | None,
        remedy: str,
        service: str | None = None,
        once: str = "",
    ) -> None:
        """Add a warning.

        Two with the same rule and `once` (or, without it, the same place) are one.
        """
        found = Finding(rule.id, Severity.WARNING, summary, service, place, remedy)
        self._found.setdefault((rule.id, once or place), found)

    def error(
        self, rule: Rule, summary: str, *, place: Place, remedy: str, service: str | None
    ) -> None:
        """Add what compose itself refuses; the checks are asked all the same."""
        found = Finding(rule.id, Severity.ERROR, summary, service, place, remedy)
        self._found.setdefault((rule.id, place), found)

    def all(self) -> tuple[Finding, ...]:
        """In the order in which they were made."""
        return tuple(self._found.values())
