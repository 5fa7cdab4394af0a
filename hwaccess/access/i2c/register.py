"""What a register of an I2C device did with the byte that was written to it.

It must also be as it was before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hwaccess.access.i2c.rules import NOT_KEPT, NOT_PUT_BACK, NOT_READ
from hwaccess.diagnose.ladder import node_of, observation_of
from hwaccess.diagnose.node_judge import answer_to, evidence_of
from hwaccess.diagnose.verdicts import board_remedy, stopped
from hwaccess.model import Expect, Outcome

if TYPE_CHECKING:
    from hwaccess.model import Case, LibraryCall, Verdict

SILENCE: Final = ("EREMOTEIO", "ENXIO", "EIO", "ETIMEDOUT", "EAGAIN", "EPROTO")
NO_BYTE: Final = -1


def judge(case: Case) -> Verdict | None:
    """Over facts "before", "back" and "after" of a device that answered.

    None when no register is named or it kept.
    """
    if not is_named(case):
        return None
    facts, value = observation_of(case).facts, asked(case)["value"]
    before = facts.number("before")
    if before == value:
        return not_known(
            case,
            f"{name_of(case)} holds {value:#04x} already, so it was not written: "
            "name another value",
        )
    if facts.number("after", NO_BYTE) != before:
        return judge_left_behind(case, before)
    return judge_write(case) or judge_byte(case, before, value)


def is_named(case: Case) -> bool:
    """Whether the check is about a register."""
    return "register" in dict(case.check.params)


def asked(case: Case) -> dict[str, Any]:
    """address, register and value: three numbers, as the schema of `registers` has them."""
    return dict(case.check.params)


def name_of(case: Case) -> str:
    """The device's address and the register."""
    return "{address:#04x} register {register:#04x}".format(**asked(case))


def kept(case: Case) -> str:
    """A register that took the byte, in one line."""
    before = observation_of(case).facts.number("before")
    return f"{name_of(case)} kept {asked(case)['value']:#04x} and holds {before:#04x} again"


def not_known(case: Case, summary: str) -> Verdict:
    """Neither kept nor refused."""
    return stopped(NOT_READ, summary, evidence_of(case), outcome=Outcome.UNKNOWN)


def judge_left_behind(case: Case, before: int) -> Verdict:
    """The probe did not leave the register as it was.

    It is an error whatever was wanted; the remedy has the command that fixes it.
    """
    facts = observation_of(case).facts
    answers = "after" in facts
    now = f"holds {facts.number('after'):#04x} now" if answers else "does not answer now"
    also = ("the register changes by itself",) if answers else ()
    command = "sudo i2cset -y {bus} {address:#04x} {register:#04x} {before:#04x}"
    command = command.format(bus=node_of(case).minor, before=before, **asked(case))
    summary = f"{name_of(case)} was NOT PUT BACK: it held {before:#04x} and {now}"
    remedy = board_remedy(f"put it back, on the board:\n{command}")
    return stopped(
        NOT_PUT_BACK,
        summary,
        evidence_of(case),
        remedy=remedy,
        also_possible=also,
        outcome=Outcome.UNKNOWN,
    )


def judge_write(case: Case) -> Verdict | None:
    """A device that answered a read, and did not take the byte or could not be read after it."""
    written = answer_to(observation_of(case), "I2C_SMBUS, write")
    if written is not None and written.errno in SILENCE:
        summary = f"{name_of(case)} can be read and takes no byte ({written.errno})"
        return stopped(NOT_KEPT, summary, evidence_of(case))
    if written is None or written.errno:
        why = written.errno if written else "it was not tried"
        return not_known(case, f"writing to {name_of(case)} fits no known cause: {why}")
    if "back" not in observation_of(case).facts:
        return not_known(
            case, f"{name_of(case)} took {asked(case)['value']:#04x} and could not be read after it"
        )
    return None


def judge_byte(case: Case, before: int, value: int) -> Verdict | None:
    """Whether what was written came back. That something else did is no proof for a denial."""
    back = observation_of(case).facts.number("back")
    if back == value:
        return None
    changed = (
        ("only some of its bits can be written", "the register changes by itself")
        if back != before
        else ()
    )
    also = (*changed, "the device is another one, without such a register")
    outcome = (
        Outcome.UNKNOWN if back != before and case.check.expect is Expect.DENY else Outcome.BLOCKED
    )
    summary = (
        f"{name_of(case)} held {before:#04x}, {value:#04x} was written, and {back:#04x} came back"
    )
    return stopped(NOT_KEPT, summary, evidence_of(case), also_possible=also, outcome=outcome)


def other_byte(case: Case) -> LibraryCall | None:
    """The library call that read another byte than it wrote.

    None for a denial, as for one that fails.
    """
    if not is_named(case) or case.check.expect is Expect.DENY:
        return None
    value = f"{asked(case)['value']:#04x}"
    return next(
        (call for call in observation_of(case).library if call.ok and call.text != value), None
    )
