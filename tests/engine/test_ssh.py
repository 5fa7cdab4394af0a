"""Boards behind a real sshd: which socket is used, and what is told when none can be."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sshd
from waiting import soon

from hwaccess.engine import tunnel
from hwaccess.engine.tunnel import Tunnel
from hwaccess.errors import EngineUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.docker


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sshd.Server]:
    # The account of the server must be able to come here, and a socket's path is short.
    monkeypatch.setenv("PATH", f"{tmp_path}/sshd/bin:{os.environ['PATH']}")
    (tmp_path / "sshd").mkdir()
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    with sshd.server(tmp_path / "sshd") as started:
        yield started


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Path]:
    """A socket that everybody may use and that says hello."""
    path = tmp_path / "s"
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
    server: sshd.Server, listening: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    code = (
        "import os; from hwaccess.engine.tunnel import Tunnel\n"
        f"t = Tunnel({server.url(listening)!r}); print(t._process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False, timeout=60
    )
    left = list(tmp_path.glob("hwaccess-ssh-*"))

    tunnel.clear_away()

    assert soon(lambda: not Path("/proc", done.stdout.strip()).exists())
    assert len(left) == 1
    assert not left[0].exists()
