"""Raw I/O: whether CAP_SYS_RAWIO is really there, and on x86 whether I/O ports can be opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.diagnose import rules
from hwaccess.diagnose.capability import capability_evidence, confinement_of, judge_capability
from hwaccess.diagnose.ladder import lockdown_line, observation_of, stopped_with
from hwaccess.diagnose.verdicts import board_remedy, calls_of, compose_remedy, reached, stopped
from hwaccess.model import Change, Layer, Outcome, Rule
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Observation, Remedy, Verdict

NAME: Final = "rawio"
SUMMARY: Final = "raw I/O: CAP_SYS_RAWIO in effect, and I/O ports on x86"
PARAMS: Final[Mapping[str, object]] = {}
IMPLIES_DENY: Final = True
CAPABILITY: Final = "SYS_RAWIO"
OFF, ON = ", 0", ", 1"  # how the arguments of the ioperm calls end

PORT_SECCOMP: Final = Rule(
    "HW250",
    "SYS_RAWIO is in effect, and the seccomp profile forbids ioperm",
    """\
The capability is there, and ioperm(2) says EPERM even for turning a port *off*, which the kernel allows to everyone. So
it is not the kernel that refuses: the seccomp filter answers first. The engine's default profile opens ioperm and iopl
together with SYS_RAWIO; a profile of your own (or of an outer container) does not. /dev/mem is not touched by this.

In the profile:

    {"names": ["ioperm", "iopl"], "action": "SCMP_ACT_ALLOW"}

Told apart: without the capability it is HW140, whatever seccomp says; EPERM only for turning it *on* is HW251.
""",
    Layer.SECCOMP,
)
PORT_LOCKDOWN: Final = Rule(
    "HW251",
    "SYS_RAWIO is in effect, and kernel lockdown forbids I/O ports",
    """\
ioperm(2) lets a port be turned off and refuses to turn it on, although SYS_RAWIO is effective in the board's own user
namespace. The kernel asks for two things there, the capability and lockdown, so it is lockdown: secure boot switches it
on, and root on the board is refused alike. No compose field changes it.

    cat /sys/kernel/security/lockdown      # [integrity] or [confidentiality]

Use a driver instead of the ports (ppdev for a parallel port, a gpiochip, a serial node), or boot without lockdown.
""",
    Layer.LOCKDOWN,
)
RULES: Final = (PORT_SECCOMP, PORT_LOCKDOWN)


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """`cap_add: [SYS_RAWIO]`, or ALL."""
    del board
    grant = service.adds_capability(CAPABILITY)
    if grant is not None:
        yield Want("", Risk.OPEN, grants=(grant,))


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The capability has no target."""
    del expectation
    granted = tuple(wanted(service, board))
    yield granted[0] if granted else Want("", Risk.OPEN)


def judge(case: Case) -> Verdict:
    """The capability first: nothing else matters without it. A kernel or processor without ports is no failure."""
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
    """The errno of the first ioperm whose arguments end so, "" when it worked, "not made" when it was not made."""
    calls = (call for call in observation.calls if call.call == "ioperm" and call.args.endswith(ending))
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
        remedy = board_remedy("boot without lockdown (secure boot), or use a driver: cat /sys/kernel/security/lockdown")
        return stopped(PORT_LOCKDOWN, summary, (*evidence, lockdown_line(case)), remedy=remedy)
    if off or on not in ("", "not made"):
        summary = f"ioperm fits no known cause: {off or on}"
        return stopped(rules.UNEXPLAINED, summary, evidence, outcome=Outcome.UNKNOWN)
    opened = "an I/O port opens" if not on else "I/O ports were not tried"
    return reached(f"SYS_RAWIO is in effect; {opened}", observation, told)


def open_profile(case: Case) -> Remedy:
    """The profile that the service names must list the calls; one that it does not name is the engine's."""
    own = next((opt for opt in case.service.security_opts if opt.option == "seccomp"), None)
    if own is None:
        return board_remedy("allow ioperm and iopl in the seccomp profile of the engine or of the outer container")
    return compose_remedy(
        f"allow ioperm and iopl in {own.value}, or use the engine's own profile",
        Change("remove", "security_opt", own.text),
    )
