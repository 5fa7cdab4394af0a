"""The cache of what is built: whole or not there, made by one process at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hwaccess import locks
from hwaccess.boards.qemu import store
from hwaccess.errors import EngineError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HWACCESS_CACHE", str(tmp_path))
    return tmp_path / "boards"


def test_what_fails_half_way_leaves_nothing_and_what_died_half_way_is_taken_away(
    cache: Path,
) -> None:
    path = cache / "thing"
    with pytest.raises(ZeroDivisionError), store.making(path, 1):
        _ = 1 / 0
    assert [entry.name for entry in cache.iterdir()] == ["thing.lock"]

    (cache / "thing.part-old").mkdir()
    with locks.exclusive(store.lock_of(path)):  # somebody is at it
        store.clear_away()
    assert sorted(entry.name for entry in cache.iterdir()) == ["thing.lock", "thing.part-old"]
    store.clear_away()
    assert not [*cache.iterdir()]

    (cache / "thing.part-old").mkdir()
    with store.making(path, 1) as part:
        assert part
        (part / "file").write_text("1")
    there = ["thing", "thing.lock", "thing.used.lock"]
    assert sorted(entry.name for entry in cache.iterdir()) == there
    (cache / "thing.part-again").mkdir()  # of a build --again that was killed
    store.clear_away()
    assert sorted(entry.name for entry in cache.iterdir()) == there

    with store.making(path, 1) as part:
        assert part is None
    with store.making(path, 1, again=True) as part:
        assert part
        with store.using(path):  # while another one is made
            assert (path / "file").exists()
            assert not store.remove_unused(path)
    assert not (path / "file").exists()
    assert store.remove_unused(path)
    assert not [*cache.iterdir()]


def test_too_small_a_disk_is_told_before_it_is_full(cache: Path) -> None:
    with (
        pytest.raises(EngineError, match="MiB free, and this takes 1000000000 MiB"),
        store.making(cache / "x", 10**9),
    ):
        pytest.fail("it began")


def test_a_cache_that_cannot_be_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWACCESS_CACHE", "/proc/nowhere")
    with pytest.raises(UsageError, match="cannot be used as cache"):
        store.folder()
