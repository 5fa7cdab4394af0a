"""Memory nodes: the ladder, strict devmem, kernels without /dev/mem, and the page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cases
import pytest
import recorded

from hwaccess.access import mem
from hwaccess.diagnose import rules
from hwaccess.facts import CAPABILITIES, BoardNode
from hwaccess.grants import ExpectedAccess
from hwaccess.model import Call, Case, Layer, Outcome
from hwaccess.words import Risk

RAWIO = 1 << CAPABILITIES["SYS_RAWIO"]
WITH = replace(
    cases.ROOT, effective=cases.ROOT.effective | RAWIO, bounding=cases.ROOT.bounding | RAWIO
)
NODE = BoardNode("/dev/mem", "char", 1, 1, 0o640, 0, 15, "kmem")
GPIOMEM = BoardNode("/dev/gpiomem", "char", 239, 0, 0o660, 0, 997, "gpio")
BOARD = replace(cases.BOARD, nodes=(NODE,))
PI = replace(BOARD, nodes=(NODE, GPIOMEM))
NOT_BUILT = replace(cases.BOARD, nodes=(), config=(("DEVMEM", "n"), ("DEVPORT", "n")))
STRICT = replace(BOARD, config=(("STRICT_DEVMEM", "y"), ("IO_STRICT_DEVMEM", "y")))
MAPPED = cases.service(cases.device("/dev/mem"), cases.capability("SYS_RAWIO"))
PAGE = "/dev/mem@0x3f200000"


def seen(
    errno: str | None,
    *calls: Call,
    of: Any = MAPPED,
    who: Any = WITH,
    board: Any = BOARD,
    target: str = "/dev/mem",
    **node: Any,
) -> Case:
    """A container where the node exists and its open was answered so."""
    facts = cases.node("/dev/mem", major=1, minor=1, gid=15, mode=0o640, driver="mem") | node
    made = (*cases.opens("/dev/mem", errno, errno), *calls)
    return cases.case(
        {"node": facts}, made, of=of, confinement=who, board=board, access="mem", target=target
    )


def absent(board: Any, of: Any = MAPPED, path: str = "/dev/mem") -> Case:
    """A container where the node is not."""
    calls = cases.opens(path, "ENOENT", "ENOENT")
    return cases.case(
        {"node": {"path": path, "kind": "absent"}},
        calls,
        of=of,
        board=board,
        access="mem",
        target=path,
    )


def page(errno: str | None, board: Any = BOARD) -> Case:
    """An open that worked, and an answer to mmap."""
    call = Call("mmap", "4096, PROT_READ, MAP_SHARED, 0x3f200000", errno, "mapped")
    return seen(None, call, board=board, target=PAGE)


STOPPED = [
    (
        "no capability",
        seen("EPERM", of=cases.service(cases.device("/dev/mem")), who=cases.ROOT),
        rules.CAPABILITY,
    ),
    (
        "a user never gets it",
        seen("EPERM", who=replace(cases.USER, bounding=WITH.bounding)),
        rules.CAPABILITY_USER,
    ),
    ("lockdown", seen("EPERM"), rules.LOCKDOWN),
    (
        "user namespace",
        seen("EPERM", who=replace(WITH, uid_map=cases.REMAPPED.uid_map)),
        rules.CAPABILITY_NAMESPACE,
    ),
    (
        "bind mount",
        seen("EPERM", of=cases.service(cases.bind("/dev/mem")), access="EPERM"),
        rules.BIND_MOUNT,
    ),
    ("root:kmem 0640", seen("EACCES", who=cases.USER, access="EACCES"), rules.PERMISSION),
    ("not mapped", absent(BOARD, cases.service()), rules.NOT_MAPPED),
    ("not on the board", absent(replace(BOARD, nodes=())), rules.MISSING_ON_BOARD),
    ("not built", absent(NOT_BUILT), mem.rules.NOT_BUILT),
    ("port not built", absent(NOT_BUILT, path="/dev/port"), mem.rules.NOT_BUILT),
    ("made by hand", seen("ENXIO", board=NOT_BUILT, in_sysfs=False), mem.rules.NOT_BUILT),
    ("strict", page("EPERM", STRICT), mem.rules.STRICT_DEVMEM),
    ("SELinux", page("EACCES"), mem.rules.MAP_FORBIDDEN),
    ("no such page", page("EINVAL"), mem.rules.BAD_ADDRESS),
    ("nobody knows", page("EAGAIN"), rules.UNEXPLAINED),
    ("recorded", recorded.case("default", "mem", "/dev/mem"), mem.rules.NOT_BUILT),
]


@pytest.mark.parametrize(
    ("case", "rule"), [row[1:] for row in STOPPED], ids=[row[0] for row in STOPPED]
)
def test_what_stops_it(case: Case, rule: Any) -> None:
    verdict = mem.judge(case)
    assert (verdict.rule, verdict.layer) == (rule.id, rule.layer)
    assert verdict.outcome is not Outcome.REACHABLE
    assert verdict.evidence


def test_every_rule_is_in_the_table() -> None:
    assert {rule.id for rule in mem.RULES} <= {row[2].id for row in STOPPED}


def test_strict_devmem_blocks_and_tells_the_configuration() -> None:
    verdict = mem.judge(page("EPERM", STRICT))
    assert (verdict.outcome, verdict.layer) == (Outcome.BLOCKED, Layer.BOARD)
    assert "CONFIG_IO_STRICT_DEVMEM=y" in verdict.evidence
    assert "CONFIG_STRICT_DEVMEM=not told" in mem.judge(page("EPERM")).evidence


def test_reached() -> None:
    assert mem.judge(seen(None)).outcome is Outcome.REACHABLE
    verdict = mem.judge(page(None))
    assert verdict.outcome is Outcome.REACHABLE
    assert "0x3f200000 can be mapped" in verdict.summary


def test_gpio_needs_no_raw_memory() -> None:
    no_capability = cases.service(cases.device("/dev/mem"))
    verdict = mem.judge(seen("EPERM", of=no_capability, who=cases.ROOT, board=PI))
    assert verdict.remedy is not None
    assert verdict.remedy.changes[0].value == "SYS_RAWIO"
    assert "/dev/gpiomem is enough" in verdict.remedy.text
    plain = mem.judge(seen("EPERM", of=no_capability, who=cases.ROOT))
    assert plain.remedy is not None
    assert "gpio" not in plain.remedy.text


@pytest.mark.parametrize(
    "path", ["/dev/mem", "/dev/port", "/dev/kmem", "/dev/i2c-1", "/dev/memory"]
)
def test_what_it_claims(path: str) -> None:
    wants = list(mem.wanted(cases.service(cases.device(path)), BOARD))
    ours = path in ("/dev/mem", "/dev/port", "/dev/kmem")
    assert [(want.target, want.risk) for want in wants] == ([(path, Risk.OPEN)] if ours else [])


def test_an_address_is_a_target_of_its_own_and_takes_a_read() -> None:
    said = ExpectedAccess(
        "mem", "", reach=True, place=cases.PLACE, params=(("address", 0x3F200000),)
    )
    opened, mapped = mem.expected(said, MAPPED, BOARD)
    assert (opened.target, opened.risk, dict(opened.params)) == ("/dev/mem", Risk.OPEN, {})
    assert (mapped.target, mapped.risk, dict(mapped.params)) == (
        PAGE,
        Risk.READ,
        {"address": 0x3F200000},
    )
    assert mapped.grants == opened.grants != ()


def test_a_denial_without_a_node_on_the_board_is_about_dev_mem() -> None:
    said = ExpectedAccess("mem", "", reach=False, place=cases.PLACE)
    (want,) = mem.expected(said, cases.service(), NOT_BUILT)
    assert want.target == "/dev/mem"
