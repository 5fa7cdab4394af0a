"""Whatever signal ends a run: containers, volumes and networks are as they were before."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import apps
import pytest
from docker import APIClient

from hwaccess.engine import owner
from hwaccess.engine.owner import OWNER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("nothing_is_ignored")
NEEDS_ENGINE = pytest.mark.docker

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
def silent_engine() -> Iterator[socket.socket]:
    """A server that takes connections: whoever thinks that it is an engine waits for its answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server


@pytest.fixture
def client() -> Iterator[APIClient]:
    asking = APIClient(version="auto")
    yield asking
    asking.close()


def containers_of(pid: int, client: APIClient) -> set[str]:
    """The containers, running or not, of one process: other runs may use the engine as well."""
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
    """A run whose containers are up. One service runs in the main thread, which gets the signal."""
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
    """Make what is made once per engine and stays: the probe image and its runtime volume."""
    subprocess.run(
        hwaccess("check", "compose-examples/confinement"), check=False, capture_output=True
    )


@NEEDS_ENGINE
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


@NEEDS_ENGINE
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


@pytest.mark.parametrize("ignored", [signal.SIGINT, signal.SIGHUP])
def test_a_signal_that_was_ignored_at_the_start_stays_ignored(
    ignored: signal.Signals, silent_engine: socket.socket
) -> None:
    # A shell's background job ignores SIGINT, nohup SIGHUP. Both have a lower number than SIGTERM,
    # so that the command, had it taken them, would name them as what ended it.
    address = f"tcp://127.0.0.1:{silent_engine.getsockname()[1]}"
    ignoring = f'trap "" {ignored.name.removeprefix("SIG")}; exec "$@"'
    running = subprocess.Popen(
        ["sh", "-c", ignoring, "sh", *hwaccess("doctor", "--board", address)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    connection, _ = silent_engine.accept()
    with connection:
        running.send_signal(ignored)
        running.send_signal(signal.SIGTERM)
        _, told = running.communicate(timeout=30)
    assert running.returncode == 130, told.decode()
    assert "ended by SIGTERM" in told.decode()


WAITS = """\
import signal, sys
from hwaccess.cli.board import wait_for_end
ignored = getattr(signal, sys.argv[1])
signal.signal(ignored, signal.SIG_IGN)
def alive():
    told.append(1)
    if len(told) == 1:
        signal.raise_signal(ignored)
    elif len(told) == 3:
        signal.raise_signal(signal.SIGTERM)
told = []
wait_for_end(alive)
print(len(told))
"""


@pytest.mark.parametrize("ignored", ["SIGINT", "SIGHUP"])
def test_a_board_that_is_up_stays_up_through_an_ignored_signal(ignored: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WAITS, ignored],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "3\n"  # it looked twice more after the ignored one, then SIGTERM ended it


def test_a_ctrl_c_while_modules_are_imported_shows_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt")

    done = subprocess.run(
        [sys.executable, "-m", "hwaccess", "check"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{tmp_path}:{apps.ROOT}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
