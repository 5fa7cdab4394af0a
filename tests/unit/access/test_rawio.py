"""Raw I/O: the capability, then seccomp, lockdown, and kernels and processors without ports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cases
import pytest
import recorded

from hwaccess.access import rawio
from hwaccess.diagnose import rules
from hwaccess.facts import CAPABILITIES
from hwaccess.grants import ExpectedAccess, SecurityOptGrant
from hwaccess.model import Call, Case, Layer, Outcome
from hwaccess.words import Risk

RAWIO = 1 << CAPABILITIES["SYS_RAWIO"]
WITH = replace(
    cases.ROOT, effective=cases.ROOT.effective | RAWIO, bounding=cases.ROOT.bounding | RAWIO
)
REMAPPED = replace(WITH, uid_map=cases.REMAPPED.uid_map)
GRANTED = cases.service(cases.capability("SYS_RAWIO"))
PROFILE = SecurityOptGrant(
    field="security_opt",
    text="seccomp=tight.json",
    place=cases.PLACE,
    option="seccomp",
    value="tight.json",
)
NO_PORTS = replace(cases.BOARD, config=(("X86_IOPL_IOPERM", "n"),))


def ports(
    off: str | None,
    on: str | None = None,
    *,
    who: Any = WITH,
    of: Any = GRANTED,
    board: Any = cases.BOARD,
) -> Case:
    """A case on x86 with these answers of ioperm.

    Turning on is only tried after turning off worked.
    """
    calls = [Call("ioperm", "0x80, 1, 0", off, "0")]
    if off is None:
        calls.append(Call("ioperm", "0x80, 1, 1", on, "0"))
    if off is None and on is None:
        calls.append(Call("ioperm", "0x80, 1, 0", None, "0"))
    facts = {"machine": "x86_64", "port_io": True}
    return cases.case(facts, calls, of=of, confinement=who, board=board, access="rawio", target="")


@pytest.mark.parametrize(
    ("case", "rule", "layer"),
    [
        (ports("EPERM", who=cases.ROOT, of=cases.service()), rules.CAPABILITY, Layer.CAPABILITY),
        (ports(None, "EPERM", who=cases.ROOT, of=cases.service()), rules.CAPABILITY,
         Layer.CAPABILITY),
        (ports(None, "EPERM", who=REMAPPED), rules.CAPABILITY_NAMESPACE, Layer.USER_NAMESPACE),
        (ports("EPERM"), rawio.rules.PORT_SECCOMP, Layer.SECCOMP),
        (ports(None, "EPERM"), rawio.rules.PORT_LOCKDOWN, Layer.LOCKDOWN),
        (ports(None, "ENOMEM"), rules.UNEXPLAINED, None),
        (ports("EIO"), rules.UNEXPLAINED, None),
        (recorded.case("default", "rawio"), rules.CAPABILITY, Layer.CAPABILITY),
        (recorded.case("unconfined", "rawio"), rules.CAPABILITY, Layer.CAPABILITY),
        (recorded.case("rawio_user", "rawio", of=GRANTED), rules.CAPABILITY_USER, Layer.CAPABILITY),
    ],
    ids=["none, seccomp", "none", "user namespace", "seccomp", "lockdown", "on", "off",
         "recorded default", "recorded without seccomp", "recorded user"],
)  # fmt: skip
def test_what_stops_it(case: Case, rule: Any, layer: Layer | None) -> None:
    verdict = rawio.judge(case)
    assert (verdict.rule, verdict.layer) == (rule.id, layer)
    assert verdict.outcome is not Outcome.REACHABLE
    assert verdict.evidence[0].startswith("ioperm(0x80, 1, 0) =")


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (ports(None), "an I/O port opens"),
        (ports("ENOSYS"), "this kernel has no I/O ports"),
        (ports("EPERM", board=NO_PORTS), "this kernel has no I/O ports"),
        (cases.case({"machine": "aarch64", "port_io": False}, confinement=WITH),
         "aarch64 has no I/O ports"),
        (recorded.case("rawio", "rawio", of=GRANTED), "this kernel has no I/O ports"),
    ],
    ids=["ports", "no such call", "seccomp hides that there is none", "ARM", "recorded"],
)  # fmt: skip
def test_the_capability_is_what_counts(case: Case, words: str) -> None:
    verdict = rawio.judge(case)
    assert verdict.outcome is Outcome.REACHABLE
    assert words in verdict.summary
    assert verdict.rule == ""


def test_ports_that_were_not_tried_are_said_so() -> None:
    case = cases.case(
        {"machine": "x86_64", "port_io": True},
        [Call("ioperm", "0x80, 1, 0", None, "0")],
        confinement=WITH,
    )
    assert "not tried" in rawio.judge(case).summary


def test_the_remedy_is_the_profile_that_the_service_names() -> None:
    of = replace(GRANTED, security_opts=(PROFILE,))
    remedy = rawio.judge(ports("EPERM", of=of)).remedy
    assert remedy is not None
    assert [(change.op, change.value) for change in remedy.changes] == [
        ("remove", "seccomp=tight.json")
    ]
    own = rawio.judge(ports("EPERM")).remedy
    assert own is not None
    assert own.kind == "board"


@pytest.mark.parametrize(("name", "count"), [("SYS_RAWIO", 1), ("ALL", 1), ("SYS_ADMIN", 0)])
def test_what_asks_for_it(name: str, count: int) -> None:
    wants = list(rawio.wanted(cases.service(cases.capability(name)), cases.BOARD))
    assert [(want.target, want.risk) for want in wants] == [("", Risk.OPEN)] * count


def test_an_expectation_needs_no_grant() -> None:
    expectation = ExpectedAccess("rawio", "", reach=False, place=cases.PLACE)
    (want,) = rawio.expected(expectation, cases.service(), cases.BOARD)
    assert (want.target, want.grants) == ("", ())
    (want,) = rawio.expected(expectation, GRANTED, cases.BOARD)
    assert want.grants == GRANTED.capabilities
