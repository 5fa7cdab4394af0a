"""What an access kind is: a room in this folder, and a probe of its own in `probes/`.

A kind says which grants ask for it, what its probe is told, and how the probe's observation is
judged. It does no I/O. Another package registers its own room (a module, or an object with the same
names) under the entry point group `hwaccess.access`. docs/access-kind.md walks through one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Grant, Service
    from hwaccess.model import Case, Rule, Verdict
    from hwaccess.words import Finding, Risk


@dataclass(frozen=True, slots=True)
class Want:
    """One thing to try: its target in the container, the probe's parameters, and the risk."""

    target: str
    risk: Risk
    params: Mapping[str, object] = field(default_factory=dict)
    grants: tuple[Grant, ...] = ()


class Kind(Protocol):
    """What every kind has.

    NAME is the access's name. SUMMARY is one line for humans. RULES are its own causes, PAGES the
    Markdown file that explains them under `## ID`. PROBE names the files that run in the container,
    the one with `probe()` first: a text is a file of our own `probes/`, another package gives whole
    paths. PARAMS is the JSON schema (the `properties` object) of what `x-hwaccess` may say beside
    it. IMPLIES_DENY: when one service is granted a target, the others must not reach it, without
    anybody writing so.
    """

    NAME: str
    SUMMARY: str
    RULES: tuple[Rule, ...]
    PAGES: Path
    PROBE: tuple[str | Path, ...]
    PARAMS: Mapping[str, object]
    IMPLIES_DENY: bool

    @staticmethod
    def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
        """What the service's grants ask for: one Want for each target, in the order of the file."""

    @staticmethod
    def expected(
        expectation: ExpectedAccess, service: Service, board: BoardFacts
    ) -> Iterator[Want]:
        """What a `reach` or `deny` line asks for: its target or the kind's default.

        One Want per extra (address).
        """

    @staticmethod
    def judge(case: Case) -> Verdict:
        """Why it is or is not reachable.

        The case's observation is there and its status is "done".
        """


class MoreOfKind(Protocol):
    """What a kind may have as well; `hwaccess.access` asks for it by name.

    ON_BOARD is by what a board tells whether it has the access: a pattern of nodes ("/dev/i2c-*"),
    a path, or "" when only a path that the user names can tell. Without it, `hw_requires` refuses
    the kind.
    """

    ON_BOARD: str

    @staticmethod
    def claims(path: str) -> bool:
        """Whether device nodes of this path are the kind's.

        Those that nobody claims belong to `device`.
        """

    @staticmethod
    def host_paths(target: str) -> tuple[str, ...]:
        """The board's paths that `judge` wants to find in `BoardFacts.paths`."""

    @staticmethod
    def missing_node(case: Case, path: str) -> Verdict | None:
        """Why the board does not have a node that the kind claims; None when it does not know."""

    @staticmethod
    def lacks(board: BoardFacts) -> Iterator[Finding]:
        """What the board lacks so that the access could work, seen in its facts alone."""
