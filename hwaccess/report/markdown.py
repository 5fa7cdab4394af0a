"""A run as Markdown, for the summary page of a CI job."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hwaccess.model import Provenance, Result
from hwaccess.plain import plain_lines
from hwaccess.report.text import (
    EMULATED,
    PLACES,
    SINGLE_CONTAINER,
    counted,
    granted,
    name_of,
    outcome_of,
    plural,
    traits,
    where,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.model import CheckResult, Report
    from hwaccess.words import Finding

# Whatever a summary may hold that Markdown, a table or HTML would take for its own.
SPECIAL: Final = re.compile(r"([\\`*_\[\]|~])")
ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """The report as GitHub's and GitLab's Markdown."""
    del width, color
    emulated = report.board.provenance is Provenance.EMULATED
    lines = [f"## Hardware access on {prose(where(report.board))}: {counted(report)}", ""]
    if emulated:
        lines += [f"**{EMULATED}**", ""]
    if report.is_single_container:
        lines += [prose(SINGLE_CONTAINER), ""]
    lines += [prose(", ".join(traits(report.board))), ""]
    lines += [
        "| result | service | access | outcome | rule | summary |",
        "|---|---|---|---|---|---|",
    ]
    lines += [row(result, emulated=emulated) for result in report.results]
    for result in report.results:
        if result.result in (Result.FAIL, Result.ERROR):
            lines += ["", *problem(result)]
    if report.findings:
        lines += ["", f"### {plural(len(report.findings), 'finding')}", ""]
        lines += [
            "| severity | rule | place | service | summary | remedy |",
            "|---|---|---|---|---|---|",
        ]
        lines += [finding_row(finding) for finding in report.findings]
    return plain_lines("\n".join(lines)) + "\n"


def row(result: CheckResult, *, emulated: bool) -> str:
    """One check as a line of the table."""
    word = (
        str(result.result)
        if result.result in (Result.PASS, Result.SKIP)
        else f"**{result.result}**"
    )
    seen = outcome_of(result, emulated=emulated)
    rule = result.verdict.rule
    cells = (
        prose(result.check.service),
        code(name_of(result)),
        seen,
        rule,
        prose(result.verdict.summary),
    )
    return f"| {word} | {' | '.join(cells)} |"


def problem(result: CheckResult) -> Iterator[str]:
    """Why one check did not pass, and what to do about it."""
    verdict = result.verdict
    layer = f", {verdict.layer}" if verdict.layer else ""
    rule = f", {verdict.rule}" if verdict.rule else ""
    yield f"### {result.result}: {code(result.check.id)}{layer}{rule}"
    yield from ("", prose(verdict.summary), "")
    if verdict.evidence:
        yield from (*fenced("\n".join(verdict.evidence), "text"), "")
    yield f"- probed {PLACES[result.probe_in]}"
    for line in verdict.also_possible:
        yield f"- also possible: {prose(line)}"
    for line in granted(result):
        yield f"- granted by {code(line)}"
    if verdict.remedy is not None:
        first, _, commands = verdict.remedy.text.partition("\n")
        yield from ("", f"Fix ({verdict.remedy.kind}): {prose(first)}")
        if commands:
            yield from ("", *fenced(commands, "sh"))
        if verdict.remedy.patch is not None:
            yield ""
            yield from fenced(verdict.remedy.patch.rstrip("\n"), "diff")


def finding_row(finding: Finding) -> str:
    """One finding as a line of the table."""
    place = code(str(finding.place)) if finding.place else ""
    cells = (
        finding.rule,
        place,
        prose(finding.service or ""),
        prose(finding.summary),
        prose(finding.remedy or ""),
    )
    return f"| {finding.severity} | {' | '.join(cells)} |"


def prose(text: str) -> str:
    """Text that shows as it is, on one line."""
    escaped = SPECIAL.sub(r"\\\1", " ".join(text.split()))
    return "".join(ENTITIES.get(char, char) for char in escaped)


def code(text: str) -> str:
    """Text in code type, also within a table: a pipe ends a cell even there."""
    joined = " ".join(text.split()).replace("|", "\\|")
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", joined)), default=0))
    pad = " " if joined.startswith("`") or joined.endswith("`") else ""
    return f"{ticks}{pad}{joined}{pad}{ticks}"


def fenced(text: str, language: str) -> tuple[str, ...]:
    """A block of code whose fence is longer than any within."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    return (f"{fence}{language}", text, fence)
