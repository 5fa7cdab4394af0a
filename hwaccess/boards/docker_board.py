"""A board that is known by its engine alone: this machine, or one behind ssh:// or tcp://."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Self

from hwaccess.agent.answer import board_answer
from hwaccess.agent.request import board_request, new_nonce
from hwaccess.boards.facts import decode_board, engine_only
from hwaccess.boards.local import is_this_machine, read_directly
from hwaccess.errors import EngineError
from hwaccess.model import Provenance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hwaccess.engine.base import Engine
    from hwaccess.engine.docker_engine import DockerEngine
    from hwaccess.facts import BoardFacts

# Starting the container alone took 38 s on an emulated Raspberry Pi, on a machine under load.
READ_SECONDS = 90.0


class DockerBoard:
    """A `Board` over an engine that is connected already; closing the board closes it."""

    def __init__(self, engine: DockerEngine, provenance: Provenance = Provenance.REAL) -> None:
        self.engine: Engine = engine
        self._endpoint = engine.endpoint
        self.url = engine.url
        self.provenance = provenance
        self.name = engine.info().name

    def facts(self, paths: Iterable[str] = ()) -> BoardFacts:
        """What the board says of itself, read directly when the engine is on this machine.

        Else a container there reads it. An engine that refuses such a container (rootless, a
        policy) leaves what it says of itself: `complete` is False.
        """
        info = self.engine.info()
        nonce = new_nonce()
        if is_this_machine(self._endpoint, info):
            request = board_request("/", paths, nonce)
            return decode_board(
                info, board_answer(read_directly(request, READ_SECONDS), nonce), "directly"
            )
        request = board_request("/host", paths, nonce)
        run = self.engine.run_board_probe(request, READ_SECONDS)
        if run.refusal is not None:
            return engine_only(info)
        return decode_board(info, board_answer(run.answer or b"", nonce), "board container")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the engine; one that is gone cannot be tidied.

        What ended the block says why, and is not to be hidden.
        """
        with contextlib.suppress(EngineError) if exc[0] else contextlib.nullcontext():
            self.engine.close()
