"""Built boards: which share what, which are old, and what is refused."""

from __future__ import annotations

import os
import platform
from dataclasses import replace
from pathlib import Path

import pytest

from hwaccess.boards.qemu import store
from hwaccess.boards.qemu.build import building, built, root_image
from hwaccess.boards.qemu.machine import accelerators
from hwaccess.boards.qemu.recipe.loading import load
from hwaccess.errors import UsageError

PC = load("pc")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HWACCESS_CACHE", str(tmp_path))
    return tmp_path / "boards"


def test_variants_share_the_root_image_and_nothing_else(cache: Path) -> None:
    names = ("pc", "pc-cgroup1", "pc-apparmor", "pc-userns")
    assert len({root_image.root_folder(load(name)) for name in names}) == 1
    assert root_image.root_folder(PC) != root_image.root_folder(
        replace(PC, root=replace(PC.root, packages=("dbus",)))
    )
    assert len({built.board_folder(load(name), accelerators.TCG, "7.2.0") for name in names}) == 4
    assert built.board_folder(PC, accelerators.TCG, "7.2.0") != built.board_folder(
        PC, accelerators.KVM, "7.2.0"
    )
    assert cache.stat().st_mode & 0o777 == 0o700


def test_what_nothing_needs_any_more_is_taken_away(cache: Path) -> None:
    store.folder()
    here, gone = "pc", "/nowhere/my.toml"
    for name, source in {
        "board-pc-0000000000aa": here,
        "board-pc-0000000000bb": here,
        "board-pc-cgroup1-0000000000cc": "pc-cgroup1",
        "board-pc-0000000000dd": str(Path(__file__)),  # of another file of that name
        "board-my-0000000000ee": gone,
    }.items():
        image = f"root-{name[-12:]}"
        (cache / name).mkdir()
        store.write_json(cache / name / built.FACTS, {"root": image, "source": source})
        (cache / image).mkdir()
    board = built.Built(PC, cache / "board-pc-0000000000bb", accelerators.TCG)
    old = sorted(building.outdated(board), reverse=True)
    assert [path.name for path in old] == ["board-pc-0000000000aa", "board-my-0000000000ee"]
    with store.using(old[0]):
        assert not store.remove_unused(old[0])
    assert store.remove_unused(old[0])
    assert not [path for path in cache.iterdir() if path.name.startswith(old[0].name)]
    # The root of the other board stays, for that board is still there.
    assert [path.name for path in building.unused_roots(board)] == ["root-0000000000aa"]


def test_a_disk_is_of_its_very_root_image(cache: Path) -> None:
    board = built.Built(PC, cache / "board", accelerators.TCG)
    root_path = root_image.root_folder(PC)
    for path in (root_path, board.path):
        path.mkdir(parents=True)
    (root_path / root_image.KERNEL).touch()
    store.write_json(board.path / built.FACTS, {"root_made": built.made_at(root_path)})
    seen = [board.has_root]
    os.utime(root_path / root_image.KERNEL, (1, 1))  # made again
    seen.append(board.has_root)
    (root_path / root_image.KERNEL).unlink()
    seen.append(board.has_root)
    assert seen == [True, False, False]


def test_a_disk_for_another_processor_is_refused_before_anything_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(UsageError, match=r"machine\.type: q35 is x86_64, this is riscv64"):
        building.build_board(PC, pytest.fail)
