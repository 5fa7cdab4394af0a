"""What an API's judge says about boards and labels; requests themselves are in tests/probes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cases
import pytest

from hwaccess.access import balena_api, supervisor_api
from hwaccess.grants import LabelGrant, NamespaceGrant, NamespaceKind, Service
from hwaccess.model import Change, Layer, Outcome, ProbeIn

BALENA = replace(cases.BOARD, engine="balenaEngine 20.10.43", engine_os="balenaOS 5.1.20")
BOTH = pytest.mark.parametrize("kind", [supervisor_api, balena_api])


def labelled(kind: Any, value: str = "1") -> Service:
    label = LabelGrant(
        field="labels",
        text=value,
        place=cases.PLACE,
        name=f"io.balena.features.{kind.NAME}",
        value=value,
    )
    return replace(cases.service(), labels=(label,), features=(kind.NAME,) if value == "1" else ())


@BOTH
def test_on_another_engine_a_label_gives_nothing(kind: Any) -> None:
    verdict = kind.judge(cases.case({}, of=labelled(kind)))
    assert (verdict.rule, verdict.layer, verdict.outcome) == (
        kind.rules.NOT_GIVEN.id,
        Layer.ENGINE,
        Outcome.BLOCKED,
    )


@BOTH
def test_on_balena_a_container_of_ours_says_nothing_about_the_supervisors(kind: Any) -> None:
    case = cases.case({}, of=labelled(kind), board=BALENA)
    running = replace(case, probe_in=ProbeIn.RUNNING)
    assert (kind.judge(case).rule, kind.judge(case).outcome) == (
        kind.rules.NOT_ASKED.id,
        Outcome.UNKNOWN,
    )
    assert (kind.judge(running).rule, kind.judge(running).outcome) == (
        kind.rules.NOT_GIVEN.id,
        Outcome.BLOCKED,
    )


@BOTH
def test_on_balena_without_the_label_the_label_is_the_remedy(kind: Any) -> None:
    remedy = kind.judge(cases.case({}, board=BALENA)).remedy
    assert remedy.changes == (Change("add", "labels", f'io.balena.features.{kind.NAME}: "1"'),)


@pytest.mark.parametrize(("mode", "remedy"), [("none", "compose"), ("bridge", "board")])
def test_a_network_is_the_remedy_only_where_there_is_none(mode: str, remedy: str) -> None:
    space = NamespaceGrant(
        field="network_mode", text=mode, place=cases.PLACE, kind=NamespaceKind.NETWORK, mode=mode
    )
    way = {"url": "http://10.114.101.1:48484", "failed": "connect", "errno": "ENETUNREACH"}
    case = cases.case(
        {"address": way["url"], "open": way}, of=replace(cases.service(), namespaces=(space,))
    )
    verdict = supervisor_api.judge(case)
    assert verdict.rule == supervisor_api.rules.NO_WAY.id
    assert verdict.remedy is not None
    assert verdict.remedy.kind == remedy


@BOTH
def test_it_is_wanted_by_the_label_whose_value_counts(kind: Any) -> None:
    (want,) = kind.wanted(labelled(kind), cases.BOARD)
    assert (want.target, len(want.grants)) == ("", 1)
    assert not list(kind.wanted(labelled(kind, "yes"), cases.BOARD))


@BOTH
def test_every_rule_has_a_number_of_its_own(kind: Any) -> None:
    assert len({rule.id for rule in kind.RULES}) == len(kind.RULES)
