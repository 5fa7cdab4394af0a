"""Probes that run against emulated drivers, for machines without the hardware.

A probe runs in this process with its `fcntl.ioctl` answered by a driver, on a descriptor of
/dev/null; its calls and facts then go the usual way, as JSON, to the judge. Only the kernel is
emulated: probe and judge are the real ones.
"""

from __future__ import annotations

import fcntl
import json
from typing import TYPE_CHECKING, Any, Protocol

import probe_modules

from hwaccess.agent.answer import build_observation
from hwaccess.typed_json import JsonObject

if TYPE_CHECKING:
    import pytest

    from hwaccess.model import Observation

NODE = "/dev/null"


class Driver(Protocol):
    """What stands behind the node."""

    def ioctl(self, number: int, argument: Any) -> Any:
        """The answer to one request; raises OSError as the kernel does."""


def observe(
    monkeypatch: pytest.MonkeyPatch,
    access: str,
    driver: Driver,
    *,
    allowed: str = "open",
    libraries: bool = False,
    **params: Any,
) -> Observation:
    """What the probe of an access reports with this driver; libraries are asked when told so."""
    calls = probe_modules.load("calls")
    monkeypatch.setattr(
        fcntl, "ioctl", lambda _fd, number, argument=0: driver.ioctl(number, argument)
    )
    if not libraries:
        monkeypatch.setattr(calls.Record, "library", lambda *_: False)
    record = calls.Record(allowed, lambda _: None)
    probe_modules.load(access).probe(record, NODE, params)
    answer = {
        "id": f"app::{access}",
        "probe": access,
        "status": "done",
        "calls": record.calls,
        "facts": record.facts,
    }
    answer["library"] = record.libraries
    return build_observation(JsonObject(json.loads(json.dumps(answer)), "the emulated kernel"))
