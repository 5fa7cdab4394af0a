"""A register written, read back and put back: the probe on an emulated bus, and the judge."""

from __future__ import annotations

import errno
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import cases
import emulated_kernel
import pytest
import smbus2.smbus2
from emulated_drivers import I2cBus, Register, fail

from hwaccess.access import i2c
from hwaccess.access.i2c import rules as i2c_rules
from hwaccess.facts import I2cAdapter
from hwaccess.grants import ExpectedAccess
from hwaccess.model import Check, Expect, Outcome, Result
from hwaccess.run import outcome
from hwaccess.words import Risk

if TYPE_CHECKING:
    from hwaccess.model import Case, Observation

PATH = "/dev/i2c-1"
ASKED = {"address": 0x48, "register": 0x02, "value": 0x5A}
BOARD = replace(cases.BOARD, i2c=(I2cAdapter(1, "bcm2835", has_node=True),))


def bus(register: Register | None, **more: Any) -> I2cBus:
    """A bus with one device that has one register."""
    return I2cBus(registers={(0x48, 0x02): register} if register else {}, **more)


def seen(observation: Observation, expect: Expect = Expect.REACH) -> Case:
    """The case of an observation. The node that stands for the adapter is number 1:3."""
    check = Check(
        "app", "i2c", f"{PATH}@0x48:0x02=0x5a", expect, Risk.WRITE, tuple(sorted(ASKED.items()))
    )
    return replace(cases.case({}, board=BOARD), check=check, observation=observation)


def observe(
    monkeypatch: pytest.MonkeyPatch, of: I2cBus, *, allowed: str = "write", libraries: bool = False
) -> Any:
    """What the probe reports."""
    return emulated_kernel.observe(
        monkeypatch, "i2c", of, allowed=allowed, libraries=libraries, **ASKED
    )


def transfers(observation: Observation) -> list[str]:
    """The transfers in words, those that failed with their errno."""
    found = [call for call in observation.calls if call.args.startswith("I2C_SMBUS, ")]
    return [
        call.args.removeprefix("I2C_SMBUS, ") + (f" {call.errno}" if call.errno else "")
        for call in found
    ]


PLAIN_I2C = 0x00000001
BYTE_DATA = 0x00180000
ROWS = [
    ("kept", bus(Register(0x1A)), Outcome.REACHABLE, None, "kept 0x5a and holds 0x1a again"),
    (
        "kept, SMBus alone",
        bus(Register(0x1A), functions=BYTE_DATA),
        Outcome.REACHABLE,
        None,
        "kept 0x5a",
    ),
    (
        "kept, plain I2C alone",
        bus(Register(0x1A), functions=PLAIN_I2C),
        Outcome.REACHABLE,
        None,
        "kept 0x5a",
    ),
    (
        "an EEPROM that stores",
        bus(Register(0x1A, busy=3)),
        Outcome.REACHABLE,
        None,
        "holds 0x1a again",
    ),
    (
        "read-only",
        bus(Register(0x1A, writes=0)),
        Outcome.BLOCKED,
        i2c_rules.NOT_KEPT,
        "and 0x1a came back",
    ),
    (
        "some bits",
        bus(Register(0x1A, mask=0x0F)),
        Outcome.BLOCKED,
        i2c_rules.NOT_KEPT,
        "0x1a came back",
    ),
    (
        "other bits",
        bus(Register(0x11, mask=0x0F)),
        Outcome.BLOCKED,
        i2c_rules.NOT_KEPT,
        "and 0x1a came back",
    ),
    (
        "write-protected",
        bus(Register(0x1A, refusal=errno.EREMOTEIO)),
        Outcome.BLOCKED,
        i2c_rules.NOT_KEPT,
        "no byte",
    ),
    (
        "not offered",
        bus(Register(0x1A, refusal=errno.EOPNOTSUPP)),
        Outcome.UNKNOWN,
        i2c_rules.NOT_READ,
        "ENOTSUP",
    ),
    (
        "holds it already",
        bus(Register(0x5A)),
        Outcome.UNKNOWN,
        i2c_rules.NOT_READ,
        "name another value",
    ),
    (
        "counts",
        bus(Register(0x1A, writes=0, step=1)),
        Outcome.UNKNOWN,
        i2c_rules.NOT_PUT_BACK,
        "holds 0x1c now",
    ),
    (
        "takes one write",
        bus(Register(0x1A, writes=1)),
        Outcome.UNKNOWN,
        i2c_rules.NOT_PUT_BACK,
        "holds 0x5a now",
    ),
    (
        "dies",
        bus(Register(0x1A, busy=99)),
        Outcome.UNKNOWN,
        i2c_rules.NOT_PUT_BACK,
        "does not answer now",
    ),
    (
        "comes back late",
        bus(Register(0x1A, busy=7)),
        Outcome.UNKNOWN,
        i2c_rules.NOT_PUT_BACK,
        "does not answer now",
    ),
    ("nobody", bus(None), Outcome.ABSENT, i2c_rules.NO_ANSWER, "nothing answers at 0x48"),
    (
        "stuck",
        bus(None, errors={0x48: errno.ETIMEDOUT}),
        Outcome.ABSENT,
        i2c_rules.NO_ANSWER,
        "ETIMEDOUT",
    ),
    (
        "a driver's",
        bus(Register(0x1A), owned=frozenset({0x48})),
        Outcome.BUSY,
        i2c_rules.OWNED,
        "a driver",
    ),
    (
        "no byte data",
        bus(Register(0x1A), functions=0x00080000),
        Outcome.UNKNOWN,
        i2c_rules.NOT_READ,
        "cannot both",
    ),
]


