"""Privileged: all of it, or the part that is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cases
import pytest
import recorded

from hwaccess.access import privileged
from hwaccess.diagnose import rules
from hwaccess.facts import CAPABILITIES
from hwaccess.grants import ExpectedAccess
from hwaccess.model import Case, Outcome
from hwaccess.words import Risk

ALL = (1 << len(CAPABILITIES)) - 1
FULL = replace(cases.ROOT, effective=ALL, permitted=ALL, bounding=ALL, seccomp=0)
GRANTED = cases.service(privileged=True)
OPEN = {"point": "/proc", "root": "/", "fstype": "proc", "options": ["rw"], "own": False}
LOCKED = {"point": "/proc/sys", "root": "/sys", "fstype": "proc", "options": ["ro"], "own": True}
MASK = {"point": "/sys/firmware", "root": "/", "fstype": "tmpfs", "options": ["rw"], "own": True}


def seen(who: Any = FULL, *, of: Any = GRANTED, **facts: Any) -> Case:
    """A container that has it all, but for what is given here."""
    usual = {
        "nodes": 100,
        "refused": [],
        "device_rules": ["a *:* rwm"],
        "mounts": {"/proc/sys": OPEN},
    }
    return cases.case(usual | facts, of=of, confinement=who, access="privileged", target="")


def without(*names: str) -> Any:
    """All capabilities but these."""
    mask = ALL
    for name in names:
        mask &= ~(1 << CAPABILITIES[name])
    return replace(FULL, effective=mask, bounding=mask)


@pytest.mark.parametrize(
    ("case", "rule"),
    [
        (seen(replace(FULL, uid=1000, euid=1000, effective=0)), privileged.rules.NOT_ROOT),
        (seen(replace(FULL, uid_map=cases.REMAPPED.uid_map)), rules.CAPABILITY_NAMESPACE),
        (seen(without("SYS_RESOURCE")), privileged.rules.OUTER_CAPABILITIES),
        (seen(replace(FULL, effective=1)), privileged.rules.OUTER_CAPABILITIES),
        (seen(replace(FULL, seccomp=2)), rules.SECCOMP),
        (seen(replace(FULL, lsm_label="docker-default (enforce)")), rules.LSM),
        (seen(device_rules=["c 1:3 rwm"]), privileged.rules.OUTER_DEVICES),
        (seen(device_rules=[], refused=["/dev/sda"]), privileged.rules.OUTER_DEVICES),
        (seen(mounts={"/proc/sys": LOCKED}), privileged.rules.STILL_MASKED),
        (seen(mounts={"/sys/firmware": MASK}), privileged.rules.STILL_MASKED),
        (seen(cases.ROOT, of=cases.service()), privileged.rules.NOT_PRIVILEGED),
        (seen(replace(FULL, seccomp=2), of=cases.service(cases.capability("ALL"))),
         privileged.rules.NOT_PRIVILEGED),
        (recorded.case("privileged_user", "privileged", of=GRANTED), privileged.rules.NOT_ROOT),
        (recorded.case("default", "privileged"), privileged.rules.NOT_PRIVILEGED),
        (recorded.case("unconfined", "privileged"), privileged.rules.NOT_PRIVILEGED),
    ],
    ids=["user", "user namespace", "outer capabilities", "given away", "seccomp", "AppArmor",
         "devices.list", "access", "read-only", "masked", "not granted", "ALL is not privileged",
         "recorded user", "recorded default", "recorded unconfined"],
)  # fmt: skip
def test_which_part_is_missing(case: Case, rule: Any) -> None:
    verdict = privileged.judge(case)
    assert (verdict.rule, verdict.layer) == (rule.id, rule.layer)
    assert verdict.outcome is Outcome.BLOCKED
    assert verdict.evidence


@pytest.mark.parametrize(
    "who",
    [
        FULL,
        without("PERFMON", "BPF", "CHECKPOINT_RESTORE"),
        replace(FULL, lsm_label="unconfined"),
        replace(FULL, lsm_label="system_u:system_r:spc_t:s0"),
    ],
    ids=["all", "an engine before Linux 5.8", "AppArmor is off", "SELinux is off"],
)
def test_all_of_it(who: Any) -> None:
    assert privileged.judge(seen(who)).outcome is Outcome.REACHABLE


def test_capabilities_that_are_missing_are_named() -> None:
    assert "SYS_RESOURCE" in privileged.judge(seen(without("SYS_RESOURCE"))).summary
    assert "and more" in privileged.judge(seen(cases.ROOT)).summary


def test_who_asks_for_it() -> None:
    (want,) = privileged.wanted(GRANTED, cases.BOARD)
    assert (want.target, want.risk, len(want.grants)) == ("", Risk.LOOK, 1)
    assert not list(privileged.wanted(cases.service(), cases.BOARD))
    expectation = ExpectedAccess("privileged", "", reach=False, place=cases.PLACE)
    (want,) = privileged.expected(expectation, cases.service(), cases.BOARD)
    assert want.grants == ()
