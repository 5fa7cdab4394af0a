"""The cloud's API: the variables, then a request without the key to the address that they give."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import calls


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """Ask /ping, which needs no key: a test does not send the device's key out, nor report it."""
    del target, params
    names = ("BALENA_API_URL", "BALENA_API_KEY", "RESIN_API_URL", "RESIN_API_KEY")
    given = {name: os.environ[name] for name in names if os.environ.get(name)}
    address = given.get("BALENA_API_URL") or given.get("RESIN_API_URL") or ""
    record.facts.update(
        variables=sorted(given),
        has_key="BALENA_API_KEY" in given or "RESIN_API_KEY" in given,
        address=address,
    )
    if address:
        from . import (
            web,
        )  # and with it the sockets, 2 ms that a container without the variables need not pay

        record.facts["open"] = web.get(record, address, "/ping")
