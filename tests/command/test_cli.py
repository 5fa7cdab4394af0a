"""The command as a user types it: what it says, where, and its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hwaccess import __version__

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLE = "compose-examples/confinement"
BROKEN = "compose-examples/broken-bind-mounted-node"
NO_BOARD = "tcp://127.0.0.1:1"
NEEDS_ENGINE = pytest.mark.docker


def hwaccess(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hwaccess", *arguments]
    path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/nonexistent"}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env=path | environment
    )


ERRORS = [
    (("check", "nope.yaml"), 2, "nope.yaml is not there"),
    (("check", "--board", NO_BOARD, EXAMPLE), 3, "no engine answers at tcp://127.0.0.1:1"),
    (("check", "--board", "unix:///nope.sock", EXAMPLE), 3, "/nope.sock"),
    (("check", "--board", "banana://x", EXAMPLE), 2, "no board is called 'banana://x'"),
    (("check", "--allow", "all", EXAMPLE), 2, "'all' is not one of"),
    (("check", "--seconds", "0", EXAMPLE), 2, "0.0 is not in the range"),
    (("check", "--probe-in", "moon", EXAMPLE), 2, "'moon' is not one of"),
    (("check", "--env-file", "nope.env", EXAMPLE), 2, "nope.env"),
    (("explain", "HW13"), 2, "did you mean"),
    (("render", "nope.yaml"), 2, "nope.yaml is not there"),
    (("doctor", "--board", NO_BOARD), 3, "no engine answers"),
    (("sweep", "--board", NO_BOARD), 3, "no engine answers"),
    (("frobnicate",), 2, "No such command"),
    (("check", "--frob"), 2, "No such option"),
]


@pytest.mark.parametrize(
    ("arguments", "code", "words"), ERRORS, ids=[" ".join(row[0]) for row in ERRORS]
)
def test_wrong_use_is_one_clear_error(arguments: tuple[str, ...], code: int, words: str) -> None:
    done = hwaccess(*arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_the_board_can_come_from_the_environment() -> None:
    done = hwaccess("check", EXAMPLE, HWACCESS_BOARD=NO_BOARD)
    assert done.returncode == 3
    assert "hint: " in done.stderr


def test_debug_shows_the_traceback() -> None:
    assert "Traceback" in hwaccess("--debug", "check", "nope.yaml").stderr


def test_version_and_help() -> None:
    assert hwaccess("--version").stdout == f"hwaccess {__version__}\n"
    told = hwaccess("--help").stdout
    assert all(command in told for command in ("check", "doctor", "render", "explain", "sweep"))


@pytest.mark.parametrize("columns", ["80", "100", "250"])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_the_front_page_is_what_click_makes_of_the_commands(columns: str, option: str) -> None:
    by_click = hwaccess(option, COLUMNS=columns).stdout  # a width that is given is click's to fill
    assert hwaccess(option).stdout == by_click


def test_the_front_page_is_printed_without_click() -> None:
    script = "import sys; from hwaccess import cli; cli.run(['--help']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], env={}, capture_output=True, text=True, check=True
    )
    modules = done.stdout.splitlines()[-1].split()
    assert "hwaccess.cli.front" in modules
    assert "click" not in modules


def test_a_page_needs_no_engine() -> None:
    done = hwaccess("explain", "hw130", HWACCESS_BOARD=NO_BOARD)
    assert done.returncode == 0
    assert done.stdout.startswith("# HW130")


@NEEDS_ENGINE
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("check", "--service", "nope", EXAMPLE), 2, "no active service is called 'nope'"),
        (("check", "--access", "nope", EXAMPLE), 2, "no access is called 'nope'"),
        (("check", "--access", "spi", EXAMPLE), 4, "leaves no check"),
    ],
)
def test_a_selection_that_selects_nothing(
    arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = hwaccess(*arguments)
    assert done.returncode == code
    assert words in done.stderr


@NEEDS_ENGINE
@pytest.mark.parametrize(("folder", "code"), [(EXAMPLE, 0), (BROKEN, 1)])
def test_the_exit_code_says_how_it_went(folder: str, code: int) -> None:
    assert hwaccess("check", folder).returncode == code


@NEEDS_ENGINE
def test_json_is_all_there_is_on_standard_output() -> None:
    report = json.loads(hwaccess("check", "--format", "json", BROKEN).stdout)
    assert report["schema"] == "hwaccess/1"
    (failed,) = (item for item in report["results"] if item["result"] == "fail")
    assert failed["layer"] == "device-cgroup"
    assert "open(" in failed["evidence"][1]
    assert failed["remedy"]["patch"].startswith("--- a/")


@NEEDS_ENGINE
def test_one_access_of_one_service() -> None:
    done = hwaccess(
        "check", "--service", "filesystem", "--access", "confinement", "--format", "json", BROKEN
    )
    assert [item["access"] for item in json.loads(done.stdout)["results"]] == ["confinement"]


@NEEDS_ENGINE
def test_the_report_goes_to_a_file(tmp_path: Path) -> None:
    done = hwaccess(
        "check", "--format", "markdown", "--output", str(tmp_path / "report.md"), EXAMPLE
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "confinement" in (tmp_path / "report.md").read_text()


@NEEDS_ENGINE
def test_a_report_is_not_lost_with_its_file(tmp_path: Path) -> None:
    done = hwaccess("check", "--output", str(tmp_path / "nope" / "report.txt"), EXAMPLE)
    assert done.returncode == 2
    assert "confinement" in done.stdout


@NEEDS_ENGINE
def test_doctor_tells_what_the_board_has() -> None:
    done = hwaccess("doctor", "--format", "json")
    assert done.returncode == 0
    told = json.loads(done.stdout)
    assert told["board"]["kernel"]


@NEEDS_ENGINE
def test_render_is_a_compose_file_again(tmp_path: Path) -> None:
    rendered = hwaccess("render", "compose-examples/guide-labels")
    assert rendered.returncode == 0
    file = tmp_path / "compose.yaml"
    file.write_text(rendered.stdout)
    assert "/lib/modules:/lib/modules" in rendered.stdout
    assert hwaccess("render", str(file)).returncode == 0


@NEEDS_ENGINE
def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m hwaccess explain HW130 | true"
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, check=False, timeout=60
    )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
