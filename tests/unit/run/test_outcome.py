"""Holding a verdict against what was wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import cases
import pytest

from hwaccess.errors import EngineUnreachable, ProbeError
from hwaccess.grants import Expectations
from hwaccess.model import Check, Expect, Layer, Observation, Outcome, ProbeIn, Result, Verdict
from hwaccess.run import outcome
from hwaccess.run import rules as plan_rules
from hwaccess.typed_json import JsonObject
from hwaccess.words import Risk

REACH = Check("app", "i2c", "/dev/i2c-1", Expect.REACH, Risk.OPEN)
DENY = replace(REACH, expect=Expect.DENY)
BY_CGROUP = replace(DENY, layer="device-cgroup")


def verdict(seen: Outcome, layer: Layer | None = None) -> Verdict:
    return Verdict(seen, "seen", layer=layer)


@pytest.mark.parametrize(
    ("check", "seen", "result"),
    [
        (REACH, verdict(Outcome.REACHABLE), Result.PASS),
        (REACH, verdict(Outcome.BLOCKED, Layer.PERMISSION), Result.FAIL),
        (REACH, verdict(Outcome.ABSENT, Layer.BOARD), Result.FAIL),
        (REACH, verdict(Outcome.BUSY, Layer.BUSY), Result.FAIL),
        (REACH, verdict(Outcome.UNKNOWN), Result.ERROR),
        (DENY, verdict(Outcome.REACHABLE), Result.FAIL),
        (DENY, verdict(Outcome.BUSY, Layer.BUSY), Result.FAIL),
        (DENY, verdict(Outcome.BLOCKED, Layer.PERMISSION), Result.PASS),
        (DENY, verdict(Outcome.ABSENT, Layer.BOARD), Result.PASS),
        (DENY, verdict(Outcome.UNKNOWN), Result.ERROR),
        (BY_CGROUP, verdict(Outcome.BLOCKED, Layer.DEVICE_CGROUP), Result.PASS),
        (BY_CGROUP, verdict(Outcome.BLOCKED, Layer.PERMISSION), Result.FAIL),
        (BY_CGROUP, verdict(Outcome.REACHABLE), Result.FAIL),
    ],
)
def test_a_verdict_held_against_the_expectation(
    check: Check, seen: Verdict, result: Result
) -> None:
    assert outcome.hold(check, seen)[0] is result


def test_a_denial_by_another_layer_says_which() -> None:
    _, held = outcome.hold(BY_CGROUP, verdict(Outcome.BLOCKED, Layer.PERMISSION))
    assert held.rule == plan_rules.WRONG_LAYER.id
    assert "denied by permission, expected device-cgroup" in held.summary


def test_more_than_declared_is_named_so() -> None:
    assert outcome.hold(DENY, verdict(Outcome.REACHABLE))[1].rule == plan_rules.REACHES_MORE.id


@pytest.mark.parametrize("status", ["timeout", "crashed"])
def test_no_answer_is_never_a_no(status: Literal["timeout", "crashed"]) -> None:
    case = cases.case({})
    silent = Observation(REACH.id, "i2c", status, "hangs in ioctl(HANG)", (), JsonObject({}, "i2c"))
    with pytest.raises(ProbeError, match="hangs in ioctl"):
        outcome.judge(replace(case, observation=silent))


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (
            "timeout",
            "give it more time: hwaccess check --seconds 60; if it still hangs, the driver does",
        ),
        (
            "crashed",
            "see the container's own output: hwaccess check --access device --format json",
        ),
    ],
)
def test_each_way_to_give_no_answer_has_its_own_hint(
    status: Literal["timeout", "crashed"], hint: str
) -> None:
    silent = Observation(REACH.id, "i2c", status, "ended", (), JsonObject({}, "i2c"))
    with pytest.raises(ProbeError) as caught:
        outcome.judge(replace(cases.case({}), observation=silent))
    assert caught.value.hint == hint


def test_a_probe_that_is_not_in_the_answer_is_not_told_to_wait_longer() -> None:
    with pytest.raises(ProbeError, match="gave no answer: nothing") as caught:
        outcome.judge(replace(cases.case({}), observation=None))
    assert "--seconds" not in caught.value.hint


def test_an_error_of_the_engine_is_an_error_of_the_check() -> None:
    result = outcome.errored(REACH, EngineUnreachable("nobody answers", hint="start it"), None)
    assert (result.result, result.verdict.outcome) == (Result.ERROR, Outcome.UNKNOWN)
    assert "hint: start it" in result.verdict.evidence


def test_a_risk_that_is_not_allowed_is_a_skip_that_says_how_to_ask() -> None:
    risky = replace(REACH, risk=Risk.READ)
    skipped = outcome.skipped(risky, Risk.OPEN, cases.service())
    assert skipped.result is Result.SKIP
    assert "--allow read" in skipped.verdict.summary
    limited = replace(cases.service(), expectations=Expectations(allow=Risk.OPEN))
    assert "x-hwaccess allows open" in outcome.skipped(risky, Risk.OPEN, limited).verdict.summary
    assert skipped.probe_in is ProbeIn.PROBE_IMAGE
