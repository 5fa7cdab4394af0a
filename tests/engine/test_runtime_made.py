"""The probe image and the runtime volume: made once, from any Python, and able to answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import agents
import pytest
from engines import named, run_of

from hwaccess.agent.answer import decode
from hwaccess.engine import connect, inside, pack
from hwaccess.engine.digest import IMAGE, runtime_hash
from hwaccess.model import ProbeIn

if TYPE_CHECKING:
    from docker import APIClient

    from hwaccess.engine.docker_engine import DockerEngine

pytestmark = pytest.mark.docker

REPOSITORY = Path(pack.__file__).parents[2]
REQUEST = agents.request({"probe": "confinement"})
IMPORTS = (
    "import ctypes, fcntl, mmap, select, socket, struct, http.client, urllib.request; print('fine')"
)


def new_enough() -> list[str]:
    """The Pythons that may run hwaccess itself."""
    command = "import sys; sys.exit(sys.version_info < (3, 11))"
    return [
        python
        for python in agents.pythons()
        if subprocess.run([python, "-c", command], check=False).returncode == 0
    ]


def test_the_agent_answers_in_the_probe_image(engine: DockerEngine) -> None:
    run = engine.run_service(run_of(named(values={"user": "1000"})), REQUEST, 30)

    answer = decode(run.answer or b"", "n")
    assert run.probe_in is ProbeIn.PROBE_IMAGE
    assert answer.confinement.uid == 1000
    assert answer.observations[0].status == "done"


def test_image_and_volume_are_made_once(engine: DockerEngine, client: APIClient) -> None:
    tag = f"{IMAGE}:{runtime_hash()}"
    engine.prepare(lambda _line: None)
    image = client.inspect_image(tag)["Id"]  # type: ignore[no-untyped-call]
    lines: list[str] = []

    other = connect()
    try:
        other.prepare(lines.append)
    finally:
        other.close()

    assert lines == []
    assert client.inspect_image(tag)["Id"] == image  # type: ignore[no-untyped-call]


def test_the_probe_image_is_small(engine: DockerEngine, client: APIClient) -> None:
    engine.prepare(lambda _line: None)

    image = client.inspect_image(f"{IMAGE}:{runtime_hash()}")  # type: ignore[no-untyped-call]

    assert image["Size"] < 30_000_000


def test_the_archive_is_the_same_each_time() -> None:
    runtime = pack.collect()

    assert pack.archive(runtime) == pack.archive(pack.collect())


@pytest.mark.parametrize("python", new_enough(), ids=lambda path: Path(path).name)
def test_any_python_that_runs_hwaccess_packs_itself(
    python: str, client: APIClient, tmp_path: Path
) -> None:
    file = tmp_path / "runtime.tar"
    environment = {"PYTHONPATH": str(REPOSITORY), "PATH": os.environ["PATH"]}
    subprocess.run([python, "-m", "hwaccess.engine.pack", str(file)], check=True, env=environment)
    tag = f"python-{os.getpid()}"
    client.import_image_from_data(file.read_bytes(), repository="hwaccess-test", tag=tag)
    command = list(inside.ENTRYPOINT)
    try:
        # read-only and without any network: nothing but the archive's own files can answer
        started = ["docker", "run", "--rm", "--read-only", "--network=none", f"hwaccess-test:{tag}"]
        done = subprocess.run([*started, *command, REQUEST], capture_output=True, check=False)
        imported = subprocess.run(
            [*started, *command[:-1], "-c", IMPORTS], capture_output=True, check=False
        )
    finally:
        client.remove_image(f"hwaccess-test:{tag}")

    assert decode(done.stdout, "n").observations[0].status == "done", done.stderr
    assert imported.stdout == b"fine\n", imported.stderr


def test_processes_that_prepare_at_once_make_one_image(client: APIClient, tmp_path: Path) -> None:
    """A copy of the package has another content, so that its runtime is not there yet."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("hwaccess", "probes"):
        subprocess.run(["cp", "-r", str(REPOSITORY / name), str(copy)], check=True)
    agent = copy / "probes" / "agent.py"
    agent.write_text(f"{agent.read_text()}\n# {os.getpid()}\n")
    code = (
        "from hwaccess.engine import connect; e = connect(); e.prepare(print); "
        "print(e._prepared.image); e.close()"
    )
    environment = os.environ | {"PYTHONPATH": str(copy), "XDG_CACHE_HOME": str(tmp_path)}
    command = [sys.executable, "-c", code]
    started = [
        subprocess.Popen(command, env=environment, cwd=copy, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    printed = [process.communicate()[0].splitlines() for process in started]
    tag = printed[0][-1]
    key = tag.partition(":")[2]
    try:
        assert [lines[-1] for lines in printed] == [tag] * 3
        assert (
            len([lines for lines in printed if len(lines) > 1]) == 1
        )  # the other two found it made
        assert [
            image["RepoTags"]
            for image in client.images(name="hwaccess-probe")
            if tag in image["RepoTags"]
        ]
    finally:
        client.remove_volume(f"hwaccess-runtime-{key}")
        client.remove_image(f"hwaccess-runtime:{key}")
        client.remove_image(tag)
