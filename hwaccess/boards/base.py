"""What a board is: an engine, where it came from, and what was read on the machine itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hwaccess.engine.base import Engine
    from hwaccess.facts import BoardFacts
    from hwaccess.model import Provenance


class Board(Protocol):
    """A machine with a Docker-compatible engine.

    Use it as a context manager: leaving closes what entering opened.
    """

    name: str
    url: str
    provenance: Provenance
    engine: Engine

    def facts(self, paths: Iterable[str] = ()) -> BoardFacts:
        """What the board says of itself.

        `paths` are host paths whose kind is wanted in `BoardFacts.paths`.
        """

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...
