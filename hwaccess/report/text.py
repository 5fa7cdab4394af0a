"""A run for a person at a terminal.

Every check is a line; then comes what failed, why, and what to paste.
"""

from __future__ import annotations

import io
import textwrap
from typing import TYPE_CHECKING, Final

from hwaccess.model import Expect, Outcome, ProbeIn, Provenance, Result
from hwaccess.plain import plain
from hwaccess.words import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from hwaccess.model import BoardIdentity, CheckResult, Report
    from hwaccess.words import Finding

WIDTH: Final = 80  # where there is no terminal to ask
NARROWEST: Final = 40
ROOM: Final = 32  # the narrowest column that a summary may have
STYLES: Final = {
    Result.PASS: "green",
    Result.SKIP: "dim",
    Result.FAIL: "bold red",
    Result.ERROR: "bold magenta",
}
SEVERITIES: Final = {Severity.NOTE: "dim", Severity.WARNING: "yellow", Severity.ERROR: "bold red"}
PLACES: Final = {
    ProbeIn.SERVICE_IMAGE: "in its own image",
    ProbeIn.PROBE_IMAGE: "in the probe image",
    ProbeIn.RUNNING: "in the running container",
}
SINGLE_CONTAINER: Final = (
    "There is no compose file: taken for balena's single-container application, "
    "privileged and in the board's network"
)
EMULATED: Final = (
    "EMULATED: no real hardware was touched, and a pass proves nothing about a real board"
)


