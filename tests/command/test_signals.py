"""Whatever signal ends a run: the engine's containers, volumes and networks are as they were before."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from docker import APIClient

from hwaccess.engine.owner import RUN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.docker

# Two services whose probe waits for a server that takes the connection and never answers.
HANGS = """\
services:
  {name}-one: &hangs
    network_mode: host
    labels: {{io.balena.features.supervisor-api: "1"}}
    environment:
      BALENA_SUPERVISOR_ADDRESS: http://127.0.0.1:{port}
      BALENA_SUPERVISOR_API_KEY: none
  {name}-two: *hangs
"""
Left = tuple[set[str], set[str], set[str]]


@pytest.fixture
def silent_server() -> Iterator[int]:
    """The port of a server that never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def client() -> Iterator[APIClient]:
    asking = APIClient(version="auto")
    yield asking
    asking.close()


def state(client: APIClient) -> Left:
    """Everything that a run could leave: containers of ours, volumes, networks."""
    containers = {item["Id"] for item in client.containers(all=True, filters={"label": RUN})}
    volumes = {item["Name"] for item in client.volumes()["Volumes"] or []}
    return containers, volumes, {item["Id"] for item in client.networks()}


def hwaccess(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hwaccess", *arguments]


def start(folder: Path, port: int, client: APIClient) -> subprocess.Popen[bytes]:
    """A run whose two containers are up."""
    file = folder / "compose.yaml"
    file.write_text(HANGS.format(name=f"p{os.getpid()}", port=port))
    running = subprocess.Popen(hwaccess("check", str(file)), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while len(client.containers(filters={"label": RUN})) < 2:
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline, "the containers did not start"
        time.sleep(0.05)
    return running


def prepared() -> None:
    """The probe image and its runtime volume are made once per engine and stay: make them before looking."""
    subprocess.run(hwaccess("check", "compose-examples/confinement"), check=False, capture_output=True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_and_leaves_nothing(
    number: signal.Signals, tmp_path: Path, silent_server: int, client: APIClient
) -> None:
    prepared()
    before = state(client)
    running = start(tmp_path, silent_server, client)
    running.send_signal(number)
    _, told = running.communicate(timeout=30)
    assert running.returncode == 130, told.decode()
    assert f"ended by {number.name}" in told.decode()
    assert "Traceback" not in told.decode()
    assert state(client) == before


def test_what_sigkill_leaves_is_removed_by_the_next_start(
    tmp_path: Path, silent_server: int, client: APIClient
) -> None:
    prepared()
    before = state(client)
    running = start(tmp_path, silent_server, client)
    running.kill()
    running.communicate()
    assert state(client) != before, "the containers were gone before anybody removed them"
    done = subprocess.run(
        hwaccess("check", "compose-examples/confinement"), check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert state(client) == before
