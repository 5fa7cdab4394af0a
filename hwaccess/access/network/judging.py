"""Judging the access `network`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.diagnose.capability import confinement_of, judge_capability
from hwaccess.diagnose.ladder import observation_of
from hwaccess.diagnose.verdicts import board_remedy, calls_of, compose_remedy, reached, stopped
from hwaccess.grants import NamespaceKind
from hwaccess.model import Change, Outcome

if TYPE_CHECKING:
    from hwaccess.model import Case, Remedy, Verdict
from hwaccess.access.network import CAPABILITIES, HOST
from hwaccess.access.network.rules import (
    ABSENT,
    DOWN,
    NO_EFFECT,
    NOT_HERE,
    NOT_KNOWN,
    OWN_NAMESPACE,
)


def judge(case: Case) -> Verdict:
    """Whether the namespace, the interface or the capability is there."""
    target = case.check.target
    if target == HOST:
        return judge_host(case)
    if target in CAPABILITIES:
        return judge_use(case, target)
    if target.startswith("hci"):
        return judge_bluetooth(case, target)
    return judge_interface(case, target)


def interfaces(case: Case) -> dict[str, tuple[str, bool]]:
    """The container's interfaces: name -> (hardware address, up)."""
    found = observation_of(case).facts.tables("interfaces")
    return {
        item.text("name"): (item.text("address", ""), item.flag("up", default=False))
        for item in found
    }


def shares_network(case: Case) -> tuple[bool | None, str]:
    """Whether the container is in the board's network namespace, None when that cannot be told.

    And the evidence.
    """
    mine = dict(confinement_of(case).namespaces).get("net", "")
    theirs = case.board.network_namespace
    if mine and theirs:
        return mine == theirs, f"/proc/self/ns/net: {mine}, the board's: {theirs}"
    # lo and the kernel's fallback tunnels are in every namespace; their hardware address is all
    # zeros.
    here = {
        (name, address) for name, (address, _) in interfaces(case).items() if address.strip("0:")
    }
    there = {interface for interface in case.board.interfaces if interface[1].strip("0:")}
    if not there:
        return None, "the board's interfaces are not known"
    seen = f"{len(here & there)} of the board's {len(there)} interfaces are in the container"
    return bool(here & there), seen


def judge_host(case: Case) -> Verdict:
    """The board's network namespace as a whole."""
    shared, told = shares_network(case)
    if shared is None:
        return stopped(
            NOT_KNOWN, "the container's network cannot be compared with the board's", (told,)
        )
    if shared:
        return reached("the container is in the board's network namespace", None, told)
    return stopped(
        OWN_NAMESPACE,
        "the container has a network namespace of its own",
        (told,),
        remedy=join_host(case),
    )


def join_host(case: Case) -> Remedy:
    """Put the service into the board's network namespace."""
    old = case.service.namespace(NamespaceKind.NETWORK)
    change = (
        Change("replace", "network_mode", HOST, old.text)
        if old
        else Change("set", "network_mode", HOST)
    )
    return compose_remedy("use the board's network: network_mode: host", change)


def judge_interface(case: Case, name: str) -> Verdict:
    """One interface by name."""
    here = interfaces(case)
    evidence: tuple[str, ...] = (f"interfaces in the container: {' '.join(here) or 'none'}",)
    if name in here:
        if dict(case.check.params).get("up") is True and not here[name][1]:
            return stopped(
                DOWN, f"{name} is down", evidence, remedy=board_remedy(f"ip link set {name} up")
            )
        return reached(f"{name} is in the container", None, *evidence)
    if not case.board.interfaces:
        summary = f"{name} is not in the container; whether the board has it is not known"
        return stopped(
            NOT_KNOWN, summary, evidence, outcome=Outcome.BLOCKED, remedy=join_host(case)
        )
    shared, told = shares_network(case)
    evidence = (*evidence, told)
    if name in dict(case.board.interfaces) and not shared:
        summary = f"the board has {name}, in another network namespace"
        return stopped(NOT_HERE, summary, evidence, remedy=join_host(case))
    theirs = " ".join(interface for interface, _ in case.board.interfaces)
    return stopped(
        ABSENT, f"the board has no {name}", (*evidence, f"interfaces of the board: {theirs}")
    )


def judge_bluetooth(case: Case, name: str) -> Verdict:
    """A Bluetooth adapter, which shows everywhere.

    Its sockets exist in the board's first network namespace alone.
    """
    facts = observation_of(case).facts
    errno = facts.text("errno", "")
    evidence = (
        *calls_of(observation_of(case)),
        f"/sys/class/bluetooth/{name}: {facts.flag('adapter', default=False)}",
    )
    if not facts.flag("adapter", default=False):
        return stopped(
            ABSENT,
            f"there is no adapter {name}",
            evidence,
            remedy=board_remedy("hciconfig -a; rfkill list"),
        )
    if not errno:
        return reached(f"{name} is there, and its sockets are to be had", None, *evidence)
    summary = f"{name} is there, its sockets are not: {errno}"
    return stopped(NOT_HERE, summary, evidence, remedy=join_host(case))


def judge_use(case: Case, name: str) -> Verdict:
    """A network capability, by a call that needs it and changes nothing."""
    errno = observation_of(case).facts.text("errno", "")
    if not errno:
        shared, told = shares_network(case)
        where = "in the board's network" if shared else "in the container's own network"
        return reached(f"{name} is effective {where}", observation_of(case), told)
    lacking = judge_capability(case, name)
    if lacking is not None:
        return lacking
    evidence = calls_of(observation_of(case))
    return stopped(NO_EFFECT, f"{name} is effective, and its use ends with {errno}", evidence)
