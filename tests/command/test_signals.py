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

from hwaccess.engine import owner
from hwaccess.engine.owner import OWNER

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


def containers_of(pid: int, client: APIClient) -> set[str]:
    """The containers, running or not, that a process of ours owns; other runs may use the same engine."""
    found = client.containers(all=True, filters={"label": OWNER})
    owners = {item["Id"]: owner.parse(item["Labels"][OWNER]) for item in found}
    return {
        container for container, whose in owners.items() if whose is not None and whose.pid == pid
    }


def kept(client: APIClient) -> set[str]:
    """What outlives containers: the names of volumes and networks."""
    volumes = {item["Name"] for item in client.volumes()["Volumes"] or []}
    return volumes | {item["Name"] for item in client.networks()}


def hwaccess(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hwaccess", *arguments]


def start(folder: Path, port: int, client: APIClient, services: int = 2) -> subprocess.Popen[bytes]:
    """A run whose containers are up. One service runs in the main thread, where the signal comes in; two do not."""
    file = folder / "compose.yaml"
    file.write_text(HANGS.format(name=f"p{os.getpid()}", port=port))
    chosen = ["--service", f"p{os.getpid()}-one"] if services == 1 else []
    running = subprocess.Popen(
        hwaccess("check", *chosen, str(file)), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    deadline = time.monotonic() + 60
    while len(containers_of(running.pid, client)) < services:
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < deadline, "the containers did not start"
        time.sleep(0.05)
    return running


def prepared() -> None:
    """The probe image and its runtime volume are made once per engine and stay: make them before looking."""
    subprocess.run(
        hwaccess("check", "compose-examples/confinement"), check=False, capture_output=True
    )


@pytest.mark.parametrize("services", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_and_leaves_nothing(
    number: signal.Signals, services: int, tmp_path: Path, silent_server: int, client: APIClient
) -> None:
    prepared()
    before = kept(client)
    running = start(tmp_path, silent_server, client, services)
    running.send_signal(number)
    _, told = running.communicate(timeout=30)
    assert running.returncode == 130, told.decode()
    assert f"ended by {number.name}" in told.decode()
    assert "Traceback" not in told.decode()
    assert not containers_of(running.pid, client)
    assert kept(client) == before


def test_what_sigkill_leaves_is_removed_by_the_next_start(
    tmp_path: Path, silent_server: int, client: APIClient
) -> None:
    prepared()
    before = kept(client)
    running = start(tmp_path, silent_server, client)
    running.kill()
    running.communicate()
    assert containers_of(running.pid, client), (
        "the containers were gone before anybody removed them"
    )
    done = subprocess.run(
        hwaccess("check", "compose-examples/confinement"),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not containers_of(running.pid, client)
    assert kept(client) == before
