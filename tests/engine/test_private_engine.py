"""What must not be tried on the machine's own engine: starting and stopping one, and sweeping everything."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from docker import APIClient
from private_engine import private_engine, script, settings

from hwaccess.engine import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.docker


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket."""
    made = Path(tempfile.mkdtemp(prefix="hwe"))
    yield made
    shutil.rmtree(made)


def test_an_engine_is_started_once_and_stopped(folder: Path) -> None:
    with private_engine(folder) as environment:
        assert script("answers", environment).returncode == 0
        again = script("start", environment)
        assert (again.returncode, again.stdout) == (0, "")

    assert script("answers", environment).returncode == 1
    assert "no engine of ours" in script("stop", environment).stdout


def test_an_engine_that_does_not_come_up_shows_its_log(folder: Path) -> None:
    environment = settings(folder, HWACCESS_ENGINE_OPTIONS="--no-such-option")

    done = script("start", environment)

    assert done.returncode == 3
    assert "unknown flag: --no-such-option" in done.stderr
    assert "hint: " in done.stderr


def test_an_engine_that_is_named_and_does_not_answer_is_left_alone(folder: Path) -> None:
    environment = settings(folder)
    del environment["HWACCESS_ENGINE_DIR"]

    done = script("start", environment)

    assert done.returncode == 3
    assert "no engine answers" in done.stderr
    assert not list(folder.iterdir())


def test_sweeping_everything_leaves_an_engine_as_it_was(folder: Path) -> None:
    with private_engine(folder) as environment:
        client = APIClient(environment["DOCKER_HOST"], version="auto")
        engine = connect(environment["DOCKER_HOST"])
        try:
            engine.prepare(lambda _line: None)
            swept = engine.sweep(everything=True)
            left = client.images(all=True), client.volumes()["Volumes"] or [], client.containers(all=True)
            engine.prepare(lambda _line: None)  # and it can be made again
            again = client.images()
        finally:
            engine.close()
            client.close()

    assert sorted(tag.partition(":")[0] for tag in swept.images) == ["hwaccess-probe", "hwaccess-runtime"]
    assert len(swept.volumes) == 1
    assert left == ([], [], [])
    assert len(again) == 1
