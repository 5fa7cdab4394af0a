"""How a virtual board begins and ends: pristine, side by side, with its owner, its death told."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import apps
import pytest
import virtual
from waiting import soon

from hwaccess.boards import open_board
from hwaccess.boards.qemu import opening
from hwaccess.boards.qemu.machine import connection, machines, readiness, snapshot
from hwaccess.boards.qemu.machine.machine import Machine
from hwaccess.boards.qemu.machine.machines import folder
from hwaccess.errors import EngineError, EngineTimeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from hwaccess.boards.qemu.machine.command_line import MachineSetup

pytestmark = [pytest.mark.board("pc"), pytest.mark.usefixtures("nothing_is_ignored")]
HWACCESS = [sys.executable, "-m", "hwaccess"]
COMPOSE = "services: {sensor: {image: 'example.com/sensor:1', devices: [/dev/i2c-1]}}\n"


def hwaccess(*words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*HWACCESS, *words], input=text, capture_output=True, text=True, timeout=120, check=False
    )


def qemu_of(machine: Machine) -> int:
    """The process beside the supervisor."""
    (qemu,) = {*virtual.processes(machine.path)} - {machine.supervisor}
    return qemu


def test_boards_run_side_by_side_and_each_begins_pristine(
    pc: virtual.Virtual, tmp_path: Path
) -> None:
    look = "import os; print(os.path.exists('/root/mark'))"
    with virtual.virtual("pc", tmp_path) as other:
        other.on_board("open('/root/mark', 'w').close()")
        assert other.on_board(look) == "True\n"
        assert pc.on_board(look) == "False\n"
    with virtual.virtual("pc", tmp_path) as fresh:
        assert fresh.on_board(look) == "False\n"


def test_its_clock_is_right(pc: virtual.Virtual) -> None:
    assert abs(float(pc.on_board("import time; print(time.time())")) - time.time()) < 20


def ask_without_key(port: int, authority: Path) -> None:
    stranger = ssl.create_default_context(cafile=authority)
    plain = socket.create_connection(("127.0.0.1", port), timeout=10)
    with stranger.wrap_socket(plain, server_hostname="127.0.0.1") as client:
        client.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
        client.recv(1)


def test_nobody_without_its_key_can_use_the_engine_and_no_other_machine_reaches_it(
    pc: virtual.Virtual,
) -> None:
    port = int(str(pc.board.machine.facts["port"]))
    assert pc.board.certificates
    with pytest.raises((ssl.SSLError, ConnectionError)):
        ask_without_key(port, pc.board.certificates.folder / "ca.pem")
    listening = [
        line.split()[1]
        for line in Path("/proc/net/tcp").read_text().splitlines()
        if line.split()[3] == "0A"
    ]
    assert [where for where in listening if where.endswith(f":{port:04X}")] == [
        f"0100007F:{port:04X}"
    ]
    assert pc.board.certificates.folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_qemu_ends_with_the_command_that_started_it(number: signal.Signals) -> None:
    with subprocess.Popen(
        [*HWACCESS, "board", "up", "pc"], stdout=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout
        machine = Machine(folder() / command.stdout.readline().strip().removeprefix("# qemu:"))
        command.stdout.readline()
        command.stdout.readline()
        running = virtual.processes(machine.path)
        command.send_signal(number)
    assert len(running) == 2
    assert soon(lambda: not any(map(virtual.is_alive, running)))
    assert soon(lambda: not machine.path.exists())


def kill_supervisor(machine: Machine) -> None:
    qemu = qemu_of(machine)
    os.kill(machine.supervisor, signal.SIGKILL)
    assert soon(lambda: not virtual.is_alive(qemu))


def panic(machine: Machine) -> None:
    machine.type("echo c >/proc/sysrq-trigger")
    assert soon(lambda: not machine.is_running, 20)


def use(folder: Path, end: Callable[[Machine], None]) -> None:
    """A board whose machine comes to an end while it is used."""
    with virtual.virtual("pc", folder) as board:
        end(board.board.machine)
        board.board.engine.image("none")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (kill_supervisor, "virtual board pc: QEMU ended"),
        (panic, r"(?s)virtual board pc: QEMU ended.*Kernel panic"),
    ],
    ids=["killed", "panic"],
)
def test_a_machine_that_ends_is_told_with_the_consoles_last_lines(
    tmp_path: Path, end: Callable[[Machine], None], words: str
) -> None:
    with pytest.raises(EngineError, match=words):
        use(tmp_path, end)
    assert not [path for path in folder().iterdir() if not Machine(path).is_running]


def test_an_owner_with_many_files_open_keeps_its_machine(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(Path(os.devnull).open())
        board = stack.enter_context(virtual.virtual("pc", tmp_path))
        assert board.board.machine.is_running


def test_a_port_that_somebody_took_meanwhile_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = iter([taken.getsockname()[1], connection.free_port()])
        monkeypatch.setattr(machines, "free_port", lambda: next(ports))
        with virtual.virtual("pc", tmp_path) as board:
            assert board.board.machine.facts["port"] != taken.getsockname()[1]


def start_from(setup: MachineSetup, *, keep: bool) -> None:
    machine = machines.start(setup, keep=keep)
    try:
        snapshot.resume(machine)
    finally:
        machine.close()


@pytest.mark.parametrize("keep", [False, True])
def test_a_snapshot_that_qemu_refuses_is_told_in_its_words(tmp_path: Path, *, keep: bool) -> None:
    before = {*folder().iterdir()}
    built = opening.need_built("pc")
    state = tmp_path / "ram"
    state.write_bytes((built.path / "ram").read_bytes()[:100_000])
    with pytest.raises(EngineError, match=r"(?s)virtual board pc: QEMU .*(load|migrat|stream)"):
        start_from(replace(built.setup, snapshot=state), keep=keep)
    assert {*folder().iterdir()} == before


def test_a_board_that_is_built_again_leaves_the_keys_of_one_that_runs(pc: virtual.Virtual) -> None:
    assert pc.board.certificates
    assert pc.board.certificates.folder.parent == pc.board.machine.path


def test_an_end_in_the_middle_of_a_check_is_told_and_not_the_connection_that_it_broke(
    tmp_path: Path,
) -> None:
    with pytest.raises(EngineError, match=r"(?s)virtual board pc: QEMU ended.*Kernel panic"):
        use_after_panic(tmp_path)


def use_after_panic(folder: Path) -> None:
    with virtual.virtual("pc", folder) as board:
        panic(board.board.machine)
        board.board.engine.image("example.com/sensor:1")


def test_a_board_that_is_kept_is_listed_used_looked_into_and_ended(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    up = hwaccess("board", "up", "pc", "--keep")
    assert up.returncode == 0, up.stderr
    name = up.stdout.splitlines()[0].removeprefix("# qemu:")
    try:
        assert f"{name}  " in hwaccess("board", "ls").stdout
        check = hwaccess("check", "--board", f"qemu:{name}", str(tmp_path))
        assert check.returncode == 0, check.stdout + check.stderr
        assert "EMULATED" in check.stdout
        assert "hwaccess: ready" in hwaccess("board", "logs", name).stdout
        assert "uid=0(root)" in hwaccess("board", "shell", name, text="id\n").stdout
    finally:
        down = hwaccess("board", "down", name)
    assert down.stdout == f"ended {name}\n"
    assert name not in hwaccess("board", "ls").stdout
    gone = hwaccess("check", "--board", f"qemu:{name}", str(tmp_path))
    assert (gone.returncode, f"no virtual board {name} is running" in gone.stderr) == (2, True)


def test_an_engine_that_never_answers_is_told_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "ANSWER_SECONDS", 3.0)
    with virtual.virtual("pc", tmp_path) as board:
        machine = board.board.machine
        assert board.board.certificates
        with machine.monitor() as monitor:
            monitor.command("stop")
        with pytest.raises(EngineTimeout, match="does not answer within 3 s"):
            readiness.await_engine(machine)
        with machine.monitor() as monitor:
            monitor.command("cont")


def test_a_board_that_is_not_built_says_how(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HWACCESS_CACHE", str(tmp_path))
    with pytest.raises(EngineError, match="not built yet") as caught:
        open_board("qemu:pc")
    assert caught.value.hint.endswith("hwaccess board build pc")


def test_the_plugin_runs_on_a_virtual_board(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apps.prepare(monkeypatch)
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    words = [
        "--rootdir",
        str(tmp_path),
        "--hw-board",
        "qemu:pc",
        "--hw-compose",
        str(tmp_path / "compose.yaml"),
    ]
    done = subprocess.run(
        apps.command(*words), capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert "EMULATED" in done.stdout
