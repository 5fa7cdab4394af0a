"""Boards behind a real sshd: which socket is used, and what is told when none can be."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sshd
from waiting import soon

from hwaccess.engine import tunnel
from hwaccess.engine.address import resolve
from hwaccess.engine.tunnel import Tunnel
from hwaccess.errors import EngineUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.docker
PASSES = "compose-examples/confinement"
HANGS = """\
services:
  app:
    network_mode: host
    labels: {{io.balena.features.supervisor-api: "1"}}
    environment:
      BALENA_SUPERVISOR_ADDRESS: http://127.0.0.1:{port}
      BALENA_SUPERVISOR_API_KEY: none
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the account of sshd may enter, which pytest's own it may not."""
    with tempfile.TemporaryDirectory(prefix="hwaccess-test-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_long_tmpdir_is_no_obstacle(
    server: sshd.Server, listening: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("long" * 20)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))

    Tunnel(server.url(listening)).close()


@pytest.fixture
def server(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sshd.Server]:
    folder = open_folder / "sshd"
    folder.mkdir()
    with sshd.server(folder) as started:
        monkeypatch.setenv("PATH", f"{started.program}:{os.environ['PATH']}")
        yield started


@pytest.fixture
def listening(open_folder: Path) -> Iterator[Path]:
    """A socket that everybody may use."""
    path = open_folder / "s"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(4)
        path.chmod(0o666)
        yield path


def test_the_socket_that_is_named_is_brought_here(server: sshd.Server, listening: Path) -> None:
    tunnel_ = Tunnel(server.url(listening))
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tunnel_.socket))
    finally:
        tunnel_.close()
    assert not tunnel_.socket.parent.exists()


def test_a_socket_that_is_not_there_is_told_with_the_command_to_start_an_engine(
    server: sshd.Server, tmp_path: Path
) -> None:
    with pytest.raises(EngineUnreachable, match=f"the board has no {tmp_path}/none") as caught:
        Tunnel(server.url(tmp_path / "none"))

    assert f"ssh -p {server.port} {server.user}@127.0.0.1 sudo systemctl" in caught.value.hint


def test_a_socket_that_the_user_may_not_use_is_told_with_the_group_to_join(
    server: sshd.Server, listening: Path
) -> None:
    listening.chmod(0o000)

    with pytest.raises(
        EngineUnreachable, match=f"{server.user} has no permission to use"
    ) as caught:
        Tunnel(server.url(listening))

    assert f"sudo usermod -aG docker {server.user}" in caught.value.hint


def test_another_engines_socket_is_found_where_the_usual_one_is_not(
    server: sshd.Server, listening: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tunnel, "DEFAULT_SOCKET", str(tmp_path / "none"))
    monkeypatch.setattr(tunnel, "ASK", tunnel.ASK.replace("/run/balena.sock", str(listening)))

    Tunnel(server.url()).close()


def test_a_key_that_nobody_knows_is_told_with_the_command_that_reads_it(
    server: sshd.Server,
) -> None:
    server.forget_key()

    with pytest.raises(EngineUnreachable, match="Host key verification failed") as caught:
        Tunnel(server.url())

    assert f"ssh-keyscan -p {server.port} 127.0.0.1" in caught.value.hint


def test_a_ctrl_c_at_the_terminal_does_not_end_the_connection(
    server: sshd.Server, listening: Path
) -> None:
    code = (
        "import signal, time; from hwaccess.engine.tunnel import Tunnel\n"
        "seen = []; signal.signal(signal.SIGINT, lambda *_: seen.append(1))\n"
        f"t = Tunnel({server.url(listening)!r}); print(t._process.pid, flush=True)\n"
        "while not seen: time.sleep(0.05)\n"
        "time.sleep(1); print(t._process.poll(), flush=True); t.close()"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert run.stdout is not None
    run.stdout.readline()

    os.killpg(run.pid, signal.SIGINT)

    assert run.communicate(timeout=30)[0].strip() == "None"


def test_what_a_killed_owner_leaves_the_next_one_removes(
    server: sshd.Server, listening: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(open_folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    code = (
        "import os; from hwaccess.engine.tunnel import Tunnel\n"
        f"t = Tunnel({server.url(listening)!r}); print(t._process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False, timeout=60
    )
    left = list(open_folder.glob("hwaccess-ssh-*"))

    tunnel.clear_away()

    assert soon(lambda: not Path("/proc", done.stdout.strip()).exists())
    assert len(left) == 1
    assert not left[0].exists()


FORWARD = """
import os, socket, sys, threading

def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        os.close(source.detach())

listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
listener.listen(32)
print("listening", flush=True)
while True:
    near, far = listener.accept()[0], socket.socket(socket.AF_UNIX)
    far.connect(sys.argv[2])
    for pair in ((near, far), (far, near)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
"""


@pytest.fixture
def engine_socket(open_folder: Path) -> Iterator[Path]:
    """The engine's socket, for everybody: the account of sshd is in no group of the engine's."""
    path = open_folder / "e"
    words = [sys.executable, "-c", FORWARD, str(path), resolve(None, os.environ).socket_path]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as forwarder:
        assert forwarder.stdout is not None
        assert forwarder.stdout.readline()
        yield path
        forwarder.kill()


def hwaccess(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hwaccess", *arguments]


def test_a_board_behind_sshd_is_checked(server: sshd.Server, engine_socket: Path) -> None:
    command = hwaccess("check", "--board", server.url(engine_socket), PASSES)
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"({server.url(engine_socket)})" in done.stdout


def test_a_connection_that_is_lost_is_reported_in_the_words_of_ssh(
    server: sshd.Server, engine_socket: Path, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        (tmp_path / "hangs.yaml").write_text(HANGS.format(port=silent.getsockname()[1]))
        command = hwaccess("check", "--board", server.url(engine_socket))
        run = subprocess.Popen(
            [*command, str(tmp_path / "hangs.yaml")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        connection, _ = silent.accept()  # the probe asks, and would wait for an answer
        with connection:
            children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
            ssh = next(pid for pid in children if Path("/proc", pid, "comm").read_text() == "ssh\n")
            os.kill(int(ssh), signal.SIGTERM)
            output, errors = run.communicate(timeout=60)

    assert run.returncode == 3
    assert "the connection to ssh://" in output
    assert "was lost: ssh: " in output
    assert "Traceback" not in output + errors
