"""One ini file for a laptop and a rack: what a board lacks, and an engine that does not answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import apps
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

NO_ENGINE = ("--hw-board", "unix:///nowhere/docker.sock")
ONE = "def test_one(): pass"


def test_without_an_engine_checks_are_errors_and_other_tests_run(
    app: Callable[..., pytest.RunResult],
) -> None:
    result = app("--hw-compose", ".", *NO_ENGINE, compose=apps.PORT, tests=ONE)

    result.assert_outcomes(passed=1, errors=4)
    result.stdout.fnmatch_lines(["*no engine answers at unix:///nowhere/docker.sock*", "hint: *"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_the_ids_without_an_engine_are_those_with_one(
    app: Callable[..., pytest.RunResult],
) -> None:
    result = app("--hw-compose", ".", *NO_ENGINE, "--collect-only", "-q", compose=apps.PORT)

    assert [line for line in result.outlines if "::" in line] == apps.PORT_IDS


def test_the_ini_file_may_have_them_skipped_with_one_reason(
    app: Callable[..., pytest.RunResult],
) -> None:
    ini = ("-o", "hw_without_engine=skip", "-rs")
    result = app("--hw-compose", ".", *NO_ENGINE, *ini, compose=apps.PORT, tests=ONE)

    result.assert_outcomes(passed=1, skipped=4)
    result.stdout.fnmatch_lines(["SKIPPED * no engine answers*"])


def test_what_is_required_is_not_skipped(app: Callable[..., pytest.RunResult]) -> None:
    ini = ("-o", "hw_without_engine=skip", "--hw-require")
    app("--hw-compose", ".", *NO_ENGINE, *ini, compose=apps.PORT).assert_outcomes(errors=4)


def test_another_word_in_the_ini_file_is_refused(app: Callable[..., pytest.RunResult]) -> None:
    result = app("-o", "hw_without_engine=maybe", tests=ONE)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*hw_without_engine: 'maybe' is neither error nor skip*"])


def test_a_file_that_cannot_be_loaded_is_a_collection_error_all_the_same(
    app: Callable[..., pytest.RunResult],
) -> None:
    result = app("--hw-compose", ".", *NO_ENGINE, compose="services: [a]")

    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*services is a mapping by name*"])


def test_the_mark_hw_chooses_the_checks(app: Callable[..., pytest.RunResult]) -> None:
    without = app("--hw-compose", ".", *NO_ENGINE, "-m", "not hw", compose=apps.PORT, tests=ONE)
    only = app("--hw-compose", ".", *NO_ENGINE, "-m", "hw")

    without.assert_outcomes(passed=1, deselected=4)
    only.assert_outcomes(errors=4, deselected=1)


@pytest.mark.docker
@pytest.mark.parametrize(("options", "outcome"), [((), "skipped"), (("--hw-require",), "failed")])
def test_what_the_board_lacks_is_skipped_unless_it_is_required(
    app: Callable[..., pytest.RunResult], options: tuple[str, ...], outcome: str
) -> None:
    result = app("--hw-compose", ".", "-rs", *options, compose=apps.ABSENT)

    result.assert_outcomes(**{outcome: 2})
    result.stdout.fnmatch_lines(["*the board has no /dev/hwaccess-none*"])
