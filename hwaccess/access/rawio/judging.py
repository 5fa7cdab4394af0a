"""Judging the access `rawio`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.diagnose import rules
from hwaccess.diagnose.capability import capability_evidence, confinement_of, judge_capability
from hwaccess.diagnose.ladder import lockdown_line, observation_of, stopped_with
from hwaccess.diagnose.verdicts import board_remedy, calls_of, compose_remedy, reached, stopped
from hwaccess.model import Change, Outcome

if TYPE_CHECKING:
    from hwaccess.model import Case, Observation, Remedy, Verdict
from hwaccess.access.rawio import CAPABILITY
from hwaccess.access.rawio.rules import PORT_LOCKDOWN, PORT_SECCOMP

OFF, ON = ", 0", ", 1"  # how the arguments of the ioperm calls end


def judge(case: Case) -> Verdict:
    """The capability first: nothing else matters without it.

    A kernel or processor without ports is no failure.
    """
    observation = observation_of(case)
    lacking = judge_capability(case, CAPABILITY)
    if lacking is not None:
        return stopped_with(lacking, calls_of(observation))
    told = capability_evidence(confinement_of(case), CAPABILITY)
    if not observation.facts.flag("port_io", default=False):
        machine = observation.facts.text("machine", case.board.arch)
        return reached(f"SYS_RAWIO is in effect; {machine} has no I/O ports", observation, told)
    return judge_ports(case, observation, told)


def errno_of(observation: Observation, ending: str) -> str:
    """The errno of the first ioperm whose arguments end so.

    It is "" when the call worked, and "not made" when it was not made.
    """
    calls = (
        call for call in observation.calls if call.call == "ioperm" and call.args.endswith(ending)
    )
    call = next(calls, None)
    return "not made" if call is None else call.errno or ""


def judge_ports(case: Case, observation: Observation, told: str) -> Verdict:
    """What ioperm says to a process that has the capability."""
    evidence = (*calls_of(observation), told)
    off, on = errno_of(observation, OFF), errno_of(observation, ON)
    without = case.board.config_value("X86_IOPL_IOPERM") == "n"
    if off == "ENOSYS" or (off and without):
        return reached("SYS_RAWIO is in effect; this kernel has no I/O ports", observation, told)
    if off == "EPERM":
        seccomp = f"Seccomp {confinement_of(case).seccomp}"
        summary = "SYS_RAWIO is in effect, and seccomp forbids ioperm"
        return stopped(PORT_SECCOMP, summary, (*evidence, seccomp), remedy=open_profile(case))
    if on == "EPERM":
        summary = "SYS_RAWIO is in effect, and lockdown forbids I/O ports"
        remedy = board_remedy(
            "boot without lockdown (secure boot), or use a driver: "
            "cat /sys/kernel/security/lockdown"
        )
        return stopped(PORT_LOCKDOWN, summary, (*evidence, lockdown_line(case)), remedy=remedy)
    if off or on not in ("", "not made"):
        summary = f"ioperm fits no known cause: {off or on}"
        return stopped(rules.UNEXPLAINED, summary, evidence, outcome=Outcome.UNKNOWN)
    opened = "an I/O port opens" if not on else "I/O ports were not tried"
    return reached(f"SYS_RAWIO is in effect; {opened}", observation, told)


def open_profile(case: Case) -> Remedy:
    """The profile that the service names must list the calls.

    One that it does not name is the engine's.
    """
    own = next((opt for opt in case.service.security_opts if opt.option == "seccomp"), None)
    if own is None:
        return board_remedy(
            "allow ioperm and iopl in the seccomp profile of the engine or of the outer container"
        )
    return compose_remedy(
        f"allow ioperm and iopl in {own.value}, or use the engine's own profile",
        Change("remove", "security_opt", own.text),
    )
