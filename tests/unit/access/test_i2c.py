"""I2C: what is asked of a bus, and what each answer means."""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cases
import emulated_kernel
import pytest
from emulated_drivers import I2cBus

from hwaccess.access import i2c
from hwaccess.access.i2c import rules as i2c_rules
from hwaccess.diagnose import rules
from hwaccess.facts import I2cAdapter
from hwaccess.grants import ExpectedAccess
from hwaccess.model import Call, Check, Expect, Layer, LibraryCall, Outcome
from hwaccess.words import Risk

if TYPE_CHECKING:
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import Service
    from hwaccess.model import Case, Observation, Verdict

PATH = "/dev/i2c-1"
BOARD = replace(
    cases.BOARD,
    i2c=(I2cAdapter(1, "bcm2835 (i2c@7e804000)", has_node=True, clients=("1-0068 ds3231",)),),
)
BARE = replace(BOARD, nodes=(), i2c=())
ADAPTER_ONLY = replace(BARE, i2c=(I2cAdapter(1, "bcm2835", has_node=False),))


def absent(board: BoardFacts, of: Service | None = None, path: str = PATH) -> Verdict:
    """The verdict over a node that the container does not have."""
    facts = {"node": {"path": path, "kind": "absent"}}
    case = cases.case(
        facts, cases.opens(path, "ENOENT", "ENOENT"), of=of, board=board, access="i2c", target=path
    )
    return i2c.judge(case)


def seen(observation: Observation | None, address: int | None = None) -> Case:
    """The case of an observation."""
    params = (("address", address),) if address is not None else ()
    check = Check("app", "i2c", PATH, Expect.REACH, Risk.READ, params)
    return replace(cases.case({}, board=BOARD), check=check, observation=observation)


MISSING = [
    ("no adapter", BARE, PATH, i2c_rules.NO_ADAPTER, "/boot/uEnv.txt"),
    ("adapter without i2c-dev", ADAPTER_ONLY, PATH, i2c_rules.NO_I2C_DEV, "modprobe i2c-dev"),
    (
        "another number",
        replace(BARE, i2c=BOARD.i2c),
        "/dev/i2c-7",
        i2c_rules.OTHER_NUMBER,
        "/dev/i2c-1:/dev/i2c-7",
    ),
    (
        "adapter with a node that /dev lacks",
        replace(BARE, i2c=BOARD.i2c),
        PATH,
        rules.MISSING_ON_BOARD,
        "doctor",
    ),
    ("not mapped", BOARD, PATH, rules.NOT_MAPPED, "devices"),
    ("board unread", replace(BARE, complete=False), PATH, rules.NOT_THERE, "devices"),
    ("a name of its own", BARE, "/dev/sensors", rules.MISSING_ON_BOARD, "doctor"),
]


@pytest.mark.parametrize(
    ("board", "path", "rule", "words"), [r[1:] for r in MISSING], ids=[r[0] for r in MISSING]
)
def test_why_there_is_no_node(board: BoardFacts, path: str, rule: Any, words: str) -> None:
    verdict = absent(board, path=path)
    assert verdict.rule == rule.id
    assert verdict.layer is rule.layer
    assert verdict.remedy is not None
    assert words in verdict.remedy.text


@pytest.mark.parametrize(
    ("board", "words"),
    [
        (replace(BARE, model="Raspberry Pi 4 Model B Rev 1.4"), "dtparam=i2c_arm=on"),
        (
            replace(BARE, engine_os="balenaOS 6.0", model="Raspberry Pi 4"),
            "BALENA_HOST_CONFIG_dtparam",
        ),
        (replace(BARE, config=(("I2C", "n"),)), "CONFIG_I2C"),
        (replace(ADAPTER_ONLY, config=(("I2C_CHARDEV", "n"),)), "CONFIG_I2C_CHARDEV"),
    ],
    ids=["Raspberry Pi", "balena", "kernel without I2C", "kernel without i2c-dev"],
)
def test_the_remedy_is_the_boards_own(board: BoardFacts, words: str) -> None:
    verdict = absent(board)
    assert verdict.outcome is Outcome.ABSENT
    assert verdict.remedy is not None
    assert words in verdict.remedy.text


def test_an_upgrade_without_a_reboot_is_possible_too() -> None:
    assert (
        "not rebooted" in absent(replace(ADAPTER_ONLY, module_trees=("6.13.0",))).also_possible[0]
    )
    assert not absent(replace(ADAPTER_ONLY, module_trees=(BOARD.kernel,))).also_possible


