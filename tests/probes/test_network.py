"""The probe of networks, on this machine."""

from __future__ import annotations

import socket

import agents
import pytest


@pytest.mark.parametrize("python", agents.pythons())
def test_interfaces_are_those_of_the_namespace(python: str) -> None:
    result = agents.ask(python, {"probe": "network", "target": "host"})["results"][0]
    assert [item["name"] for item in result["facts"]["interfaces"]] == [
        name for _, name in socket.if_nameindex()
    ]
    loopback = next(item for item in result["facts"]["interfaces"] if item["name"] == "lo")
    assert loopback == {"name": "lo", "address": "00:00:00:00:00:00", "up": True}


@pytest.mark.parametrize(
    ("target", "call"),
    [("NET_ADMIN", "setsockopt"), ("NET_RAW", "socket"), ("hci0", "socket")],
)
def test_what_is_tried_is_written_down(target: str, call: str) -> None:
    result = agents.ask(agents.pythons()[0], {"probe": "network", "target": target})["results"][0]
    assert result["status"] == "done", result["message"]
    last = result["calls"][-1]
    assert last["call"] == call
    assert result["facts"]["errno"] == (last["errno"] or "")
