"""What comes from files, boards and containers reaches no terminal, page or test report raw."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import reports

from hwaccess.plain import plain, plain_lines
from hwaccess.report import render
from hwaccess.testing import describe, finding_line

if TYPE_CHECKING:
    from hwaccess.model import Report

BAD = "a\x1b[31mb\x07c\u202ed\x85e\0f\r"


@pytest.mark.parametrize("text", ["", "i2c-1", "größe", "日本", "😀", 'a "b" \\c'])
def test_what_can_be_printed_stays(text: str) -> None:
    assert plain(text) == text


def test_what_moves_the_cursor_or_the_text_is_written_out() -> None:
    assert plain(BAD) == "a\\x1b[31mb\\x07c\\u202ed\\x85e\\x00f\\r"
    assert plain("a\nb") == "a\\nb"
    assert plain_lines("a\nb\x1b") == "a\nb\\x1b"


def hostile() -> Report:
    """A report in which every text of others is hostile."""
    (result, *rest) = reports.REPORT.results
    check = replace(result.check, target=BAD, service=BAD)
    verdict = replace(
        result.verdict, summary=BAD, evidence=(BAD,), also_possible=(BAD,), remedy=None
    )
    finding = replace(reports.REPORT.findings[0], summary=BAD, service=BAD, remedy=BAD)
    board = replace(reports.REPORT.board, name=BAD, model=BAD, kernel=BAD)
    return replace(
        reports.REPORT,
        board=board,
        results=(replace(result, check=check, verdict=verdict, log=BAD), *rest),
        findings=(finding,),
        files=(BAD,),
    )


@pytest.mark.parametrize("format_", ["text", "markdown", "json"])
def test_no_report_passes_it_on(format_: str) -> None:
    text = render(hostile(), format_)
    assert all(char.isprintable() or char == "\n" for char in text)


def test_no_test_item_passes_it_on() -> None:
    report = hostile()
    text = describe(report.results[0], report.board, report.findings, BAD)
    assert all(char.isprintable() or char == "\n" for char in text)
    assert finding_line(report.findings[0]).isprintable()
