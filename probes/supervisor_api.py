"""The supervisor's API on the device: the variables, then a real request to their address."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import calls

PREFIXES = ("BALENA_SUPERVISOR_", "RESIN_SUPERVISOR_")


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """Ask /ping, which needs no key, and with the key /v1/device; both only read.

    No key is ever reported.
    """
    del target, params
    given = {name: os.environ[prefix + name] for prefix in reversed(PREFIXES) for name in
             ("ADDRESS", "HOST", "PORT", "API_KEY") if os.environ.get(prefix + name)}  # fmt: skip
    record.facts["variables"] = sorted(name for name in os.environ if name.startswith(PREFIXES))
    record.facts["has_key"] = "API_KEY" in given
    address = given.get("ADDRESS", "")
    if not address and "HOST" in given and "PORT" in given:
        address = f"http://{given['HOST']}:{given['PORT']}"
    record.facts["address"] = address
    if not address:
        return
    from . import (
        web,
    )  # and with it the sockets, 2 ms that a container without the variables need not pay

    record.facts["open"] = opened = web.get(record, address, "/ping")
    if opened["status"] and "API_KEY" in given:
        record.facts["keyed"] = web.get(record, address, "/v1/device", "apikey=" + given["API_KEY"])
