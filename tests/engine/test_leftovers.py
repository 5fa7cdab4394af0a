"""What is left on the engine when a run is ended by each signal, and after the next start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from engines import empty_image

from hwaccess.engine import owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from docker import APIClient

    from hwaccess.engine.docker_engine import DockerEngine

pytestmark = pytest.mark.docker

# A run of its own whose agent waits; the image is the one that the fixture `code` has made.
RUN = """
import faulthandler, signal, sys
from concurrent.futures import ThreadPoolExecutor
faulthandler.dump_traceback_later(15)  # what it hangs in, when it does
sys.path[:0] = sys.argv[1].split(":")
import engines
from hwaccess.engine import connect
for number in (signal.SIGINT, signal.SIGTERM):  # SIGINT too: a shell's background jobs ignore it
    signal.signal(number, signal.default_int_handler)
engine = connect()
try:
    engine.prepare(print)
    print("ready", flush=True)
    run = engines.run_of(engines.named())
    with ThreadPoolExecutor() as pool:
        try:
            code = "import time; time.sleep(%d)"
            started = [pool.submit(engine.run_service, run, code, 60) for _ in range(3)]
            started[0].result()
        finally:
            engine.close()  # before the pool waits for its threads, from the first of them on
finally:
    engine.close()
"""


@pytest.fixture
def start(code: DockerEngine, tmp_path: Path) -> Iterator[Callable[[int], subprocess.Popen[str]]]:
    """Starts such a run; it ends with the test, and a test that fails shows its last words."""
    said = tmp_path / "said"
    started: list[subprocess.Popen[str]] = []
    prepared = code._prepared
    assert prepared is not None

    def go(seconds: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", RUN % seconds, ":".join(path for path in sys.path if path)]
        environment = os.environ | {"HWACCESS_PROBE_IMAGE": prepared.image}
        with said.open("w") as log:
            process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, env=environment, text=True
            )
        started.append(process)
        return process

    yield go
    for process in started:
        process.kill()
        process.communicate()
    sys.stdout.write(said.read_text())


def of(client: APIClient, pid: int) -> list[str]:
    """The containers that a process owns."""
    found = client.containers(all=True, filters={"label": owner.OWNER})
    return [str(one["Id"]) for one in found if f"/{pid}/" in one["Labels"][owner.OWNER]]


def running(client: APIClient, process: subprocess.Popen[str]) -> str:
    """The process's container, once it runs."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        for one in client.containers(filters={"label": owner.OWNER}):
            if f"/{process.pid}/" in one["Labels"][owner.OWNER]:
                return str(one["Id"])
        time.sleep(0.05)
    pytest.fail("the container did not start")


def gone(client: APIClient, pid: int, seconds: float) -> bool:
    """Whether all containers of a process go away in time."""
    end = time.monotonic() + seconds
    while of(client, pid) and time.monotonic() < end:
        time.sleep(0.1)
    return not of(client, pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_after(
    client: APIClient, start: Callable[[int], subprocess.Popen[str]], number: signal.Signals
) -> None:
    process = start(600)
    running(client, process)

    process.send_signal(number)

    assert process.wait(20) != 0
    assert not of(client, process.pid)


def test_after_sigkill_the_container_goes_with_its_agent(
    client: APIClient, start: Callable[[int], subprocess.Popen[str]]
) -> None:
    process = start(3)
    running(client, process)

    process.kill()
    process.wait(20)

    assert gone(client, process.pid, 20)


def test_after_sigkill_the_next_start_removes_what_hangs(
    client: APIClient, code: DockerEngine, start: Callable[[int], subprocess.Popen[str]]
) -> None:
    process = start(600)
    container = running(client, process)
    assert container not in code.sweep().containers  # its owner lives

    process.kill()
    process.wait(20)

    code.sweep()  # or another run on this engine, which is as good
    assert gone(client, process.pid, 5)


def test_a_container_that_was_made_and_never_started_is_removed(
    client: APIClient, code: DockerEngine
) -> None:
    image = empty_image(client, "never-started")
    dead = owner.Owner(*owner.current().here, 2**22 + 1, "1")  # above any pid that Linux gives
    created = client.create_container(
        image, ["x"], labels={owner.OWNER: str(dead), owner.RUN: "dead"}
    )
    try:
        code.sweep()
        left = {one["Id"] for one in client.containers(all=True)}
        assert created["Id"] not in left
    finally:
        client.remove_image(image)
