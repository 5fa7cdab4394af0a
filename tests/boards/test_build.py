"""A build ended half way, by each kind of signal: nothing of it runs, is mounted, or lies about."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from waiting import soon

from hwaccess.boards.qemu import store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = [pytest.mark.board("pc"), pytest.mark.usefixtures("nothing_is_ignored")]


def building(log: Path) -> Iterator[int]:
    """The processes that write to a log."""
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and int(path.name) != os.getpid():
            with contextlib.suppress(OSError):
                if str((path / "fd/1").readlink()) == str(log):
                    yield int(path.name)


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """An empty cache, and the folder in which the tree is made."""
    trees = tmp_path / "trees"
    trees.mkdir()
    tmp_path.chmod(0o755)
    monkeypatch.setenv("HWACCESS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(trees))
    return store.folder(), trees


def has_begun(trees: Path) -> bool:
    return any(trees.glob("mmdebstrap.*/var/lib/dpkg"))


def is_mounted(trees: Path) -> bool:
    """Packages are configured in the tree, which then has the machine's /proc and /sys in it."""
    return str(trees) in Path("/proc/mounts").read_text()


# Without root its mounts are in a namespace of its own, and go with it.
LATER = is_mounted if os.geteuid() == 0 else has_begun


@pytest.mark.parametrize(
    ("number", "moment"),
    [(signal.SIGHUP, has_begun), (signal.SIGTERM, LATER), (signal.SIGKILL, LATER)],
)
def test_a_build_that_is_ended_takes_its_tree_with_it(
    places: tuple[Path, Path], number: signal.Signals, moment: Callable[[Path], bool]
) -> None:
    cache, trees = places
    command = [sys.executable, "-m", "hwaccess", "board", "build", "pc"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as build:
        assert soon(lambda: moment(trees), 120)
        (log,) = cache.glob("root-*.part-*/install.log")
        assert [*building(log)]
        build.send_signal(number)
        assert build.wait(90) != 0

    assert soon(lambda: not [*building(log)], 90)
    assert not is_mounted(trees)
    assert not [*trees.iterdir()]
    store.clear_away()
    assert not [*cache.iterdir()]
