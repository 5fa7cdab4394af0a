"""Boards by their address, and how this machine is told from any other."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hwaccess.boards import open_board
from hwaccess.boards.docker_board import DockerBoard
from hwaccess.boards.local import is_this_machine
from hwaccess.engine import tunnel
from hwaccess.engine.address import Endpoint
from hwaccess.engine.base import EngineInfo
from hwaccess.engine.owner import start_time
from hwaccess.errors import BoardAddressError, EngineUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HERE = EngineInfo(
    os.uname().nodename,
    "1",
    "Docker",
    os.uname().release,
    os.uname().machine,
    "Debian",
    2,
    ("seccomp",),
    ("runc",),
)
SSH = '''\
#!{python}
"""Stands for ssh where no sshd is: forwards -L LOCAL:REMOTE while its standard input is open."""
import os, socket, sys, threading
if "refuse" in sys.argv[-2]:
    sys.exit("pi@refuse: Permission denied (publickey).")
local, _, remote = sys.argv[sys.argv.index("-L") + 1].partition(":")
def pump(source, target):
    while data := source.recv(65536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)
def serve(near):
    far = socket.socket(socket.AF_UNIX)
    far.connect(remote)
    for pair in ((near, far), (far, near)):
        threading.Thread(target=pump, args=pair, daemon=True).start()
listener = socket.socket(socket.AF_UNIX)
listener.bind(local)
listener.listen(16)
def accept():
    while True:
        serve(listener.accept()[0])
threading.Thread(target=accept, daemon=True).start()
print("usable", "user pi", "end", sep="\\n", flush=True)
sys.stdin.read()
'''


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `ssh` whose board is this machine."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text(SSH.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Path]:
    """A socket that this very process listens on: no engine."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen(4)
        yield tmp_path / "s"


@pytest.mark.parametrize(
    "address", ["nobody", "http://x", "local:x", "localhost", "nobody:x", "ssh://[:1]:22"]
)
def test_an_address_that_is_none_is_a_wrong_use(address: str) -> None:
    with pytest.raises(BoardAddressError, match=address.partition(":")[0]):
        open_board(address)


@pytest.mark.parametrize("address", ["labgrid:rack-1", "labgrid"])
def test_a_kind_that_is_not_built_yet_says_so(address: str) -> None:
    with pytest.raises(BoardAddressError, match="not built yet"):
        open_board(address)


def test_a_package_adds_boards_by_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rack.py").write_text("def open(address):\n    return ['board of', address]\n")
    metadata = tmp_path / "rack-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: rack\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[hwaccess.boards]\nrack = rack:open\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    opened: object = open_board("rack:7")
    assert opened == ["board of", "rack:7"]

    (metadata / "entry_points.txt").write_text("[hwaccess.boards]\nlocal = rack:open\n")
    with pytest.raises(BoardAddressError, match="two boards are called 'local'"):
        open_board("rack:7")


def test_nobody_answers(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachable) as caught:
        open_board(f"unix://{tmp_path}/none.sock")

    assert "ENOENT" in caught.value.message
    assert "systemctl start docker" in caught.value.hint


def test_a_listener_that_is_no_engine_is_not_trusted(listener: Path) -> None:
    assert not is_this_machine(Endpoint(f"unix://{listener}", "given"), HERE)


@pytest.mark.parametrize(
    ("endpoint", "info"),
    [
        (Endpoint("ssh://board", "given"), HERE),
        (Endpoint("unix:///nowhere", "given"), HERE),
        (Endpoint("unix:///var/run/docker.sock", "given"), replace(HERE, kernel="6.6.12-linuxkit")),
        (Endpoint("unix:///var/run/docker.sock", "given"), replace(HERE, name="another")),
    ],
)
def test_in_doubt_it_is_not_this_machine(endpoint: Endpoint, info: EngineInfo) -> None:
    assert not is_this_machine(endpoint, info)


@pytest.mark.usefixtures("ssh")
def test_ssh_that_is_refused_is_told_in_its_own_words() -> None:
    with pytest.raises(EngineUnreachable, match=r"Permission denied \(publickey\)") as caught:
        open_board("ssh://pi@refuse")

    assert caught.value.hint == "try it by hand: ssh pi@refuse true"


def test_ssh_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(EngineUnreachable, match="ssh cannot be started"):
        open_board("ssh://pi@board")


@pytest.mark.docker
@pytest.mark.usefixtures("ssh")
def test_through_ssh_a_board_is_read_by_a_container_and_the_tunnel_ends() -> None:
    with open_board("ssh://pi@here") as board:
        facts = board.facts(["/etc/passwd", "/nope"])
        folder = board.engine.tunnel.socket.parent  # type: ignore[attr-defined]
        process = board.engine.tunnel._process  # type: ignore[attr-defined]

    assert facts.read_by == "board container"
    assert dict(facts.paths) == {"/etc/passwd": "file", "/nope": "absent"}
    assert process.poll() is not None
    assert not folder.exists()


@pytest.mark.docker
@pytest.mark.usefixtures("ssh")
def test_a_tunnel_ends_with_its_owner_even_by_sigkill() -> None:
    code = (
        "import os; from hwaccess.engine.tunnel import Tunnel; t = Tunnel('ssh://here'); "
        "print(t._process.pid, flush=True); os.kill(os.getpid(), 9)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False
    )
    pid = int(done.stdout)
    end = time.monotonic() + 5
    while start_time(pid) and time.monotonic() < end:
        time.sleep(0.05)

    tunnel.clear_away()  # SIGKILL leaves the socket's folder
    assert start_time(pid) == ""


@pytest.mark.docker
def test_a_container_reads_of_this_machine_what_is_read_directly() -> None:
    with open_board() as board:
        assert isinstance(board, DockerBoard)
        direct = board.facts()
        board._endpoint = replace(board._endpoint, url="ssh://elsewhere")
        contained = board.facts()

    if direct.read_by == "directly":  # else both came from a container, which proves nothing less
        assert contained.read_by == "board container"
    differing = {
        name
        for name in direct.__dataclass_fields__
        if getattr(direct, name) != getattr(contained, name)
    }
    # nodes of terminals come and go; the container has its own network
    assert differing <= {"read_by", "nodes", "interfaces", "network_namespace"}
    assert contained.kernel == os.uname().release
