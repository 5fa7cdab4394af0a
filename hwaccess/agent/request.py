"""What the agent is asked, as JSON text."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROTOCOL: Final = 1
BOARD: Final = "board"  # the probe that reads the board itself, and the id of its answer
BOARD_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class ProbeRequest:
    """One thing to ask. id comes back in the answer; probe is a module as `files.module` names it.

    risk is the highest that the probe may take. params are JSON values.
    """

    id: str
    probe: str
    target: str
    risk: Risk
    params: Mapping[str, object]


def new_nonce() -> str:
    """A text that comes back in the answer, so that nobody else can have written it."""
    return os.urandom(8).hex()  # `secrets` would import OpenSSL for the same


def request(probes: Iterable[ProbeRequest], nonce: str, seconds: float) -> str:
    """The request for these probes, each with a time limit in seconds."""
    asked = [
        {
            "id": each.id,
            "probe": each.probe,
            "target": each.target,
            "risk": each.risk.value,
            "params": dict(each.params),
        }
        for each in probes
    ]
    document = {"v": PROTOCOL, "nonce": nonce, "seconds": seconds, "probes": asked}
    return json.dumps(document, separators=(",", ":"))


def board_request(root: str, paths: Iterable[str], nonce: str) -> str:
    """The request that reads the board.

    root is where the board's own / is, paths are asked about.
    """
    params = {"root": root, "paths": sorted(set(paths))}
    return request([ProbeRequest(BOARD, BOARD, root, Risk.LOOK, params)], nonce, BOARD_SECONDS)
