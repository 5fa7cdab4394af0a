"""Machines about to start, running, kept or dead: who is told about, ended and cleared away."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from virtual import processes
from waiting import soon

from hwaccess.boards.qemu import listing, programs, store
from hwaccess.boards.qemu.machine import console, machines
from hwaccess.boards.qemu.machine.machine import ENDED, FACTS, LOCK, Machine
from hwaccess.boards.qemu.machine.monitor import Monitor
from hwaccess.errors import BoardAddressError, EngineError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWACCESS_CACHE", str(tmp_path))


def made(*, kept: bool) -> Machine:
    """One whose supervisor is gone."""
    machine = Machine(machines.new_folder("pc"))
    store.write_json(machine.path / FACTS, {"address": "./pc.toml", "kept": kept, "port": 1})
    (machine.path / LOCK).touch()
    return machine


def there() -> list[str]:
    return [machine.path.name for machine in machines.machines()]


def test_one_that_is_about_to_start_is_left_alone_until_it_is_late() -> None:
    starting = Machine(machines.new_folder("pc"))
    machines.clear_away()
    assert machines.chosen((), everything=True) == ()
    assert [line.split()[:2] for line in listing.lines() if "pc@" in line] == [
        ["pc@1", "starting,"]
    ]
    with pytest.raises(BoardAddressError, match="no virtual board pc was kept"):
        machines.chosen(("pc",), everything=False)

    late = time.time() - 2 * machines.YOUNG_SECONDS
    os.utime(starting.path, (late, late))
    machines.clear_away()
    assert there() == []


def test_what_a_dead_one_left_goes_at_once_and_a_kept_one_stays_for_its_logs() -> None:
    made(kept=False)
    kept = made(kept=True)
    running = made(kept=False)
    with (running.path / LOCK).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        machines.clear_away()
        assert there() == ["pc@2", "pc@3"]
        assert [machine.path for machine in machines.chosen((), everything=True)] == [kept.path]
        (running.path / ENDED).touch()  # and its command is about to tell it
        assert [machine.path for machine in machines.chosen((), everything=True)] == [kept.path]
        kept.close()
    assert there() == ["pc@3"]


def test_its_end_is_told_with_the_last_words_and_how_to_build_that_very_board() -> None:
    machine = made(kept=False)
    (machine.path / "console.log").write_text(
        "hwaccess: ready\nKernel panic - not syncing: out of tea\n"
    )
    (machine.path / "qemu.log").write_text("qemu: no tea\n")
    message = "no answer"
    with (
        pytest.raises(
            EngineError, match=r"(?s)QEMU ended: Kernel panic - not syncing: out of tea.*no tea"
        ) as caught,
        machine.explained(),
    ):
        raise EngineError(message, hint="")
    assert caught.value.hint == "build it again: hwaccess board build ./pc.toml --again"


def test_one_that_somebody_took_away_is_told_as_such() -> None:
    machine = made(kept=True)
    machine.close()
    with pytest.raises(
        EngineError, match="virtual board pc@1: it was ended: somebody ended it"
    ) as caught:
        _ = machine.port
    assert caught.value.hint.endswith("hwaccess board ls")


def test_what_dies_before_it_answers_is_told_by_the_monitor(tmp_path: Path) -> None:
    path = tmp_path / "qmp.sock"
    with socket.socket(socket.AF_UNIX) as server, ThreadPoolExecutor() as pool:
        server.bind(str(path))
        server.listen()

        def greet_and_go() -> None:
            client, _ = server.accept()
            client.sendall(b'{"QMP": {}}\n')
            client.close()

        gone = pool.submit(greet_and_go)
        with pytest.raises(EngineError, match="not answer"), Monitor(path, "look"):
            pytest.fail("it answered")
        gone.result()


def test_a_shell_on_one_that_has_ended_leads_to_what_it_said() -> None:
    with pytest.raises(BoardAddressError, match="virtual board pc@1 has ended") as caught:
        console.attach(made(kept=True))
    assert caught.value.hint == "read what it said: hwaccess board logs pc@1"


def test_one_of_a_name_is_found_and_several_are_told() -> None:
    first = made(kept=True)
    assert machines.one("pc").path == first.path
    made(kept=True)
    with pytest.raises(BoardAddressError, match="2 boards pc run: pc@1, pc@2"):
        machines.one("pc")
    with pytest.raises(BoardAddressError, match="no virtual board rpi3b is running") as caught:
        machines.one("rpi3b")
    assert caught.value.hint.endswith("hwaccess board up rpi3b --keep")


CLEANS_UP = "trap 'sleep 0.2; rm -r tree; exit 9' TERM; mkdir tree; sleep 600 & wait"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_is_guarded_cleans_up_when_its_owner_is_gone(
    tmp_path: Path, number: signal.Signals
) -> None:
    owner = f"""
import sys
from hwaccess.boards.qemu import programs
words = ["sh", "-c", {CLEANS_UP!r}]
sys.exit(programs.status_of(words, 60, open("log", "wb"), cwd={str(tmp_path)!r}))
"""
    folder = str(Path(programs.__file__).parents[3])
    environment = {**os.environ, "PYTHONPATH": folder}
    with subprocess.Popen([sys.executable, "-c", owner], cwd=tmp_path, env=environment) as process:
        assert soon((tmp_path / "tree").exists)
        process.send_signal(number)
    assert soon(lambda: not (tmp_path / "tree").exists())
    assert soon(lambda: not processes(tmp_path))


def test_what_takes_too_long_or_fails_is_told_as_such(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        assert programs.status_of(["sh", "-c", "exit 7"], 60, log) == "exit status 7"
        assert programs.status_of(["true"], 60, log) == ""
        assert (
            programs.status_of(["sh", "-c", CLEANS_UP], 1, log, cwd=tmp_path)
            == "it takes longer than 1 s"
        )
    assert not (tmp_path / "tree").exists()


def test_a_line_is_typed_when_the_prompt_is_there_and_found_again_among_prompts() -> None:
    machine = made(kept=False)
    with socket.socket(socket.AF_UNIX) as server, ThreadPoolExecutor() as pool:
        server.bind(str(machine.path / "serial.sock"))
        server.listen()

        def shell() -> bytes:
            client, _ = server.accept()
            with client, client.makefile("rb") as typed:
                typed.readline()  # lost: the shell is not there yet
                typed.readline()
                client.sendall(b"\r\n# ")
                line = typed.readline()
                client.sendall(line[:3] + b"# " + line[3:].replace(b"\n", b"\r\n"))
                return line

        typed = pool.submit(shell)
        machine.type("date -u")
        assert typed.result() == b"date -u\n"
