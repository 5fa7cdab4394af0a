"""What must not be tried on the machine's own engine: its start and stop, and a whole sweep."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import agents
import pytest
from docker import APIClient
from engines import PLACE, named, run_of
from private_engine import private_engine, script, settings

from hwaccess.engine import connect, owner
from hwaccess.grants import NamespaceGrant, NamespaceKind

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.docker

NO_NETWORK = NamespaceGrant(
    field="network_mode", text="none", place=PLACE, kind=NamespaceKind.NETWORK, mode="none"
)


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


def test_a_runtime_that_lost_its_volume_or_was_half_filled_is_made_again(folder: Path) -> None:
    with (
        private_engine(folder) as environment,
        contextlib.closing(APIClient(environment["DOCKER_HOST"], version="auto")) as client,
    ):
        with contextlib.closing(connect(environment["DOCKER_HOST"])) as engine:
            engine.prepare(lambda _line: None)
            prepared = engine._prepared
            assert prepared is not None
            answers = []
            for harm in ("volume", "tag", "filler"):
                harmed(client, harm, prepared.volume)
                engine._prepared = None
                engine.prepare(lambda _line: None)
                body = run_of(named(namespaces=(NO_NETWORK,)))
                run = engine.run_service(body, agents.request({"probe": "confinement"}), 30)
                answers.append(json.loads(run.answer or b"null")["results"][0]["status"])
        left = client.containers(all=True)

    assert answers == ["done"] * 3
    assert left == []


def harmed(client: APIClient, what: str, volume: str) -> None:
    """Leave the runtime as a prune, or a process killed while it filled the volume, would."""
    tag = volume.replace("hwaccess-runtime-", "hwaccess-runtime:")
    if what == "volume":
        client.remove_volume(volume)
        return
    client.remove_image(tag)
    if what == "filler":
        dead = owner.Owner(*owner.current().here, 2**22 + 1, "1")
        labels = {owner.OWNER: str(dead), owner.RUN: "dead"}
        image = tag.replace("hwaccess-runtime:", "hwaccess-probe:")
        client.create_container(image, ["x"], labels=labels, name=f"{volume}-fill")


def test_sweeping_everything_leaves_an_engine_as_it_was(folder: Path) -> None:
    with private_engine(folder) as environment:
        client = APIClient(environment["DOCKER_HOST"], version="auto")
        engine = connect(environment["DOCKER_HOST"])
        try:
            engine.prepare(lambda _line: None)
            swept = engine.sweep(everything=True)
            left = (
                client.images(all=True),
                client.volumes()["Volumes"] or [],
                client.containers(all=True),
            )
            engine.prepare(lambda _line: None)  # and it can be made again
            again = client.images()
        finally:
            engine.close()
            client.close()

    assert sorted(tag.partition(":")[0] for tag in swept.images) == [
        "hwaccess-probe",
        "hwaccess-runtime",
    ]
    assert len(swept.volumes) == 1
    assert left == ([], [], [])
    assert len(again) == 1
