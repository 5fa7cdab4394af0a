"""The access `network`: the board's network namespace, one interface of it, or NET_ADMIN and NET_RAW."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.diagnose.capability import confinement_of, judge_capability
from hwaccess.diagnose.ladder import observation_of
from hwaccess.diagnose.verdicts import board_remedy, calls_of, compose_remedy, reached, stopped
from hwaccess.grants import NamespaceKind
from hwaccess.model import Change, Layer, Outcome, Rule
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Remedy, Verdict

NAME: Final = "network"
SUMMARY: Final = "the board's network namespace, an interface such as can0, NET_ADMIN, NET_RAW"
PARAMS: Final[Mapping[str, object]] = {
    "up": {"type": "boolean", "description": "whether the interface must be up"},
}
IMPLIES_DENY: Final = False  # several services may share the board's network
HOST: Final = "host"
CAPABILITIES: Final = ("NET_ADMIN", "NET_RAW")

OWN_NAMESPACE: Final = Rule(
    "HW320",
    "the container has a network namespace of its own",
    """\
The interfaces, addresses and ports of the board are not those of the container: the link /proc/self/ns/net (or, where
the board's cannot be read, the list of interfaces with their hardware addresses) differs from the board's.

    network_mode: host

With it, `ports` and `networks` have no meaning and must go. Services that only talk to each other do not need it.
""",
    Layer.ENGINE,
)
NOT_HERE: Final = Rule(
    "HW321",
    "the board has the interface, in another network namespace",
    """\
An interface is in one network namespace at a time. `can0`, `wlan0` and `hci0` are in the board's, and no `devices` line
brings them into a container: they have no node. That the adapter shows under /sys means nothing, for /sys may be the
board's.

    network_mode: host

To keep the container's own network, move the interface (it is then gone from the board), or for CAN make a tunnel:

    ip link set can0 netns $(docker inspect -f '{{.State.Pid}}' CONTAINER)
    ip link add vxcan0 type vxcan peer name can0 netns PID
""",
    Layer.ENGINE,
)
ABSENT: Final = Rule(
    "HW322",
    "the board has no such interface",
    """\
Neither the container nor the board has an interface of that name. Look for the driver or overlay that makes it (for CAN
on a Pi: `dtoverlay=mcp2515-can0,...`), for another name (`ip -br link`), or for a serial adapter that has not been
attached (`slcand` makes its interface on the board, never in the container that calls it).

    ip -br link; dmesg | grep -i can
""",
    Layer.BOARD,
)
DOWN: Final = Rule(
    "HW323",
    "the interface is there and down",
    """\
The container sees the interface, and its IFF_UP flag is not set, so sending on it ends with ENETDOWN. Bring it up on
the board, or in the container with NET_ADMIN:

    ip link set can0 up type can bitrate 500000
""",
    Layer.BOARD,
)
NOT_KNOWN: Final = Rule(
    "HW324",
    "the board's network could not be read",
    """\
Nothing on the board was read, so its network namespace and interfaces are not known, and the container's cannot be
compared with them. That is no answer either way; what stood in the way of reading the board is told by

    hwaccess doctor
""",
)
NO_EFFECT: Final = Rule(
    "HW325",
    "the capability is effective and its use is refused",
    """\
CapEff holds the capability, and the harmless call that needs it (setsockopt SO_RCVBUFFORCE for NET_ADMIN, a packet
socket for NET_RAW) fails. A capability inside of a user namespace counts in that namespace's networks alone; with the
board's network it is worth nothing. Else a seccomp profile or a security module refuses the call.

    userns_mode: host
""",
    Layer.USER_NAMESPACE,
)
RULES: Final = (OWN_NAMESPACE, NOT_HERE, ABSENT, DOWN, NOT_KNOWN, NO_EFFECT)


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """The board's network when the mode says so, and the network capabilities that are added by name."""
    del board
    mode = service.namespace(NamespaceKind.NETWORK)
    if mode is not None and mode.mode == HOST:
        yield Want(HOST, Risk.LOOK, grants=(mode,))
    for name in CAPABILITIES:
        added = tuple(grant for grant in service.capabilities if grant.add and grant.name == name)
        if added:
            yield Want(name, Risk.OPEN, grants=added)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """What is named: "host" (also without a name), a capability, or an interface."""
    del board
    target = expectation.target or HOST
    mode = service.namespace(NamespaceKind.NETWORK)
    risk = Risk.OPEN if target in CAPABILITIES or target.startswith("hci") else Risk.LOOK
    yield Want(target, risk, dict(expectation.params), (mode,) if mode else ())


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
    return {item.text("name"): (item.text("address", ""), item.flag("up", default=False)) for item in found}


def shares_network(case: Case) -> tuple[bool | None, str]:
    """Whether the container is in the board's network namespace, None when that cannot be told; and the evidence."""
    mine = dict(confinement_of(case).namespaces).get("net", "")
    theirs = case.board.network_namespace
    if mine and theirs:
        return mine == theirs, f"/proc/self/ns/net: {mine}, the board's: {theirs}"
    # lo and the kernel's fallback tunnels are in every namespace; their hardware address is all zeros.
    here = {(name, address) for name, (address, _) in interfaces(case).items() if address.strip("0:")}
    there = {interface for interface in case.board.interfaces if interface[1].strip("0:")}
    if not there:
        return None, "the board's interfaces are not known"
    seen = f"{len(here & there)} of the board's {len(there)} interfaces are in the container"
    return bool(here & there), seen


def judge_host(case: Case) -> Verdict:
    """The board's network namespace as a whole."""
    shared, told = shares_network(case)
    if shared is None:
        return stopped(NOT_KNOWN, "the container's network cannot be compared with the board's", (told,))
    if shared:
        return reached("the container is in the board's network namespace", None, told)
    return stopped(OWN_NAMESPACE, "the container has a network namespace of its own", (told,), remedy=join_host(case))


def join_host(case: Case) -> Remedy:
    """Put the service into the board's network namespace."""
    old = case.service.namespace(NamespaceKind.NETWORK)
    change = Change("replace", "network_mode", HOST, old.text) if old else Change("set", "network_mode", HOST)
    return compose_remedy("use the board's network: network_mode: host", change)


def judge_interface(case: Case, name: str) -> Verdict:
    """One interface by name."""
    here = interfaces(case)
    evidence: tuple[str, ...] = (f"interfaces in the container: {' '.join(here) or 'none'}",)
    if name in here:
        if dict(case.check.params).get("up") is True and not here[name][1]:
            return stopped(DOWN, f"{name} is down", evidence, remedy=board_remedy(f"ip link set {name} up"))
        return reached(f"{name} is in the container", None, *evidence)
    if not case.board.interfaces:
        summary = f"{name} is not in the container; whether the board has it is not known"
        return stopped(NOT_KNOWN, summary, evidence, outcome=Outcome.BLOCKED, remedy=join_host(case))
    shared, told = shares_network(case)
    evidence = (*evidence, told)
    if name in dict(case.board.interfaces) and not shared:
        summary = f"the board has {name}, in another network namespace"
        return stopped(NOT_HERE, summary, evidence, remedy=join_host(case))
    theirs = " ".join(interface for interface, _ in case.board.interfaces)
    return stopped(ABSENT, f"the board has no {name}", (*evidence, f"interfaces of the board: {theirs}"))


def judge_bluetooth(case: Case, name: str) -> Verdict:
    """A Bluetooth adapter: it shows everywhere, and its sockets exist in the board's first network namespace alone."""
    facts = observation_of(case).facts
    errno = facts.text("errno", "")
    evidence = (*calls_of(observation_of(case)), f"/sys/class/bluetooth/{name}: {facts.flag('adapter', default=False)}")
    if not facts.flag("adapter", default=False):
        return stopped(
            ABSENT, f"there is no adapter {name}", evidence, remedy=board_remedy("hciconfig -a; rfkill list")
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
