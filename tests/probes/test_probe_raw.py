"""The probes of memory, ports, firmware, privileged and confinement, under every Python found."""

from __future__ import annotations

import os
import sys
from typing import Any

import agents
import pytest

from hwaccess.agent.answer import build_mount, build_node
from hwaccess.typed_json import JsonObject

EVERY_PYTHON = pytest.mark.parametrize("python", agents.pythons())
X86 = os.uname().machine == "x86_64"


def ask(
    python: str, probe: str, target: str = "", risk: str = "open", **params: Any
) -> dict[str, Any]:
    """The one result of a probe that came to its end."""
    (result,) = agents.ask(
        python, {"probe": probe, "target": target, "risk": risk, "params": params}
    )["results"]
    assert result["status"] == "done", result["message"]
    found: dict[str, Any] = result
    return found


@EVERY_PYTHON
def test_memory_is_opened_as_its_users_open_it(python: str) -> None:
    result = ask(python, "mem", "/dev/zero")
    assert [(call["call"], call["args"]) for call in result["calls"]] == [
        ("access", '"/dev/zero", R_OK|W_OK'),
        ("open", '"/dev/zero", O_RDWR|O_SYNC'),
    ]
    assert build_node(JsonObject(result["facts"]["node"], "node")).number == "1:5"


@EVERY_PYTHON
def test_a_page_is_mapped_only_with_an_address_and_the_risk(python: str) -> None:
    """/dev/zero stands for /dev/mem: a character device that can be mapped, on every machine."""
    mapped = ask(python, "mem", "/dev/zero@0x3f200004", "read", address=0x3F200004)["calls"][-1]
    assert mapped["call"] == "mmap"
    assert mapped["args"].endswith("PROT_READ, MAP_SHARED, 0x3f200000")
    assert (mapped["errno"], mapped["value"]) == (None, "mapped")
    for risk, params in (("open", {"address": 0}), ("read", {})):
        calls = ask(python, "mem", "/dev/zero@0x0", risk, **params)["calls"]
        assert [call["call"] for call in calls] == ["access", "open"]


@EVERY_PYTHON
def test_a_refused_mapping_keeps_its_errno(python: str) -> None:
    """/dev/null opens and cannot be mapped."""
    refused = ask(python, "mem", "/dev/null@0x1000", "read", address=0x1000)["calls"][-1]
    assert (refused["call"], refused["errno"]) == ("mmap", "ENODEV")


@EVERY_PYTHON
def test_a_node_that_is_not_there(python: str) -> None:
    result = ask(python, "mem", "/dev/no-such-mem")
    assert [call["errno"] for call in result["calls"]] == ["ENOENT"] * 3
    assert "O_RDONLY|O_SYNC" in result["calls"][-1]["args"]


@EVERY_PYTHON
def test_no_port_stays_open(python: str) -> None:
    result = ask(python, "rawio")
    assert result["facts"]["port_io"] is X86
    calls = [call["args"] for call in result["calls"]]
    if X86:
        assert calls[0] == "0x80, 1, 0"
        opened = [
            call for call in result["calls"] if call["args"] == "0x80, 1, 1" and not call["errno"]
        ]
        assert not opened or (calls[-1], result["calls"][-1]["errno"]) == ("0x80, 1, 0", None)
    else:
        assert calls == []


@EVERY_PYTHON
def test_a_look_at_ports_turns_none_on(python: str) -> None:
    calls = [call["args"] for call in ask(python, "rawio", risk="look")["calls"]]
    assert calls == (["0x80, 1, 0"] if X86 else [])


@EVERY_PYTHON
def test_firmware_is_looked_for_where_the_kernel_looks(python: str) -> None:
    result = ask(python, "firmware", "no-such/firmware.bin", "look")
    assert result["facts"]["files"] == []
    assert result["calls"] == []
    folder = result["facts"]["folder"]
    assert folder["path"] == "/lib/firmware"
    assert build_mount(JsonObject(folder["mount"], "mount")) is not None


@pytest.mark.parametrize("folder", ["/proc", "/no/such/folder"])
def test_another_folder_can_be_named(folder: str) -> None:
    facts = ask(sys.executable, "firmware", folder, "look")["facts"]
    assert facts["folder"]["path"] == folder
    assert facts["folder"]["errno"] == ("" if folder == "/proc" else "ENOENT")
    assert "files" not in facts


@EVERY_PYTHON
def test_what_privileged_gives_is_asked_without_an_open(python: str) -> None:
    result = ask(python, "privileged", risk="look")
    assert result["calls"] == []
    assert result["facts"]["nodes"] > 5
    assert build_mount(JsonObject(result["facts"]["mounts"]["/proc/sys"], "mount")) is not None


@EVERY_PYTHON
def test_confinement_shows_the_paths_that_engines_lock(python: str) -> None:
    mounts = ask(python, "confinement", risk="look")["facts"]["mounts"]
    assert {"/", "/sys", "/proc/sys"} <= set(mounts)
    for mount in mounts.values():
        assert build_mount(JsonObject(mount, "mount")) is not None
