"""What the assertions for apps take and say, and what a board lacks."""

from __future__ import annotations

from dataclasses import replace

import cases
import pytest

from hwaccess import testing
from hwaccess.errors import UsageError
from hwaccess.model import (
    BoardIdentity,
    Change,
    Check,
    CheckResult,
    Expect,
    Layer,
    Outcome,
    ProbeIn,
    Provenance,
    Remedy,
    Result,
    Verdict,
)
from hwaccess.words import Finding, Place, Risk, Severity

CHECK = Check("gpio", "i2c", "/dev/i2c-1", Expect.REACH, Risk.OPEN)
IDENTITY = BoardIdentity(
    "pi", "ssh://pi", Provenance.REAL, "Docker 27.0.1", "6.12.1", "aarch64", 2, (), "Pi 4"
)


def result(
    outcome: Outcome, result_: Result = Result.FAIL, layer: Layer | None = None
) -> CheckResult:
    remedy = Remedy(
        "compose", "map it", (Change("add", "devices", "/dev/i2c-1"),), "--- a/x\n+++ b/x\n"
    )
    verdict = Verdict(outcome, "it is so", "HW101", layer, ("a call",), ("another cause",), remedy)
    return CheckResult(CHECK, result_, verdict, ProbeIn.PROBE_IMAGE)


def test_a_result_is_described_in_full() -> None:
    finding = Finding(
        "HW070", Severity.WARNING, "it does nothing", "gpio", Place("c.yaml", 3, 7), "drop it"
    )
    text = testing.describe(
        result(Outcome.BLOCKED, layer=Layer.ENGINE), IDENTITY, [finding], "hwaccess check c.yaml"
    )
    assert text.splitlines() == [
        "gpio::i2c[/dev/i2c-1]: it is so",
        "  expected   reach, got blocked",
        "  layer      engine",
        "  rule       HW101 (hwaccess explain HW101)",
        "  board      pi, Pi 4: Docker 27.0.1, Linux 6.12.1 aarch64, cgroup v2",
        "  evidence   a call",
        "  or         another cause",
        "  remedy     map it",
        "patch -p1 <<'EOF'",
        "--- a/x",
        "+++ b/x",
        "EOF",
        "  finding    HW070 warning: c.yaml:3:7: it does nothing (drop it)",
        "  reproduce  hwaccess check c.yaml",
    ]


def test_an_emulated_board_says_so_first() -> None:
    emulated = replace(IDENTITY, provenance=Provenance.EMULATED)
    assert testing.board_line(emulated).startswith("EMULATED pi")
    assert "EMULATED" not in testing.board_line(IDENTITY)


@pytest.mark.parametrize("outcome", [Outcome.BLOCKED, Outcome.ABSENT, Outcome.BUSY])
def test_what_is_not_reachable_is_stopped(outcome: Outcome) -> None:
    testing.assert_stopped(result(outcome, layer=Layer.BOARD), layer="board")
    with pytest.raises(testing.CheckFailed, match="wanted reachable"):
        testing.assert_reachable(result(outcome))
    with pytest.raises(testing.CheckFailed, match="wanted layer seccomp"):
        testing.assert_stopped(result(outcome, layer=Layer.BOARD), layer=Layer.SECCOMP)


def test_what_is_reachable_is_not_stopped() -> None:
    testing.assert_reachable(result(Outcome.REACHABLE))
    with pytest.raises(testing.CheckFailed, match="wanted stopped"):
        testing.assert_stopped(result(Outcome.REACHABLE))


def test_no_answer_is_neither_a_pass_nor_a_failure() -> None:
    unknown = result(Outcome.UNKNOWN, Result.ERROR)
    for assertion in (testing.assert_passed, testing.assert_reachable, testing.assert_stopped):
        with pytest.raises(testing.CheckUnanswered, match="it is so"):
            assertion(unknown)
    with pytest.raises(testing.CheckUnanswered):
        testing.assert_passed(result(Outcome.UNKNOWN, Result.SKIP))


def test_only_a_pass_passes() -> None:
    testing.assert_passed(result(Outcome.BLOCKED, Result.PASS))
    with pytest.raises(testing.CheckFailed):
        testing.assert_passed(result(Outcome.REACHABLE, Result.FAIL))


@pytest.mark.parametrize(
    ("access", "path", "reason"),
    [
        ("i2c", "", ""),
        ("i2c", "/dev/i2c-1", ""),
        ("device", "/dev/i2c-1", ""),
        ("i2c", "/dev/i2c-7", "the board pi has no /dev/i2c-7"),
        ("spi", "", "the board pi has no /dev/spidev*"),
        ("mem", "", "the board pi has no /dev/mem"),
        ("dbus", "", ""),
        ("firmware", "", "the board pi has no /lib/firmware"),
        ("firmware", "/lib/firmware/brcm", "the board pi has no /lib/firmware/brcm"),
    ],
)
def test_what_a_board_lacks_is_told_by_its_nodes_and_paths(
    access: str, path: str, reason: str
) -> None:
    board = replace(
        cases.BOARD, paths=(("/run/dbus/system_bus_socket", "socket"), ("/lib/firmware", "absent"))
    )
    assert testing.lacking(board, access, path) == reason


def test_a_board_that_was_not_read_lacks_nothing_for_certain() -> None:
    with pytest.raises(UsageError, match="could not be read"):
        testing.lacking(replace(cases.BOARD, complete=False), "i2c")
