"""Locks: held alone or shared, asked without waiting, still right when their file is removed."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import hwaccess
from hwaccess import locks

PACKAGE = Path(hwaccess.__file__).parent


def test_no_other_module_takes_a_lock_of_its_own() -> None:
    paths = [path for path in PACKAGE.rglob("*.py") if "flock" in path.read_text()]
    assert [path.relative_to(PACKAGE).name for path in paths] == ["locks.py"]


def test_a_lock_is_seen_from_outside_while_it_is_held_alone(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not locks.is_held(path)
    with locks.exclusive(path):
        assert locks.is_held(path)
    with locks.shared(path):
        assert not locks.is_held(path)
    assert not locks.is_held(path)


def test_shared_holders_keep_out_one_who_wants_it_alone_and_not_each_other(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with locks.shared(path), locks.shared(path, wait=False):
        with pytest.raises(BlockingIOError), locks.exclusive(path, wait=False):
            pytest.fail("both have it")
        with path.open("r+") as file:
            assert not locks.try_exclusive(file)
    with locks.exclusive(path), pytest.raises(BlockingIOError), locks.shared(path, wait=False):
        pytest.fail("both have it")
    with path.open("r+") as file:
        assert locks.try_exclusive(file)


def test_a_child_that_inherits_the_file_holds_the_lock_and_what_it_wrote_stays(
    tmp_path: Path,
) -> None:
    path = tmp_path / "lock"
    code = "import sys; print('me', flush=True); sys.stdin.read()"
    with locks.exclusive(path) as file:
        child = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=file.fileno()
        )
    with child, pytest.raises(BlockingIOError), locks.exclusive(path, wait=False):
        pytest.fail("the child does not hold it")
    with locks.exclusive(path):
        assert path.read_text() == "me\n"


def test_who_waits_for_a_lock_whose_file_is_removed_gets_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    got = threading.Event()

    def wait() -> None:
        with locks.exclusive(path):
            got.set()
            assert locks.is_held(path)

    with ThreadPoolExecutor() as pool, locks.exclusive(path) as file:
        waiting = pool.submit(wait)
        assert not got.wait(0.2)
        assert locks.is_at(file, path)
        path.unlink()
        assert not locks.is_at(file, path)
    waiting.result()
    assert got.is_set()


def test_a_file_that_cannot_be_written_is_reported() -> None:
    with pytest.raises(OSError, match="No such file"), locks.exclusive(Path("/proc/nowhere/lock")):
        pytest.fail("it was locked")