@pytest.mark.parametrize(
    ("of", "expected", "rule", "words"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_what_a_register_does_with_a_byte(
    monkeypatch: pytest.MonkeyPatch, of: I2cBus, expected: Outcome, rule: Any, words: str
) -> None:
    of = replace(
        of, registers={key: replace(register, taken=[]) for key, register in of.registers.items()}
    )
    verdict = i2c.judge(seen(observe(monkeypatch, of)))
    assert (verdict.outcome, verdict.rule) == (expected, rule.id if rule else "")
    assert words in verdict.summary
    assert "0x48" in verdict.summary


def test_the_calls_of_a_byte_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    register = Register(0x1A)
    observation = observe(monkeypatch, bus(register))
    name = "0x48 register 0x02"
    # The last read follows the library's turn.
    back = f"read {name}"
    written = f"write 0x5a to {name}, which held 0x1a"
    assert transfers(observation) == [
        f"read {name}",
        written,
        back,
        f"write 0x1a to {name}",
        back,
        back,
    ]
    facts = observation.facts
    assert [facts.number(fact) for fact in ("before", "written", "back", "after")] == [
        0x1A,
        0x5A,
        0x5A,
        0x1A,
    ]
    assert (register.value, register.taken) == (0x1A, [0x5A, 0x1A])


def test_an_eeprom_that_stores_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    observation = observe(monkeypatch, bus(Register(0x1A, busy=2)))
    silence = [call.errno for call in observation.calls if call.errno]
    assert silence == ["EREMOTEIO"] * 4
    assert observation.facts.number("after") == 0x1A


def test_a_byte_is_put_back_when_reading_fails_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silent for all tries of reading it back, there again when it is written once more."""
    register = Register(0x1A, busy=5)
    observation = observe(monkeypatch, bus(register))
    assert "back" not in observation.facts
    assert register.taken == [0x5A, 0x1A]
    assert register.value == 0x1A


def test_a_byte_is_put_back_when_the_probe_itself_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is raised between the write and the end."""

    class Breaks(Register):
        def read(self) -> int:
            if self.taken == [0x5A]:
                raise MemoryError
            return super().read()

    register = Breaks(0x1A)
    with pytest.raises(MemoryError):
        observe(monkeypatch, bus(register))
    assert register.value == 0x1A


@pytest.mark.parametrize("allowed", ["open", "read"])
def test_nothing_is_written_without_the_risk(monkeypatch: pytest.MonkeyPatch, allowed: str) -> None:
    register = Register(0x1A)
    observation = observe(monkeypatch, bus(register), allowed=allowed)
    assert [call.args for call in observation.calls if call.call == "ioctl"] == ["I2C_FUNCS"]
    assert register.taken == []
    assert i2c.judge(seen(observation)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("of", [bus(Register(0x5A)), bus(Register(0x1A), functions=0x00100000)])
def test_nothing_is_written_that_would_show_nothing(
    monkeypatch: pytest.MonkeyPatch, of: I2cBus
) -> None:
    observe(monkeypatch, of)
    assert of.registers[0x48, 0x02].taken == []


@pytest.mark.parametrize("expect", list(Expect))
def test_a_register_that_was_not_put_back_is_an_error_whatever_was_wanted(
    monkeypatch: pytest.MonkeyPatch, expect: Expect
) -> None:
    result = outcome.of_case(seen(observe(monkeypatch, bus(Register(0x1A, writes=1))), expect))
    assert result.result is Result.ERROR
    assert "NOT PUT BACK" in result.verdict.summary
    assert "held 0x1a" in result.verdict.summary
    assert result.verdict.remedy is not None
    # The node that stands for the adapter has minor 3.
    assert result.verdict.remedy.text.splitlines()[-1] == "sudo i2cset -y 3 0x48 0x02 0x1a"


DENIALS = [
    ("kept", Register(0x1A), Result.FAIL),
    ("read-only", Register(0x1A, writes=0), Result.PASS),
    ("write-protected", Register(0x1A, refusal=errno.EREMOTEIO), Result.PASS),
    ("some bits", Register(0x11, mask=0x0F), Result.ERROR),
    ("nobody", None, Result.PASS),
]


@pytest.mark.parametrize(
    ("register", "result"), [row[1:] for row in DENIALS], ids=[row[0] for row in DENIALS]
)
def test_a_denial(
    monkeypatch: pytest.MonkeyPatch, register: Register | None, result: Result
) -> None:
    assert outcome.of_case(seen(observe(monkeypatch, bus(register)), Expect.DENY)).result is result


def through_smbus2(monkeypatch: pytest.MonkeyPatch, of: I2cBus) -> Observation:
    """The probe with the real smbus2 on the same bus."""
    monkeypatch.setattr(
        smbus2.smbus2, "ioctl", lambda _fd, number, argument=0: of.ioctl(number, argument)
    )
    found: Observation = observe(monkeypatch, of, libraries=True)
    return found


@pytest.mark.parametrize("busy", [0, 3])
def test_smbus2_writes_reads_and_puts_back(monkeypatch: pytest.MonkeyPatch, busy: int) -> None:
    register = Register(0x1A, busy=busy)
    observation = through_smbus2(monkeypatch, bus(register))
    (call,) = observation.library
    assert (call.ok, call.text) == (True, "0x5a")
    assert (
        call.call
        == "SMBus('/dev/null').write_byte_data(0x48, 0x02, 0x5a), read_byte_data(0x48, 0x02)"
    )
    assert (register.value, register.taken) == (0x1A, [0x5A, 0x1A] * 2)
    assert i2c.judge(seen(observation)).outcome is Outcome.REACHABLE


def test_smbus2_is_not_asked_when_the_calls_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    register = Register(0x1A, writes=0)
    assert through_smbus2(monkeypatch, bus(register)).library == ()
    assert register.taken == [0x5A, 0x1A]


class Careless:
    """A library of which every second write fails, and which reads what `says` says."""

    says: int | None = None
    register: Register

    def __init__(self, _path: str) -> None:
        self.writes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def write_byte_data(self, _address: int, _number: int, value: int) -> None:
        self.writes += 1
        if self.writes == 2 and self.says is None:
            raise fail(errno.EBADF)
        self.register.write(value)

    def read_byte_data(self, _address: int, _number: int) -> int:
        return self.register.read() if self.says is None else self.says


@pytest.mark.parametrize(("says", "text"), [(None, "Bad file descriptor"), (0x1A, "0x1a")])
def test_what_a_broken_library_leaves_is_put_back(
    monkeypatch: pytest.MonkeyPatch, says: int | None, text: str
) -> None:
    register = Register(0x1A)
    library = type("SMBus", (Careless,), {"register": register, "says": says})
    monkeypatch.setitem(sys.modules, "smbus2", SimpleNamespace(SMBus=library))
    observation = observe(monkeypatch, bus(register), libraries=True)
    assert register.value == 0x1A
    verdict = i2c.judge(seen(observation))
    assert verdict.rule == i2c_rules.LIBRARY.id
    assert text in verdict.summary
    assert i2c.judge(seen(observation, Expect.DENY)).outcome is Outcome.REACHABLE


def test_each_register_and_value_is_a_check_of_its_own() -> None:
    registers = tuple(tuple((ASKED | {"value": value}).items()) for value in (0x5A, 0x05))
    params = (("addresses", (0x48,)), ("registers", registers))
    line = ExpectedAccess("i2c", PATH, reach=True, place=cases.PLACE, params=params)
    wants = list(i2c.expected(line, cases.service(cases.device(PATH)), BOARD))
    assert [(want.target, want.risk) for want in wants] == [
        (PATH, Risk.OPEN),
        (f"{PATH}@0x48", Risk.READ),
        (f"{PATH}@0x48:0x02=0x5a", Risk.WRITE),
        (f"{PATH}@0x48:0x02=0x05", Risk.WRITE),
    ]
    assert wants[2].params == ASKED
    assert all(want.grants for want in wants)
    denied = replace(line, reach=False, params=params[1:])
    assert [want.target for want in i2c.expected(denied, cases.service(), BOARD)] == [
        want.target for want in wants[2:]
    ]


def test_a_check_that_writes_is_skipped_by_a_run_that_may_not() -> None:
    check = seen(cases.case({}).observation or pytest.fail("no observation")).check
    skipped = outcome.skipped(check, Risk.READ, cases.service())
    assert skipped.result is Result.SKIP
    assert (
        skipped.verdict.summary
        == "not tried: it takes risk 'write' and this run allows read (--allow write)"
    )
