"""The cache folder: one variable moves all of it, and nothing is written anywhere else."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hwaccess import cache
from hwaccess.boards.qemu import store
from hwaccess.engine import digest, runtime
from hwaccess.locks import one_writer


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HWACCESS_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"HWACCESS_CACHE": "", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/hwaccess"),
        ({"HWACCESS_CACHE": "", "XDG_CACHE_HOME": "", "HOME": "/c"}, "/c/.cache/hwaccess"),
    ],
)
def test_the_first_variable_that_is_set_decides(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache.folder() == Path(expected)


def test_a_folder_named_from_here_is_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HWACCESS_CACHE", "mine")
    assert cache.folder() == tmp_path / "mine"


def test_hwaccess_cache_moves_boards_locks_and_the_runtimes_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, other = tmp_path / "chosen", tmp_path / "other"
    monkeypatch.setenv("HWACCESS_CACHE", str(chosen))
    monkeypatch.setenv("XDG_CACHE_HOME", str(other))
    monkeypatch.setenv("HOME", str(other))

    store.folder()
    digest.runtime_hash()
    with one_writer("tcp://pi", threading.Event()), runtime.one_at_a_time():
        pass

    assert not other.exists()
    kinds = sorted(path.name.partition("-")[0] for path in chosen.iterdir())
    assert kinds == ["boards", "prepare.lock", "runtime", "writing"]
