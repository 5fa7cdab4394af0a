"""Findings about grants that do nothing, and about reach beyond them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cases

from hwaccess.grants import MountGrant
from hwaccess.model import Check, CheckResult, Expect, Outcome, ProbeIn, Result, Verdict
from hwaccess.run import findings
from hwaccess.run import rules as plan_rules
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hwaccess.words import Finding

MODULES = MountGrant(
    field="volumes", text="1", place=cases.PLACE, label="io.balena.features.kernel-modules",
    type="bind", source="/lib/modules", target="/lib/modules", source_skipped_when_missing=True,
)  # fmt: skip
LACKING = replace(
    cases.BOARD, paths=(("/lib/modules", "absent"), ("/dev/i2c-1", "absent"), ("/srv", "directory"))
)


def rules_of(found: Iterable[Finding]) -> list[str]:
    return [finding.rule for finding in found]


def test_a_label_whose_path_is_missing_does_nothing() -> None:
    service = cases.service(MODULES)
    assert rules_of(findings.of_board(service, LACKING)) == [plan_rules.LABEL_SKIPPED.id]
    assert findings.missing_mounts(service, LACKING) == {0}


def test_a_bind_whose_source_is_missing_is_not_made() -> None:
    service = cases.service(cases.bind("/srv", "/data"), cases.bind("/dev/i2c-1"))
    assert findings.missing_mounts(service, LACKING) == {1}
    assert rules_of(findings.of_board(service, LACKING)) == [plan_rules.SOURCE_MISSING.id]


def test_a_bind_that_must_exist_is_left_to_the_engine() -> None:
    strict = replace(cases.bind("/dev/i2c-1"), create_host_path=False)
    assert not findings.missing_mounts(cases.service(strict), LACKING)


def test_a_rule_for_a_major_that_no_driver_owns() -> None:
    service = cases.service(cases.rule(188), cases.rule(89), cases.rule(None))
    found = list(findings.of_board(service, cases.BOARD))
    assert [(item.rule, "188" in item.summary) for item in found] == [
        (plan_rules.MAJOR_UNOWNED.id, True)
    ]
    assert not list(findings.of_board(service, replace(cases.BOARD, complete=False)))


def test_a_capability_for_a_user_does_nothing() -> None:
    service = cases.service(cases.capability("SYS_RAWIO"), cases.capability("MKNOD", add=False))
    (found,) = findings.of_container(service, cases.USER)
    assert found.rule == plan_rules.CAPABILITY_DOES_NOTHING.id
    assert found.place == cases.PLACE
    assert not list(findings.of_container(service, cases.ROOT))


def test_privileged_for_a_user_gives_no_capability() -> None:
    (found,) = findings.of_container(cases.service(privileged=True), cases.USER)
    assert found.rule == plan_rules.PRIVILEGED_DOES_NOTHING.id


def test_a_node_that_no_grant_names_is_more_than_declared() -> None:
    reaching = replace(
        cases.ROOT, reachable_nodes=("/dev/kmsg", "/dev/i2c-1", "/dev/bus/usb/001/002")
    )
    service = cases.service(cases.device("/dev/i2c-1"), cases.bind("/dev/bus"), cases.rule(189))
    (found,) = findings.of_container(service, reaching)
    assert found.rule == plan_rules.REACHES_MORE.id
    assert "/dev/kmsg" in found.summary
    assert not list(findings.of_container(cases.service(privileged=True), reaching))


def test_what_a_judge_says_of_a_pass_is_a_finding() -> None:
    check = Check("app", "device", "/dev/x", Expect.REACH, Risk.OPEN, place=cases.PLACE)
    said = Verdict(Outcome.REACHABLE, "it opens", "HW200", also_possible=("it is another device",))
    told = CheckResult(check, Result.PASS, said, ProbeIn.PROBE_IMAGE)
    (found,) = findings.of_passes([told, replace(told, verdict=replace(said, rule=""))])
    assert (found.rule, found.summary, found.place) == (
        "HW200",
        "it is another device",
        cases.PLACE,
    )
