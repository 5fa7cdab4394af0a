"""What an access kind is: one module in this folder, one probe file of the same name in `probes/`.

A kind says which grants ask for it, what its probe is told, and how the probe's observation is judged. It does no I/O.
Third parties register a module (or an object with the same names) under the entry point group `hwaccess.access`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Grant, Service
    from hwaccess.model import Case, Rule, Verdict
    from hwaccess.words import Risk


@dataclass(frozen=True, slots=True)
class Want:
    """One thing to try: its target in the container, the probe's parameters, and the risk that trying it takes."""

    target: str
    risk: Risk
    params: Mapping[str, object] = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()


class Kind(Protocol):
    """The names that a kind's module must have.

    NAME is the access's name and the probe's. SUMMARY is one line for humans. RULES are its own causes.
    PARAMS is the JSON schema (the `properties` object) of what `x-hwaccess` may say beside it.
    host_paths(target) is optional: paths of the board whose kind `judge` wants to find in `BoardFacts.paths`.
    IMPLIES_DENY: when one service is granted a target, the others must not reach it, without anybody writing so.
    """

    NAME: str
    SUMMARY: str
    RULES: tuple[Rule, ...]
    PARAMS: Mapping[str, object]
    IMPLIES_DENY: bool

    @staticmethod
    def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
        """What the service's grants ask for: one Want a target, each target once, in the order of the file."""

    @staticmethod
    def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
        """What a `reach` or `deny` line asks for: its target or the kind's default; one Want per extra (address)."""

    @staticmethod
    def judge(case: Case) -> Verdict:
        """Why it is or is not reachable. The case's observation is there and its status is "done"."""
