"""Under xdist a service stays on one worker; an ended pytest leaves nothing behind."""

from __future__ import annotations

import signal
import socket
import subprocess
from typing import TYPE_CHECKING

import apps
import docker
import pytest

from hwaccess.engine import owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("nothing_is_ignored")]
RECORD = """
import os

def pytest_hwaccess_result(item, result):
    with open("workers.txt", "a") as file:
        print(item.parent.name, os.environ.get("PYTEST_XDIST_WORKER"), file=file)
"""


@pytest.mark.parametrize(
    "dist",
    [(), *(("--dist", name) for name in ("loadgroup", "worksteal", "loadfile", "loadscope"))],
)
def test_the_items_of_a_service_stay_on_one_worker(
    app: Callable[..., pytest.RunResult], pytester: pytest.Pytester, dist: tuple[str, ...]
) -> None:
    tests = "\n".join(f"def test_{number}(): pass" for number in range(6))
    result = app(
        "-n", "2", *dist, "--hw-compose", ".", compose=apps.PORT, tests=tests, conftest=RECORD
    )
    result.assert_outcomes(passed=10)
    lines = [line.split() for line in (pytester.path / "workers.txt").read_text().splitlines()]
    assert len(lines) == 4
    for service in ("port", "web"):
        assert len({worker for name, worker in lines if name == service}) == 1


def test_ids_are_the_same_and_findings_are_told_under_xdist(
    app: Callable[..., pytest.RunResult],
) -> None:
    result = app("-n", "2", "--hw-compose", ".", "-v", compose=apps.USELESS)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*FAILED compose.yaml::port::rawio *"])
    result.stdout.fnmatch_lines(["*hwaccess findings*", "HW070 warning: compose.yaml:6:9: *"])


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that takes connections and never answers: whoever asks it hangs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        yield server


def containers(client: docker.DockerClient, address: str) -> list[str | None]:
    """Those that hwaccess made for the service that is told this address.

    Other runs may use the engine as well.
    """
    made = client.containers.list(all=True, filters={"label": owner.RUN}, ignore_removed=True)
    told = f"BALENA_SUPERVISOR_ADDRESS={address}"
    return [container.id for container in made if told in container.attrs["Config"]["Env"]]


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_ended_run_leaves_no_container(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    listener: socket.socket,
    number: signal.Signals,
    workers: tuple[str, ...],
) -> None:
    apps.prepare(monkeypatch)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    (tmp_path / "compose.yaml").write_text(
        "services:\n  a:\n    image: example.com/a:1\n    network_mode: host\n    environment:\n"
        f"      BALENA_SUPERVISOR_ADDRESS: {address}\n      BALENA_SUPERVISOR_API_KEY: key\n"
        "    x-hwaccess: {reach: [supervisor-api]}\n"
    )
    client = docker.from_env()
    command = apps.command("--hw-compose", ".", *workers)
    run = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    connection, _ = listener.accept()  # the container runs, and its probe waits for an answer
    with connection:
        assert containers(client, address)
        run.send_signal(number)
        output, _ = run.communicate(timeout=60)
    assert run.returncode != 0, output.decode()
    assert not containers(client, address)
    client.close()