def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
    """The report as lines of text. Lines that are there to be pasted are never wrapped."""
    from rich.console import Console  # noqa: PLC0415 -- 60 ms that the other formats need not pay

    out = io.StringIO()
    console = Console(
        file=out,
        width=max(width or WIDTH, NARROWEST),
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    page = _Page(console)
    page.head(report)
    page.checks(report)
    for results in by_cause(report.results):
        page.problem(results)
    page.findings(report.findings)
    page.foot(report)
    return out.getvalue()


class _Page:
    """The parts of a report, printed in turn."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def head(self, report: Report) -> None:
        """Which files on which board."""
        board = report.board
        self.line(f"{', '.join(report.files) or 'no file'} on {where(board)}", "bold")
        if report.is_single_container:
            self.prose(SINGLE_CONTAINER, 0, "yellow")
        self.prose(", ".join(traits(board)), 0, "dim")
        if board.provenance is Provenance.EMULATED:
            self.prose(EMULATED, 0, "bold yellow")

    def checks(self, report: Report) -> None:
        """A table for each service; its columns stand in line with those of the others."""
        emulated = report.board.provenance is Provenance.EMULATED
        rows = [
            (result, name_of(result), outcome_of(result, emulated=emulated))
            for result in report.results
        ]
        widths = (
            max((len(name) for _, name, _ in rows), default=0),
            max((len(seen) for *_, seen in rows), default=0),
        )
        heading = ""
        for result, name, seen in rows:
            if result.check.service != heading:
                heading = result.check.service
                self.line()
                self.line(f"{heading}  ({PLACES[result.probe_in]})", "bold")
            self.check(result, name, seen, widths)

    def check(self, result: CheckResult, name: str, seen: str, widths: tuple[int, int]) -> None:
        """One check in a line.

        Its summary stands beside it; where there is no room for that, only a skip's, below.
        """
        style = STYLES[result.result]
        head = f"  {result.result:5}", f"  {name:{widths[0]}}", f"  {seen:{widths[1]}}"
        left = sum(map(len, head)) + 2
        styles = (style, "", "" if result.result is Result.PASS else style)
        if self.console.width - left < ROOM:
            self.cells((*zip(head[:2], styles, strict=False), (head[2].rstrip(), styles[2])))
            if result.result is Result.SKIP:
                self.prose(result.verdict.summary, 9, "dim")
            return
        first, *more = textwrap.wrap(plain(result.verdict.summary), self.console.width - left) or [
            ""
        ]
        self.cells((*zip(head, styles, strict=True), (f"  {first}", "dim")))
        for line in more:
            self.line(" " * left + line, "dim")

    def problem(self, results: list[CheckResult]) -> None:
        """Why checks of one cause did not pass, and what fixes it.

        A refused container fails all of its checks.
        """
        verdict = results[0].verdict
        self.line()
        layer = f"  {verdict.layer}" if verdict.layer else ""
        rule = f"  {verdict.rule}" if verdict.rule else ""
        for each in results:
            self.line(f"{each.result.upper()} {each.check.id}{layer}{rule}", STYLES[each.result])
        self.prose(verdict.summary, 2)
        for line in verdict.evidence:
            self.line(f"    {line}", "dim")
        for line in verdict.also_possible:
            self.prose(f"also possible: {line}", 2)
        for line in dict.fromkeys(line for each in results for line in granted(each)):
            self.line(f"  granted by {line}", "dim")
        if verdict.remedy is not None:
            first, *commands = verdict.remedy.text.split("\n")
            self.line(f"  fix ({verdict.remedy.kind}): {first}", "green")
            for command in commands:
                self.line(f"    {command}", "green")
            if verdict.remedy.patch is not None:
                self.patch(verdict.remedy.patch)

    def patch(self, patch: str) -> None:
        """The patch at the margin, within the command that takes it: one copy, one paste.

        It goes past rich, which would turn its tabs into spaces.
        """
        self.console.file.write(f"patch -p1 <<'EOF'\n{patch}EOF\n")

    def findings(self, findings: tuple[Finding, ...]) -> None:
        """What was found about the files themselves, the worst first."""
        if not findings:
            return
        self.line()
        self.line("findings", "bold")
        order = list(reversed(Severity))
        for finding in sorted(findings, key=lambda finding: order.index(finding.severity)):
            place = f"  {finding.place}" if finding.place else ""
            service = f"  {finding.service}" if finding.service else ""
            self.line(
                f"  {finding.severity:7}  {finding.rule}{place}{service}",
                SEVERITIES[finding.severity],
            )
            self.prose(finding.summary, 11)
            if finding.remedy:
                self.line(f"           fix: {finding.remedy}", "green")

    def foot(self, report: Report) -> None:
        """The counts, where the board is, and how to learn more."""
        self.line()
        problems = [
            result for result in report.results if result.result in (Result.FAIL, Result.ERROR)
        ]
        rule = next((result.verdict.rule for result in problems if result.verdict.rule), "")
        if rule:
            self.line(f"more on a cause: hwaccess explain {rule}", "dim")
        worst = max(
            (result.result for result in report.results),
            key=list(Result).index,
            default=Result.SKIP,
        )
        emulated = " (EMULATED)" if report.board.provenance is Provenance.EMULATED else ""
        found = f", {plural(len(report.findings), 'finding')}" if report.findings else ""
        counts = f"{plural(len(report.results), 'check')}: {counted(report)}{found}"
        self.prose(
            f"{counts} in {report.seconds:.1f} s on {where(report.board)}{emulated}",
            0,
            STYLES[worst],
        )

    def line(self, text: str = "", style: str = "") -> None:
        """One line, never wrapped: it may be copied."""
        self.cells(((text, style),))

    def cells(self, cells: Iterable[tuple[str, str]]) -> None:
        """Pieces of one line, each in its style."""
        from rich.text import Text  # noqa: PLC0415 -- see render

        line = Text.assemble(*((plain(text), style) for text, style in cells))
        self.console.print(line, soft_wrap=True)

    def prose(self, text: str, indent: int, style: str = "") -> None:
        """A sentence, wrapped between words."""
        width = max(self.console.width - indent, NARROWEST)
        for line in textwrap.wrap(
            plain(text), width, break_long_words=False, break_on_hyphens=False
        ):
            self.line(" " * indent + line, style)


def by_cause(results: Iterable[CheckResult]) -> list[list[CheckResult]]:
    """Those that did not pass, together where service, result and the whole verdict are the same.

    In order.
    """
    groups: dict[object, list[CheckResult]] = {}
    for result in results:
        if result.result in (Result.FAIL, Result.ERROR):
            verdict = result.verdict
            cause = (
                result.check.service,
                result.result,
                verdict.rule,
                verdict.summary,
                verdict.evidence,
            )
            groups.setdefault(cause, []).append(result)
    return list(groups.values())


def name_of(result: CheckResult) -> str:
    """Access and target, with `deny` before them where that is wanted."""
    check = result.check
    name = f"{check.access}[{check.target}]" if check.target else check.access
    return f"deny {name}" if check.expect is Expect.DENY else name


def outcome_of(result: CheckResult, *, emulated: bool) -> str:
    """The outcome and the layer that made it; that hardware is not real is said beside it."""
    verdict = result.verdict
    if emulated and verdict.outcome is Outcome.REACHABLE:
        return f"{verdict.outcome} (emulated)"
    return f"{verdict.outcome}: {verdict.layer}" if verdict.layer else str(verdict.outcome)


def granted(result: CheckResult) -> list[str]:
    """Where the check's grants stand, each place once: a label gives several grants."""
    return list(dict.fromkeys(f"{grant.field} at {grant.place}" for grant in result.check.grants))


def where(board: BoardIdentity) -> str:
    """The board by name and address."""
    return f"{board.name} ({board.url})"


def traits(board: BoardIdentity) -> list[str]:
    """What the board is, in a few words."""
    modules = f"LSM {' '.join(board.lsm)}" if board.lsm else ""
    words = (
        board.model,
        board.engine,
        f"Linux {board.kernel} {board.arch}",
        f"cgroup v{board.cgroup}",
        modules,
    )
    return [word for word in words if word]


def counted(report: Report) -> str:
    """How many checks ended how; a result that no check has is left out, except passes."""
    order = (Result.PASS, Result.FAIL, Result.ERROR, Result.SKIP)
    return ", ".join(
        f"{report.count(each)} {each}"
        for each in order
        if each is Result.PASS or report.count(each)
    )


def plural(count: int, word: str) -> str:
    """`1 check`, `2 checks`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