def test_the_only_other_number_is_mapped_in_the_place_of_the_grant() -> None:
    service = cases.service(cases.device("/dev/i2c-7"))
    verdict = absent(replace(BARE, i2c=BOARD.i2c), service, "/dev/i2c-7")
    assert verdict.remedy is not None
    (change,) = verdict.remedy.changes
    assert (change.op, change.value, change.old) == (
        "replace",
        "/dev/i2c-1:/dev/i2c-7",
        "/dev/i2c-7",
    )


def test_an_adapter_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    observation = emulated_kernel.observe(monkeypatch, "i2c", I2cBus())
    assert observation.facts.texts("functions")[0] == "I2C"
    assert [call.args for call in observation.calls][-1] == "I2C_FUNCS"
    verdict = i2c.judge(seen(observation))
    assert (verdict.outcome, verdict.rule) == (Outcome.REACHABLE, "")
    assert "ioctl(I2C_FUNCS) = 0xeff0009" in verdict.evidence


BUS = I2cBus(
    devices={0x48: 0x1A, 0x50: 0xFF},
    errors={0x49: errno.ETIMEDOUT, 0x4A: errno.ENXIO, 0x4B: errno.EOPNOTSUPP},
    owned=frozenset({0x68}),
)
ADDRESSES = [
    ("answers", BUS, 0x48, "read", Outcome.REACHABLE, None),
    ("nobody", BUS, 0x10, "read", Outcome.ABSENT, i2c_rules.NO_ANSWER),
    ("nobody, another controller", BUS, 0x4A, "read", Outcome.ABSENT, i2c_rules.NO_ANSWER),
    ("stuck", BUS, 0x49, "read", Outcome.ABSENT, i2c_rules.NO_ANSWER),
    ("not offered", BUS, 0x4B, "read", Outcome.UNKNOWN, i2c_rules.NOT_READ),
    ("a driver's", BUS, 0x68, "read", Outcome.BUSY, i2c_rules.OWNED),
    ("guarded", BUS, 0x50, "read", Outcome.UNKNOWN, i2c_rules.NOT_READ),
    ("guarded and allowed", BUS, 0x50, "write", Outcome.REACHABLE, None),
    ("not allowed", BUS, 0x48, "open", Outcome.UNKNOWN, i2c_rules.NOT_READ),
    (
        "no read at all",
        replace(BUS, functions=0x00010000),
        0x48,
        "read",
        Outcome.UNKNOWN,
        i2c_rules.NOT_READ,
    ),
]


@pytest.mark.parametrize(
    ("bus", "address", "allowed", "outcome", "rule"),
    [row[1:] for row in ADDRESSES],
    ids=[row[0] for row in ADDRESSES],
)
def test_what_an_address_answers(
    monkeypatch: pytest.MonkeyPatch,
    bus: I2cBus,
    address: int,
    allowed: str,
    outcome: Outcome,
    rule: Any,
) -> None:
    observation = emulated_kernel.observe(monkeypatch, "i2c", bus, allowed=allowed, address=address)
    verdict = i2c.judge(seen(observation, address))
    assert verdict.outcome is outcome
    assert verdict.rule == (rule.id if rule else "")
    assert f"{address:#04x}" in verdict.summary
    assert bool(verdict.also_possible) is (bus.errors.get(address) == errno.ETIMEDOUT)


def test_the_owner_of_an_address_is_named() -> None:
    calls = (
        *cases.opens(PATH, None),
        Call("ioctl", "I2C_FUNCS", None, "0xeff0009"),
        Call("ioctl", "I2C_SLAVE, 0x68", "EBUSY"),
    )
    case = seen(cases.case({"node": cases.node()}, calls).observation, 0x68)
    assert i2c.judge(case).summary == "a driver of the board's kernel owns 0x68 (1-0068 ds3231)"


def test_nothing_goes_out_on_the_bus_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in (0x30, 0x37, 0x50, 0x5F):
        observation = emulated_kernel.observe(
            monkeypatch, "i2c", BUS, allowed="read", address=address
        )
        assert [call.args for call in observation.calls if call.call == "ioctl"] == ["I2C_FUNCS"]


