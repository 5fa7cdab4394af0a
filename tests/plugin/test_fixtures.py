"""Fixtures and the mark, in tests of an app on the real engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apps
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.docker


def test_the_fixtures_give_board_project_and_results(app: Callable[..., pytest.RunResult]) -> None:
    tests = """
from hwaccess.testing import assert_reachable, assert_stopped

def test_board(hw_board):
    assert hw_board.engine.info().version

def test_project(hw_project):
    assert [service.name for service in hw_project.services] == ["port", "web"]

def test_check_by_id(hw_check):
    assert_reachable(hw_check("port::rawio"))

def test_check_by_name(hw_check):
    assert_stopped(hw_check(service="web", access="rawio"), layer="capability")
"""
    app("-o", "hw_compose=.", "test_app.py", compose=apps.PORT, tests=tests).assert_outcomes(
        passed=4
    )


@pytest.mark.parametrize(
    ("call", "lines"),
    [
        (
            "hw_check('port::rawio')",
            ["*CheckFailed: port::rawio: SYS_RAWIO is granted and does nothing*"],
        ),
        (
            "assert_reachable(hw_check('port::rawio', must_pass=False))",
            ["*CheckFailed: wanted reachable*"],
        ),
        (
            "assert_stopped(hw_check('port::rawio', must_pass=False), layer='seccomp')",
            ["*wanted layer seccomp*"],
        ),
        (
            "hw_check('port::i2c')",
            ["*UsageError: hw_check: no checks are called 'port::i2c'; there are: port::rawio,*"],
        ),
        ("hw_check()", ['*UsageError: hw_check: name one check: hw_check("gpio::i2c*']),
        (
            "hw_check('port::rawio', service='port', access='rawio')",
            ["*UsageError: hw_check: name one check*"],
        ),
    ],
)
def test_a_check_that_is_not_as_wanted_fails_in_its_own_words(
    app: Callable[..., pytest.RunResult], call: str, lines: list[str]
) -> None:
    tests = f"from hwaccess.testing import *\ndef test_one(hw_check): {call}"
    result = app("-o", "hw_compose=.", "test_app.py", compose=apps.USELESS, tests=tests)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(lines)


REQUIRING = """
import pytest

@pytest.mark.hw_requires("device", path="/dev/null")
def test_there(): pass

@pytest.mark.hw_requires("i2c", path="/dev/i2c-99")
def test_missing(): pass
"""


def test_what_the_board_lacks_is_skipped_with_the_reason(
    app: Callable[..., pytest.RunResult],
) -> None:
    result = app("-rs", tests=REQUIRING)
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*: the board * has no /dev/i2c-99"])


def test_what_is_required_fails_instead(app: Callable[..., pytest.RunResult]) -> None:
    result = app("--hw-require", tests=REQUIRING)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["the board * has no /dev/i2c-99 (--hw-require)"])


def test_a_board_that_does_not_answer_is_no_reason_to_skip(
    app: Callable[..., pytest.RunResult],
) -> None:
    result = app("--hw-board", "unix:///nowhere.sock", tests=REQUIRING)
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["error: *nowhere.sock*", "hint: *"])
