"""A reader that went away, and streams that never were there: the exit code is that of the work."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

NEEDS_ENGINE = pytest.mark.docker
PASSES = "compose-examples/confinement"
FAILS = "compose-examples/broken-bind-mounted-node"
# (arguments, exit code); without an engine first.
OFFLINE = [
    (("--help",), 0),
    (("--version",), 0),
    (("check", "--help"), 0),
    (("explain", "HW130"), 0),
    (("render", "compose-examples/guide-labels"), 0),
    (("board", "ls"), 0),
    (("check", "nope.yaml"), 2),
    (("check", "--frob"), 2),
]
WITH_ENGINE = [
    (("check", PASSES), 0),
    (("check", FAILS), 1),
    (("check", "--format", "json", PASSES), 0),
    (("check", "--output", "/dev/stdout", PASSES), 0),
    (("check", "--output", "/dev/stdout", FAILS), 1),
    (("doctor",), 0),
    (("doctor", "--format", "json"), 0),
    (("sweep",), 0),
]
ROWS = [*OFFLINE, *(pytest.param(*row, marks=NEEDS_ENGINE) for row in WITH_ENGINE)]


def hwaccess(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "hwaccess", *arguments]


def into_nothing(*arguments: str, also_stderr: bool = False) -> tuple[int, str]:
    """Exit code and standard error of a command whose standard output is a pipe without reader."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            hwaccess(*arguments),
            stdout=writing,
            stderr=writing if also_stderr else subprocess.PIPE,
            check=False,
            timeout=120,
        )
    finally:
        os.close(writing)
    return done.returncode, (done.stderr or b"").decode()


@pytest.mark.parametrize(("arguments", "code"), ROWS)
def test_a_closed_pipe_changes_no_exit_code_and_says_nothing(
    arguments: tuple[str, ...], code: int
) -> None:
    ended, told = into_nothing(*arguments)
    assert ended == code, told
    assert "Traceback" not in told
    assert "BrokenPipe" not in told


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--help",), 0),
        (("check", "nope.yaml"), 2),
        (("check", "--frob"), 2),
        pytest.param(("check", FAILS), 1, marks=NEEDS_ENGINE),
        pytest.param(("sweep",), 0, marks=NEEDS_ENGINE),
    ],
)
def test_a_closed_pipe_for_both_streams_changes_no_exit_code(
    arguments: tuple[str, ...], code: int
) -> None:
    assert into_nothing(*arguments, also_stderr=True)[0] == code


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("explain", "HW130"),
        ("check", "--help"),
        pytest.param(("check", "--format", "json", PASSES), marks=NEEDS_ENGINE),
        pytest.param(("doctor",), marks=NEEDS_ENGINE),
    ],
)
def test_output_that_does_not_fit_is_an_error_that_says_why(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >/dev/full', "sh", *hwaccess(*arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "error: cannot write to standard output: No space left on device\n"
        "hint: make room there, or send the output somewhere else\n"
    )


@pytest.mark.parametrize("closed", [">&-", ">&- 2>&- <&-"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--help",), 0),
        (("check", "nope.yaml"), 2),
        (("board", "ls"), 0),
        pytest.param(("check", PASSES), 0, marks=NEEDS_ENGINE),
        pytest.param(("check", FAILS), 1, marks=NEEDS_ENGINE),
        pytest.param(("check", "--output", "/dev/stdout", PASSES), 0, marks=NEEDS_ENGINE),
    ],
)
def test_a_stream_that_was_never_open_changes_no_exit_code(
    arguments: tuple[str, ...], code: int, closed: str
) -> None:
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "sh", *hwaccess(*arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


@NEEDS_ENGINE
def test_a_report_for_a_reader_that_went_away_is_no_error_of_its_file(tmp_path: Path) -> None:
    fifo = tmp_path / "report"
    os.mkfifo(fifo)
    script = (  # opens the reading end, waits for the writer's open, and goes away
        'cat "$0" >/dev/null & reader=$!; "$@"; code=$?; wait $reader; exit $code'
    )
    done = subprocess.run(
        ["sh", "-c", script, str(fifo), *hwaccess("check", "--output", str(fifo), PASSES)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
