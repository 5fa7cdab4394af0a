"""Debian packages that a board takes: named, told how to get, installed if the user agrees."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from hwaccess.boards.qemu.build import packages as deb
from hwaccess.boards.qemu.recipe.loading import load
from hwaccess.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

PC = load("pc")


def test_missing_packages_are_listed() -> None:
    def find(program: str) -> bool:
        return program not in ("mmdebstrap", "newuidmap")

    assert deb.missing(PC, find, root=True) == ("mmdebstrap",)
    assert deb.missing(PC, find, root=False) == ("mmdebstrap", "uidmap")
    assert deb.missing(PC, lambda _: False, root=True)[:2] == (
        "qemu-system-x86",
        "debian-archive-keyring",
    )
    assert deb.found("/proc/self")
    assert not deb.found("/proc/nowhere")


def test_a_board_without_a_disk_needs_other_programs() -> None:
    names = deb.missing(load("rpi3b"), lambda _: False, root=True)
    assert names[0] == "qemu-system-arm"
    assert {"squashfs-tools", "device-tree-compiler", "kmod"} <= {*names}
    assert "e2fsprogs" not in names
    assert "device-tree-compiler" not in deb.missing(load("virt"), lambda _: False, root=True)


def test_a_newer_qemu_and_nothing_else_comes_from_the_backports_of_debian_12() -> None:
    def packages(name: str) -> list[list[str]]:
        newer = tuple(deb.from_backports([load(name)]))
        commands = deb.install_commands(
            ("qemu-system-arm", "cpio", "qemu-utils", "ubuntu-keyring"), newer
        )
        return [words[words.index("--no-install-recommends") + 1 :] for words in commands]

    qemu, release = ["qemu-system-arm", "qemu-utils"], ["-t", "bookworm-backports"]
    assert packages("rpi3b") == [[*release, *qemu, "ubuntu-keyring"], ["cpio"]]
    assert packages("pc") == [[*release, "ubuntu-keyring"], [qemu[0], "cpio", qemu[1]]]
    assert len(deb.install_commands(("qemu-system-arm", "cpio"), ())) == 1


def test_what_is_missing_is_told_with_a_command_that_can_be_pasted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        deb,
        "missing",
        lambda _recipe, _find, root: ("qemu-system-arm", "cpio") if root else ("cpio",),
    )
    monkeypatch.setattr(deb, "is_debian_12", lambda: True)
    monkeypatch.setattr(deb, "knows_backports", lambda: False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(EngineError, match="building rpi3b needs qemu-system-arm, cpio") as caught:
        deb.provide([load("rpi3b")], yes=True)
    told, refresh, backports, rest = caught.value.hint.split(" && ")
    assert "bookworm-backports main" in told
    assert refresh == "apt-get update"
    assert backports.endswith("-t bookworm-backports qemu-system-arm")
    assert rest.endswith("--no-install-recommends cpio")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(EngineError) as caught:
        deb.provide([load("rpi3b")], yes=False)
    assert caught.value.hint == "sudo apt-get install --yes --no-install-recommends cpio"


def test_packages_are_looked_for_again_after_an_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "apt-get"
    program.write_text(
        f'#!/bin/sh\necho "$1" >>{tmp_path}/log\n'
        f'[ "$1" = update ] && : >{tmp_path}/lists\n[ -e {tmp_path}/lists ]\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin")
    monkeypatch.setattr(deb, "missing", lambda _recipe, _find, root: ("cpio",) if root else ())
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    deb.provide([PC], yes=True)
    assert (tmp_path / "log").read_text().split() == ["install", "update", "install"]

    program.write_text("#!/bin/sh\nexit 100\n")
    with pytest.raises(EngineError, match="cpio could not be installed"):
        deb.provide([PC], yes=True)
