"""A run: which services' containers may be at work at the same time."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, cast

import cases
import pytest
import typed

from hwaccess.engine.base import AgentRun
from hwaccess.errors import EngineUnreachable, UsageError
from hwaccess.locks import one_writer
from hwaccess.model import ProbeIn, Provenance
from hwaccess.run.options import Options
from hwaccess.run.prepare import prepare
from hwaccess.run.run import Run
from hwaccess.words import Risk

if TYPE_CHECKING:
    from pathlib import Path

    from hwaccess.boards.base import Board
    from hwaccess.facts import BoardFacts

TWO = """\
services:
  a: &sensor
    image: example.com/sensor:1
    devices: [/dev/i2c-1]
    x-hwaccess:
      reach:
        - i2c: /dev/i2c-1
          registers: [{address: 0x48, register: 0x02, value: 0x5a}]
  b: *sensor
"""


class MeetingEngine:
    """Containers that say nothing.

    Each waits a while for another one to be there at the same time.
    """

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self.barrier = threading.Barrier(2)
        self.met: list[bool] = []

    def image(self, _reference: str) -> None:
        """No image is there."""

    def sweep(self) -> None:
        """Nothing is left behind."""

    def prepare(self, _progress: Any) -> None:
        """Nothing is to be made."""

    def run_service(self, *_: Any, **__: Any) -> AgentRun:
        """Nobody comes in vain: a barrier that was given up is set up anew for the next one."""
        try:
            self.barrier.wait(self.patience)
            self.met.append(True)
        except threading.BrokenBarrierError:
            self.met.append(False)
            self.barrier.reset()
        return AgentRun(ProbeIn.PROBE_IMAGE, b"", "")


class OfEngine:
    """A board with that engine."""

    name, url, provenance = "pi", "", Provenance.EMULATED

    def __init__(self, engine: MeetingEngine) -> None:
        self.engine = engine

    def facts(self, _paths: Any = ()) -> BoardFacts:
        """The usual board."""
        return cases.BOARD


@pytest.mark.parametrize(
    ("allow", "patience", "met"), [(Risk.READ, 30, True), (Risk.WRITE, 0.2, False)]
)
def test_services_that_change_the_board_are_asked_one_after_the_other(
    allow: Risk, patience: float, met: bool
) -> None:
    engine = MeetingEngine(patience)
    board, options = cast("Board", OfEngine(engine)), Options(allow=allow)
    run = Run(board, prepare(board, typed.project(TWO), options), options)
    report = run.report()
    assert engine.met == [met, met]
    ids = {result.check.id for result in report.results if result.check.risk is Risk.WRITE}
    assert ids == {f"{name}::i2c[/dev/i2c-1@0x48:0x02=0x5a]" for name in "ab"}


def test_another_run_that_changes_the_same_board_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code = "import sys, threading; from hwaccess.locks import one_writer\n"
    code += "with one_writer('tcp://pi', threading.Event()): "
    code += "print('in', flush=True); sys.stdin.read()"
    ended = threading.Event()
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"in\n"
        with one_writer("tcp://another", ended):
            pass
        threading.Timer(0.2, ended.set).start()
        with (
            pytest.raises(EngineUnreachable, match="while another one changed the board"),
            one_writer("tcp://pi", ended),
        ):
            pytest.fail("both are in")
        other.communicate()
    with one_writer("tcp://pi", ended):
        pass


def test_a_cache_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    with (
        pytest.raises(UsageError, match="two runs could change the board at once"),
        one_writer("", threading.Event()),
    ):
        pytest.fail("it was not told")
