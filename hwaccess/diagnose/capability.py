"""Capability truth: granted or not, and whether the process that needs it ever gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.diagnose import rules
from hwaccess.diagnose.verdicts import board_remedy, compose_remedy, stopped
from hwaccess.errors import ProbeError
from hwaccess.model import Change

if TYPE_CHECKING:
    from hwaccess.facts import Confinement
    from hwaccess.model import Case, Verdict


def confinement_of(case: Case) -> Confinement:
    """The case's confinement; a judge is only asked when the container ran.

    Raises `ProbeError` when it did not.
    """
    if case.confinement is None:
        message = f"{case.check.id} was to be judged without the container's confinement"
        raise ProbeError(message, hint="run it again with --debug and report it")
    return case.confinement


def capability_evidence(confinement: Confinement, name: str) -> str:
    """Where the capability is and where not, in one line."""
    sets = {"effective": confinement.has(name), "bounding": confinement.may_ever_have(name)}
    told = ", ".join(f"{which} {'yes' if there else 'no'}" for which, there in sets.items())
    effective, bounding = f"{confinement.effective:016x}", f"{confinement.bounding:016x}"
    return f"CAP_{name}: {told} (CapEff {effective}, CapBnd {bounding})"


def judge_capability(case: Case, name: str) -> Verdict | None:
    """Why the container's process lacks capability NAME (without CAP_).

    None when it is effective on the board.
    """
    confinement = confinement_of(case)
    evidence = (capability_evidence(confinement, name), f"uid {confinement.euid}")
    if confinement.has(name):
        if confinement.initial_user_namespace:
            return None
        return stopped(
            rules.CAPABILITY_NAMESPACE,
            f"{name} counts only inside the container's user namespace",
            (
                *evidence,
                f"uid_map {confinement.uid_map[0].inside} {confinement.uid_map[0].outside}",
            ),
            remedy=compose_remedy(
                "start the service in the board's user namespace",
                Change("set", "userns_mode", "host"),
            ),
        )
    if confinement.may_ever_have(name):
        return judge_held_back(case, name, evidence)
    return judge_not_given(case, name, evidence)


def judge_held_back(case: Case, name: str, evidence: tuple[str, ...]) -> Verdict:
    """It is in the bounding set and not effective: the process is not root (or gave it away)."""
    setcap = f"setcap cap_{name.lower()}+ep PROGRAM"
    also = (
        ("no-new-privileges would make setcap useless",)
        if confinement_of(case).no_new_privileges
        else ()
    )
    return stopped(
        rules.CAPABILITY_USER,
        f"{name} is granted and does nothing: uid {confinement_of(case).euid} never gets it",
        evidence,
        remedy=compose_remedy(
            'run the service as root (user: "0"), '
            f"or keep the user and put `{setcap}` into the image",
            Change("set", "user", "0"),
        ),
        also_possible=also,
    )


def judge_not_given(case: Case, name: str, evidence: tuple[str, ...]) -> Verdict:
    """It is not in the bounding set.

    It was never granted, was dropped again, or the engine has none to give.
    """
    service = case.service
    dropped = next((cap for cap in service.capabilities if not cap.add and cap.name == name), None)
    if dropped is not None:
        return stopped(
            rules.CAPABILITY,
            f"{name} is dropped by cap_drop",
            (*evidence, f"cap_drop at {dropped.place}"),
            remedy=compose_remedy(
                f"take {name} out of cap_drop", Change("remove", "cap_drop", dropped.text)
            ),
        )
    if service.privileged or service.adds_capability(name):
        return stopped(
            rules.CAPABILITY_OUTER,
            f"{name} is granted, but the engine has none to give",
            evidence,
            remedy=board_remedy("grep CapBnd /proc/$(pidof dockerd)/status"),
        )
    return stopped(
        rules.CAPABILITY,
        f"{name} is not granted",
        evidence,
        remedy=compose_remedy(f"add {name} to cap_add", Change("add", "cap_add", name)),
    )