def test_an_adapter_without_smbus_is_read_by_plain_i2c(monkeypatch: pytest.MonkeyPatch) -> None:
    observation = emulated_kernel.observe(
        monkeypatch, "i2c", replace(BUS, functions=1), allowed="read", address=0x48
    )
    assert observation.calls[-1].call == "read"
    assert i2c.judge(seen(observation, 0x48)).outcome is Outcome.REACHABLE


def with_ioctl(errno_name: str | None, *library: LibraryCall, **facts: Any) -> Case:
    """A node that opened, and what I2C_FUNCS said."""
    calls = (*cases.opens(PATH, None), Call("ioctl", "I2C_FUNCS", errno_name, "0xeff0009"))
    case = cases.case({"node": cases.node(), **facts}, calls, board=BOARD, access="i2c")
    assert case.observation is not None
    return replace(case, observation=replace(case.observation, library=library))


SMBUS2 = LibraryCall(
    "smbus2", "0.4.1", "SMBus('/dev/i2c-1').funcs", ok=False, text="OSError: [Errno 25]"
)
NOT_INSTALLED = replace(SMBUS2, version="", text="not installed: No module named 'smbus2'")
AFTER_OPEN = [
    ("no adapter", with_ioctl("ENOTTY"), i2c_rules.NO_SUCH_ADAPTER),
    ("adapter gone", with_ioctl("ENODEV"), rules.GONE),
    ("smbus2 fails", with_ioctl(None, SMBUS2), i2c_rules.LIBRARY),
    ("smbus2 is not there", with_ioctl(None, NOT_INSTALLED), None),
]


@pytest.mark.parametrize(
    ("case", "rule"), [row[1:] for row in AFTER_OPEN], ids=[row[0] for row in AFTER_OPEN]
)
def test_what_comes_after_the_open(case: Case, rule: Any) -> None:
    verdict = i2c.judge(case)
    assert verdict.rule == (rule.id if rule else "")
    assert verdict.layer is (rule.layer if rule else None)
    assert not rule or verdict.evidence


def test_a_library_that_fails_keeps_nobody_out() -> None:
    case = with_ioctl(None, SMBUS2)
    denied = replace(case, check=replace(case.check, expect=Expect.DENY))
    assert i2c.judge(denied).outcome is Outcome.REACHABLE


def test_a_node_of_a_harmful_class_is_named_so() -> None:
    asked = cases.opens(PATH, None)[:1]
    facts = {
        "node": cases.node(driver="ttyUSB"),
        "class": "tty",
        "not_opened": "opening it raises DTR and RTS",
    }
    verdict = i2c.judge(cases.case(facts, asked, access="i2c"))
    assert verdict.rule == i2c_rules.NO_SUCH_ADAPTER.id
    assert verdict.layer is Layer.ENGINE
    assert "class tty" in verdict.summary


def test_the_ladder_comes_before_the_adapter() -> None:
    facts = {"node": cases.node(access="EPERM")}
    case = cases.case(
        facts, cases.opens(PATH, "EPERM", "EPERM"), of=cases.service(cases.bind(PATH)), access="i2c"
    )
    assert i2c.judge(case).layer is Layer.DEVICE_CGROUP


def test_each_address_is_a_check_of_its_own() -> None:
    line = ExpectedAccess(
        "i2c", PATH, reach=True, place=cases.PLACE, params=(("addresses", (0x48, 0x50)),)
    )
    wants = list(i2c.expected(line, cases.service(cases.device(PATH)), BOARD))
    assert [(want.target, want.risk, dict(want.params)) for want in wants] == [
        (PATH, Risk.OPEN, {}),
        (f"{PATH}@0x48", Risk.READ, {"address": 0x48}),
        (f"{PATH}@0x50", Risk.WRITE, {"address": 0x50}),
    ]
    assert all(want.grants for want in wants)
    denied = i2c.expected(replace(line, reach=False), cases.service(), BOARD)
    assert [want.target for want in denied] == [f"{PATH}@0x48", f"{PATH}@0x50"]


def test_only_its_own_nodes_are_wanted() -> None:
    service = cases.service(
        cases.device(PATH), cases.device("/dev/spidev0.0"), cases.device("/dev/ttyUSB0")
    )
    assert [want.target for want in i2c.wanted(service, BOARD)] == [PATH]


def test_every_rule_has_a_number_of_its_own() -> None:
    first, *others = (rule.id for rule in i2c.RULES)
    assert first == "HW080"  # what doctor says of a board that lacks it
    assert len(set(others)) == len(others)
    assert all(name.startswith("HW21") for name in others)
