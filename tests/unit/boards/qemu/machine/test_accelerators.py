"""What QEMU runs with: its version, and whether KVM was seen to work."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from hwaccess.boards.qemu.machine import accelerators
from hwaccess.boards.qemu.recipe.loading import load
from hwaccess.errors import EngineError

PC = load("pc")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HWACCESS_CACHE", str(tmp_path))
    return tmp_path / "boards"


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("QEMU emulator version 5.2.0 (Debian 1:5.2)", "is 5.2.0, and pc needs 6.2 or newer"),
        ("no such luck", "does not tell its version: 'no such luck'"),
        (None, "there is no qemu-system-x86_64 on this machine"),
    ],
)
def test_a_qemu_that_will_not_do_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str | None, expected: str
) -> None:
    program = tmp_path / "qemu-system-x86_64"
    if says:
        program.write_text(f"#!/bin/sh\necho '{says}'\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin" if says else str(tmp_path))
    with pytest.raises(EngineError, match=expected):
        accelerators.version(PC)


def test_what_a_trial_showed_is_remembered_for_this_kernel_and_qemu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(accelerators, "NODE", Path("/dev/null"))
    assert accelerators.remembered(PC, "9.0.0") is None
    accelerators.remember("9.0.0", accelerators.KVM)
    assert [accelerators.remembered(PC, version) for version in ("9.0.0", "9.1.0")] == [
        accelerators.KVM,
        None,
    ]
    monkeypatch.setattr(accelerators, "NODE", Path("/dev/nowhere"))
    assert accelerators.remembered(PC, "9.0.0") == accelerators.TCG
