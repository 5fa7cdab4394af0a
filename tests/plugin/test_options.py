"""Options, ini values and wrong use: all of it is told before a board is needed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import apps
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ONE_TEST = "def test_one(): pass"
App = "Callable[..., pytest.RunResult]"
NO_BOARD = "unix:///nowhere.sock"  # a board that does not answer: whoever needs it fails


def test_the_plugin_imports_nothing_but_pytest_and_the_standard_library() -> None:
    script = (
        "import pytest, sys; before = set(sys.modules); import hwaccess.pytest_plugin.hookspecs;"
        "names = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(*sorted(names - set(sys.stdlib_module_names)));"
        "print(*sorted(name for name in sys.modules if name.startswith('hwaccess')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=apps.ROOT, capture_output=True, text=True, check=True
    )
    others, ours = done.stdout.splitlines()
    assert others == "hwaccess"
    assert ours == "hwaccess hwaccess.pytest_plugin hwaccess.pytest_plugin.hookspecs"


def test_a_run_without_compose_file_needs_no_board_and_says_nothing(
    app: Callable[..., pytest.RunResult],
) -> None:
    result = app(tests=ONE_TEST)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("hwaccess*")


def test_the_options_are_told_by_help(app: Callable[..., pytest.RunResult]) -> None:
    result = app("--help")
    names = ("compose", "board", "allow", "service", "access", "env-file", "profile", "require")
    result.stdout.fnmatch_lines([f"*--hw-{name}*" for name in names])
    result.stdout.fnmatch_lines(["*hw_compose*", "*hw_board*"])


def test_the_mark_is_told_by_markers(app: Callable[..., pytest.RunResult]) -> None:
    app("--markers").stdout.fnmatch_lines(["@pytest.mark.hw_requires(access*"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ("--hw-compose", "no.yaml"),
            "*--hw-compose: there is no *no.yaml; name a compose file or a folder*",
        ),
        (("--hw-compose", "."), "*--hw-compose: there is no compose file and no Dockerfile in .*"),
        (
            ("--hw-service", "gpio"),
            "*--hw-service needs a compose file: pytest --hw-compose docker-compose.yml*",
        ),
        (
            ("--hw-access", "i2c"),
            "*--hw-access needs a compose file: pytest --hw-compose docker-compose.yml*",
        ),
        (("--hw-allow", "everything"), "*--hw-allow: invalid choice: 'everything'*"),
        (
            ("-o", "hw_allow=everything"),
            "*hw_allow: 'everything' is no risk; use one of: look, open, read,*",
        ),
    ],
)
def test_wrong_use_is_refused_with_what_would_be_right(
    app: Callable[..., pytest.RunResult], options: tuple[str, ...], message: str
) -> None:
    result = app(*options, tests=ONE_TEST)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        (
            "hw_requires",
            "*test_app.py::test_one: hw_requires takes one access and path=; write hw_requires(*",
        ),
        ("hw_requires('i2c', 'spi')", "*takes one access and path=*"),
        ("hw_requires('i2c', node='/dev/i2c-1')", "*takes one access and path=*"),
        (
            "hw_requires('usb')",
            "*a board cannot be asked for 'usb'; use one of: i2c, spi, gpio, mem, device,*",
        ),
        ("hw_requires('i2c', path='i2c-1')", "*'i2c-1' is no absolute path of the board*"),
        ("hw_requires('device')", "*which device the board must have is not told*"),
    ],
)
def test_a_wrong_mark_is_refused_before_anything_runs(
    app: Callable[..., pytest.RunResult], mark: str, message: str
) -> None:
    tests = f"import pytest\n@pytest.mark.{mark}\ndef test_one(): pass"
    result = app("--hw-board", NO_BOARD, tests=tests)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])


@pytest.mark.parametrize("place", ["environment", "ini"])
def test_the_board_can_be_named_by_the_environment_or_the_ini_file(
    app: Callable[..., pytest.RunResult], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    options = ["-o", f"hw_board={NO_BOARD}"]
    if place == "environment":
        monkeypatch.setenv("HWACCESS_BOARD", NO_BOARD)
        options = []
    result = app(*options, tests=ONE_TEST)
    result.stdout.fnmatch_lines(["hwaccess: no board: *nowhere.sock*"])
    result.assert_outcomes(passed=1)


def test_a_bad_compose_file_is_a_collection_error_with_its_place(
    app: Callable[..., pytest.RunResult],
) -> None:
    result = app("--hw-compose", ".", compose="services:\n  a:\n    image: [")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["error: compose.yaml:*", "hint: *"])
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize(
    ("name", "value"), [("hw_check", "hw_check('a::i2c')"), ("hw_project", "hw_project")]
)
def test_a_fixture_without_compose_file_says_how_to_name_one(
    app: Callable[..., pytest.RunResult], name: str, value: str
) -> None:
    result = app(tests=f"def test_one({name}): {value}")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["*there is no compose file; name one: pytest --hw-compose docker-compose.yml*"]
    )
