"""From a case to a check's result: judge it, and hold the verdict against what was wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from hwaccess import access
from hwaccess.diagnose.refusal import judge_refusal
from hwaccess.errors import ProbeError
from hwaccess.model import CheckResult, Expect, Outcome, ProbeIn, Result, Verdict
from hwaccess.run import rules as plan_rules

if TYPE_CHECKING:
    from hwaccess.errors import HwAccessError
    from hwaccess.grants import Service
    from hwaccess.model import Case, Check
    from hwaccess.words import Risk


def of_case(case: Case) -> CheckResult:
    """The result of a check whose container ran, or was refused by the engine."""
    verdict = judge(case)
    held = hold(case.check, verdict)
    if case.refusal is not None and case.check.expect is Expect.DENY:
        held = Result.FAIL, not_asked(verdict)
    result, verdict = held
    seconds = case.observation.seconds if case.observation else 0.0
    return CheckResult(case.check, result, verdict, case.probe_in, seconds)


def judge(case: Case) -> Verdict:
    """The verdict of the engine's refusal, or of the access kind over its observation.

    Raises `ProbeError` when the probe gave no answer: it hung, crashed, or said nothing.
    """
    if case.refusal is not None:
        return judge_refusal(case, access.missing_node)
    seen, kind = case.observation, case.check.access
    if seen is None or seen.status != "done":
        told = seen.message.strip().splitlines() if seen else ["nothing"]
        message = f"the probe {kind} gave no answer: {told[-1] if told else ''}"
        # Only a probe that hung is helped by time; one that crashed does so again, and says why.
        if seen is not None and seen.status == "timeout":
            hint = "hwaccess check --seconds 60; if it still hangs, the driver does"
            raise ProbeError(message, hint=f"give it more time: {hint}")
        hint = f"hwaccess check --access {kind} --format json"
        raise ProbeError(message, hint=f"see the container's own output: {hint}")
    return access.kind(kind).judge(case)


def hold(check: Check, verdict: Verdict) -> tuple[Result, Verdict]:
    """Hold a verdict against what the check wants. Unknown never counts as a pass."""
    if verdict.outcome is Outcome.UNKNOWN:
        return Result.ERROR, verdict
    reached = verdict.outcome is Outcome.REACHABLE
    match check.expect:
        case Expect.REACH:
            return (Result.PASS if reached else Result.FAIL), verdict
        case Expect.DENY:
            return hold_denial(check, verdict)
        case _:
            assert_never(check.expect)


def hold_denial(check: Check, verdict: Verdict) -> tuple[Result, Verdict]:
    """Let a denial pass when the access is blocked or absent, by the layer that is named if any."""
    if verdict.outcome in (Outcome.REACHABLE, Outcome.BUSY):
        summary = f"must not be reachable, and is: {verdict.summary}"
        return Result.FAIL, replace(verdict, summary=summary, rule=plan_rules.REACHES_MORE.id)
    if check.layer is not None and verdict.layer != check.layer:
        by = verdict.layer or "nothing known"
        summary = f"denied by {by}, expected {check.layer}: {verdict.summary}"
        return Result.FAIL, replace(verdict, summary=summary, rule=plan_rules.WRONG_LAYER.id)
    return Result.PASS, verdict


def not_asked(verdict: Verdict) -> Verdict:
    """A denial that no container could try."""
    return replace(
        verdict,
        outcome=Outcome.UNKNOWN,
        summary=f"could not be asked: {verdict.summary}",
        rule=plan_rules.NOT_ASKED.id,
        also_possible=(),
    )


def skipped(check: Check, allowed: Risk, service: Service) -> CheckResult:
    """A check that would take more risk than this run may."""
    own = service.expectations.allow
    limited = own is not None and own < check.risk
    limit = f"x-hwaccess allows {allowed.value}" if limited else f"this run allows {allowed.value}"
    summary = (
        f"not tried: it takes risk {check.risk.value!r} and {limit} (--allow {check.risk.value})"
    )
    return CheckResult(check, Result.SKIP, Verdict(Outcome.UNKNOWN, summary), ProbeIn.PROBE_IMAGE)


def errored(check: Check, error: HwAccessError, probe_in: ProbeIn | None) -> CheckResult:
    """A check that got no answer."""
    verdict = Verdict(Outcome.UNKNOWN, error.message, evidence=(f"hint: {error.hint}",))
    return CheckResult(check, Result.ERROR, verdict, probe_in or ProbeIn.PROBE_IMAGE)
