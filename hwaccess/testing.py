"""For tests of apps: assertions over check results, and what a board lacks.

An assertion says itself what was wrong.
"""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING

from hwaccess.errors import UsageError
from hwaccess.model import Outcome, Result
from hwaccess.plain import plain, plain_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hwaccess.facts import BoardFacts
    from hwaccess.model import BoardIdentity, CheckResult, Layer
    from hwaccess.words import Finding


class CheckFailed(AssertionError):
    """A check did not end as expected."""


class CheckUnanswered(Exception):
    """A check got no answer, which is neither a pass nor a fail."""


def describe(
    result: CheckResult,
    board: BoardIdentity | None = None,
    findings: Sequence[Finding] = (),
    reproduce: str = "",
) -> str:
    """A result in full: verdict, evidence, remedy and patch, findings, and how to see it again."""
    return plain_lines("\n".join(lines_of(result, board, findings, reproduce)))


def lines_of(
    result: CheckResult, board: BoardIdentity | None, findings: Sequence[Finding], reproduce: str
) -> Iterator[str]:
    """The lines of `describe`."""
    check, verdict = result.check, result.verdict
    yield f"{check.id}: {verdict.summary}"
    yield f"  expected   {check.expect}, got {verdict.outcome}"
    if verdict.layer is not None:
        yield f"  layer      {verdict.layer}"
    if verdict.rule:
        yield f"  rule       {verdict.rule} (hwaccess explain {verdict.rule})"
    if board is not None:
        yield f"  board      {board_line(board)}"
    for name, lines in (("evidence", verdict.evidence), ("or", verdict.also_possible)):
        for line in lines:
            yield f"  {name:<10} {line}"
    if verdict.remedy is not None:
        yield from titled("remedy", verdict.remedy.text)
        if verdict.remedy.patch:
            yield from ("patch -p1 <<'EOF'", *verdict.remedy.patch.splitlines(), "EOF")
    for finding in findings:
        yield f"  finding    {finding_line(finding)}"
    if reproduce:
        yield f"  reproduce  {reproduce}"


def titled(title: str, text: str) -> Iterator[str]:
    """A text under a title; its further lines are indented as far."""
    for index, line in enumerate(text.splitlines()):
        yield f"  {title if index == 0 else '':<10} {line}"


def finding_line(finding: Finding) -> str:
    """A finding in one line."""
    place = f"{finding.place}: " if finding.place else ""
    remedy = f" ({finding.remedy})" if finding.remedy else ""
    return plain(f"{finding.rule} {finding.severity}: {place}{finding.summary}{remedy}")


def board_line(board: BoardIdentity) -> str:
    """A board in one line; an emulated one says so first."""
    emulated = "EMULATED " if board.provenance == "emulated" else ""
    model = f", {board.model}" if board.model else ""
    return (
        f"{emulated}{board.name}{model}: {board.engine}, "
        f"Linux {board.kernel} {board.arch}, cgroup v{board.cgroup}"
    )


def assert_passed(result: CheckResult) -> None:
    """The check ended as its compose file wants.

    It reached what it may, or was kept from what it must not.

    Raises `CheckFailed` when it did not, `CheckUnanswered` when nobody knows.
    """
    if result.result is Result.PASS:
        return
    if result.result is Result.FAIL:
        raise CheckFailed(describe(result))
    raise CheckUnanswered(describe(result))


def assert_reachable(result: CheckResult) -> None:
    """The access is reachable, whatever the compose file wants."""
    assert_outcome(result, (Outcome.REACHABLE,), "reachable")


def assert_stopped(result: CheckResult, layer: Layer | str | None = None) -> None:
    """The access is not reachable; with a layer, that one stops it.

    Raises `CheckFailed` when it is, or another layer stops it.
    """
    assert_outcome(result, (Outcome.BLOCKED, Outcome.ABSENT, Outcome.BUSY), "stopped")
    if layer is not None and result.verdict.layer != layer:
        message = f"wanted layer {layer}\n{describe(result)}"
        raise CheckFailed(message)


def assert_outcome(result: CheckResult, outcomes: Sequence[Outcome], wanted: str) -> None:
    """One of the outcomes; no answer is none of them.

    Raises `CheckFailed` when it is another, `CheckUnanswered` when nobody knows.
    """
    if result.verdict.outcome is Outcome.UNKNOWN:
        raise CheckUnanswered(describe(result))
    if result.verdict.outcome not in outcomes:
        message = f"wanted {wanted}\n{describe(result)}"
        raise CheckFailed(message)


def lacking(facts: BoardFacts, access: str, path: str = "") -> str:
    """What the board lacks of an access, in words; "" when it has it. path: this very node or file.

    The facts must have been asked about `wanted_path(access, path)`.

    Raises `UsageError` when the board could not be read.
    """
    if not facts.complete:
        message = (
            f"the board {facts.name} could not be read, "
            f"so it is not known whether it has {path or access}"
        )
        raise UsageError(message, hint="see what it tells: hwaccess doctor")
    wanted = path or on_board(access)
    nodes = (
        any(fnmatch(node.path, wanted) for node in facts.nodes)
        if not path
        else facts.node(path) is not None
    )
    here = nodes or facts.path_kind(wanted) not in (None, "absent")
    return "" if here else f"the board {facts.name} has no {wanted}"


def wanted_path(access: str, path: str = "") -> str:
    """The path that tells whether a board has an access, "" when its nodes do.

    Raises `UsageError` when the access needs a path and has none, or the path is not absolute.
    """
    pattern = on_board(access)
    if path and not path.startswith("/"):
        message = f"{path!r} is no absolute path of the board"
        raise UsageError(message, hint=f'write hw_requires("{access}", path="/dev/...")')
    if not path and not pattern:
        message = f"which {access} the board must have is not told"
        raise UsageError(message, hint=f'write hw_requires("{access}", path="/dev/fuse")')
    return path or ("" if "*" in pattern else pattern)


def on_board(access: str) -> str:
    """By what a board tells whether it has an access: a path, or a pattern of nodes.

    Raises `UsageError` when a board cannot be asked for it.
    """
    from hwaccess.access import names  # noqa: PLC0415 -- the plugin loads this module without kinds
    from hwaccess.access import on_board as ask  # noqa: PLC0415 -- same

    pattern = ask(access) if access in names() else None
    if pattern is None:
        message = f"a board cannot be asked for {access!r}"
        raise UsageError(
            message,
            hint=f"use one of: {', '.join(name for name in names() if ask(name) is not None)}",
        )
    return pattern
