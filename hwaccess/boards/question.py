"""The board probe as a request, and its answer."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Final

from hwaccess.agent.answer import PROTOCOL, decode
from hwaccess.errors import ProbeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hwaccess.typed_json import JsonObject

PROBE: Final = "board"
SECONDS: Final = 10.0


def board_question(root: str, paths: Iterable[str]) -> tuple[str, str]:
    """A nonce and the request that carries it; root is where the board's own / is."""
    nonce = secrets.token_hex(8)
    probe = {
        "id": PROBE,
        "probe": PROBE,
        "target": root,
        "risk": "look",
        "params": {"root": root, "paths": sorted(set(paths))},
    }
    return nonce, json.dumps({"v": PROTOCOL, "nonce": nonce, "seconds": SECONDS, "probes": [probe]})


def board_answer(data: bytes, nonce: str) -> JsonObject:
    """What the probe found; one that did not come to its end found nothing that can be used."""
    observation = decode(data, nonce).observation(PROBE)
    if observation.status != "done":
        message = f"the board could not be read: {observation.status}: {observation.message}"
        raise ProbeError(
            message,
            hint="run it again with --debug; a file of /sys that hangs is a fault of its driver",
        )
    return observation.facts
