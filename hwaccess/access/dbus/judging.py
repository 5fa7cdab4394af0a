"""Judging the system bus: from socket, authentication, Hello, names and policy to the one cause."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hwaccess.access.dbus import rules
from hwaccess.access.dbus.server import NO_OWNER_ERRORS, build_server
from hwaccess.diagnose.capability import confinement_of
from hwaccess.diagnose.ladder import observation_of
from hwaccess.diagnose.verdicts import (
    board_remedy,
    calls_of,
    compose_remedy,
    image_remedy,
    reached,
    stopped,
)
from hwaccess.grants import NamespaceKind, moved
from hwaccess.model import Change, Expect, Outcome

if TYPE_CHECKING:
    from hwaccess.access.dbus.server import Answer, Server
    from hwaccess.facts import NodeFacts
    from hwaccess.grants import MountGrant
    from hwaccess.model import Case, Remedy, Verdict

VARIABLE: Final = "DBUS_SYSTEM_BUS_ADDRESS"
SOCKET: Final = "/run/dbus/system_bus_socket"
HOST_ADDRESS: Final = "unix:path=/host/run/dbus/system_bus_socket"
CLOSED: Final = ("ECONNRESET", "EPIPE")  # which of the two is a matter of time


def judge(case: Case) -> Verdict:
    """Why the bus (and the service named) can or cannot be talked to.

    To reach it takes the address that the app goes to; to deny it, none of the addresses may lead
    anywhere.
    """
    target, observation = case.check.target, observation_of(case)
    servers = [build_server(item) for item in observation.facts.tables("addresses")]
    named = [server for server in servers if server.origin in ("asked", "environment")]
    looked_at = named or [server for server in servers if server.origin in ("default", "run")]
    deny = case.check.expect is Expect.DENY
    counted = servers if deny else looked_at
    serving = next(
        (server for server in counted if server.serves(target) and (deny or server.admits)), None
    )
    if serving is not None:
        what = f"{target} answers on the bus" if target else "the bus answers"
        return reached(f"{what} at {serving.address}", observation, *who_listens(serving))
    elsewhere = next((server for server in servers if server.serves(target)), None)
    if elsewhere is not None and elsewhere not in looked_at:
        return judge_elsewhere(case, looked_at[0], elsewhere, calls_of(observation))
    mounted = [server for server in servers if server not in looked_at and mount_over(case, server)]
    best = max(
        (*looked_at, *mounted),
        key=lambda server: (progress(server), mount_over(case, server) is not None),
    )
    verdict = judge_server(case, best, calls_of(observation))
    return verdict if best in looked_at or best.socket else with_address(case, verdict, best)


def with_address(case: Case, verdict: Verdict, there: Server) -> Verdict:
    """A bus that keeps the app out, and that the app would not even find.

    Mending the one alone shows the other.
    """
    remedy = verdict.remedy
    if remedy is None or remedy.kind != "compose":
        return verdict
    text = f"{remedy.text}, and tell the app where the bus is: {VARIABLE}={there.address}"
    return replace(
        verdict, remedy=compose_remedy(text, *remedy.changes, address_change(case, there))
    )


def progress(server: Server) -> int:
    """How far a server was spoken to: the one that came furthest tells most."""
    there = server.socket not in ("ENOENT", "ENOTDIR")
    return sum(
        (there, not server.socket, bool(server.authentication), server.spoken, server.has_owner)
    )


def mount_over(case: Case, server: Server) -> MountGrant | None:
    """The bind mount that should bring the socket of a server."""
    return case.service.bind(server.node.path if server.node else "")


def who_listens(server: Server) -> tuple[str, ...]:
    """The evidence that the bus is one inside of the container."""
    return (
        (f"SO_PEERCRED: the bus is process {server.peer} of this container",) if server.peer else ()
    )


def judge_elsewhere(
    case: Case, looked_at: Server, there: Server, evidence: tuple[str, ...]
) -> Verdict:
    """A bus that works where the app does not look."""
    change = address_change(case, there)
    return stopped(
        rules.ELSEWHERE,
        f"the app looks at {looked_at.address}, the bus is at {there.address}",
        evidence,
        remedy=compose_remedy(f"tell the app where the bus is: {change.value}", change),
        also_possible=("the app's own start script sets the variable",),
    )


def address_change(case: Case, there: Server) -> Change:
    """Tell the app where the bus is."""
    setting = f"{VARIABLE}={there.address}"
    present = next((grant for grant in case.service.environment if grant.name == VARIABLE), None)
    return (
        Change("replace", "environment", setting, present.text)
        if present
        else Change("add", "environment", setting)
    )


def judge_server(case: Case, server: Server, evidence: tuple[str, ...]) -> Verdict:
    """Why one server cannot be used: the first of the five results that went wrong."""
    if server.socket:
        return judge_socket(case, server, evidence)
    if not server.admits or not server.hello.asked:
        return judge_authentication(case, server, evidence)
    for answer in (server.hello, server.names):
        if not answer.ok:
            return judge_refusal(case, answer, evidence)
    if not server.has_owner or server.policy.error in NO_OWNER_ERRORS:
        return judge_absence(case, server, evidence)
    return judge_refusal(case, server.policy, evidence)


def judge_socket(case: Case, server: Server, evidence: tuple[str, ...]) -> Verdict:
    """connect(2) failed."""
    node = server.node
    if server.socket in ("EACCES", "EPERM") and node is not None:
        return judge_permission(node, evidence)
    own_mount = node is not None and node.mount is not None and node.mount.own
    if (
        server.socket == "ECONNREFUSED"
        and node is not None
        and (own_mount or node.kind == "directory")
    ):
        what = (
            "an empty directory"
            if node.kind == "directory"
            else "a socket that nobody listens at any more"
        )
        remedy = mount_directory(case, node.path)
        return stopped(
            rules.STALE_MOUNT, f"the bind mount {node.path} is {what}", evidence, remedy=remedy
        )
    if server.socket in ("ENOENT", "ENOTDIR"):
        return judge_missing(case, server, evidence)
    if server.socket == "ECONNREFUSED":
        return stopped(
            rules.NO_BUS, f"nobody listens at {server.address}", evidence, remedy=start_bus()
        )
    if server.socket == "unknown transport":
        summary = f"the probe does not speak the transport of {server.address}"
        return stopped(rules.ELSEWHERE, summary, evidence, outcome=Outcome.UNKNOWN)
    return stopped(
        rules.TURNED_AWAY, f"{server.address} cannot be connected to: {server.socket}", evidence
    )


def judge_permission(node: NodeFacts, evidence: tuple[str, ...]) -> Verdict:
    """connect(2) said EACCES: owner and mode, or a security module although these allow it."""
    if node.kind != "hidden" and (node.mode & 0o002 or not node.access):
        summary = f"mode {node.mode:04o} allows {node.path}, a security module does not"
        return stopped(
            rules.SECURITY_MODULE, summary, evidence, remedy=lift_profile("label=disable")
        )
    if node.kind == "hidden":
        remedy = board_remedy(
            f"let the user search the directories above: chmod o+x on those of {node.path}"
        )
        return stopped(
            rules.SOCKET_PERMISSION,
            f"a directory above {node.path} may not be searched",
            evidence,
            remedy=remedy,
        )
    change = Change("set", "user", str(node.uid))
    if node.mode & 0o020:
        change = Change("add", "group_add", str(node.gid))
    summary = f"{node.path} is {node.uid}:{node.gid} {node.mode:04o}"
    remedy = compose_remedy(f"be one who may write to it: {change.field} {change.value}", change)
    return stopped(rules.SOCKET_PERMISSION, summary, evidence, remedy=remedy)


def judge_missing(case: Case, server: Server, evidence: tuple[str, ...]) -> Verdict:
    """There is no socket: the board has none, or it was not mounted."""
    path = server.node.path if server.node else server.address
    mount = mount_over(case, server)
    source = moved(path, mount.target, mount.source) if mount else SOCKET
    if "absent" in (case.board.path_kind(source), case.board.path_kind(source.rpartition("/")[0])):
        return stopped(rules.NO_BUS, f"the board has no {source}", evidence, remedy=start_bus())
    if mount is not None:
        summary = f"{mount.source} is mounted, and holds no socket {path}"
        return stopped(
            rules.NO_BUS,
            summary,
            evidence,
            remedy=start_bus(),
            also_possible=("the board's bus is elsewhere",),
        )
    return stopped(
        rules.NOT_MOUNTED, f"no socket at {server.address}", evidence, remedy=mount_bus(case)
    )


def judge_authentication(case: Case, server: Server, evidence: tuple[str, ...]) -> Verdict:
    """Authentication was refused, or the bus closed the connection."""
    same_namespace = confinement_of(case).initial_user_namespace
    if same_namespace or not server.authentication.startswith("REJECTED"):
        said = server.authentication_without_uid or server.authentication or "nothing"
        return stopped(
            rules.TURNED_AWAY, f"authentication at {server.address} ends with {said}", evidence
        )
    return judge_other_user(case, server, evidence)


def judge_other_user(case: Case, server: Server, evidence: tuple[str, ...]) -> Verdict:
    """The uid that the client names is not the one that the kernel shows to the bus."""
    remedy = compose_remedy(
        "run in the board's user namespace", Change("set", "userns_mode", "host")
    )
    if "rootless" in case.board.security_options:
        remedy = board_remedy(
            "a rootless engine has no other user namespace: use an engine that runs as root"
        )
    also: tuple[str, ...] = ()
    if server.authentication_without_uid.startswith("OK"):
        also = ("the app's client names no uid, and gets through",)
        remedy = image_remedy(
            "use a client that names no uid: sd-bus, GDBus, dbus-fast, godbus 5.1 or later"
        )
    summary = (
        f"the client says uid {confinement_of(case).uid}, "
        "which is another one outside of the user namespace"
    )
    return stopped(rules.OTHER_USER, summary, evidence, remedy=remedy, also_possible=also)


def judge_refusal(case: Case, answer: Answer, evidence: tuple[str, ...]) -> Verdict:
    """The bus (or the service) answered Hello or a call with an error, or not at all."""
    if "AppArmor" in answer.text or "SELinux" in answer.text:
        option = "apparmor=unconfined" if "AppArmor" in answer.text else "label=disable"
        return stopped(
            rules.SECURITY_MODULE,
            f"the bus says: {answer.text}",
            evidence,
            remedy=lift_profile(option),
        )
    uid = confinement_of(case).euid
    rule = (
        f'<allow send_destination="{case.check.target}"/>'
        if case.check.target
        else f'<allow user="{uid}"/>'
    )
    remedy: Remedy | None = None
    if "AccessDenied" in answer.error or answer.errno in CLOSED:
        policy = f'<policy user="{uid}">{rule}</policy>'
        text = f"allow uid {uid} in /etc/dbus-1/system.d on the board: {policy}"
        remedy = board_remedy(text + ", then systemctl reload dbus")
    summary = "the bus ends the connection" if answer.errno in CLOSED else f"the bus says: {answer}"
    return stopped(rules.TURNED_AWAY, summary, evidence, remedy=remedy)


def judge_absence(case: Case, server: Server, evidence: tuple[str, ...]) -> Verdict:
    """Nobody owns the name.

    On the board's bus it does not run, on the container's own it cannot be.
    """
    target = case.check.target
    pid = case.service.namespace(NamespaceKind.PID)
    if server.peer and (pid is None or pid.mode != "host"):
        remedy = compose_remedy(
            "mount the board's bus beside it and point the app to it",
            Change("add", "volumes", "/run/dbus:/host/run/dbus"),
            Change("add", "environment", f"{VARIABLE}={HOST_ADDRESS}"),
        )
        summary = f"{target} is not on the container's own bus at {server.address}"
        return stopped(rules.OWN_BUS, summary, (*evidence, *who_listens(server)), remedy=remedy)
    known = ", which the bus could start" if server.activatable else ""
    remedy = board_remedy(
        f"start the service that owns {target} on the board: busctl list --activatable"
    )
    return stopped(
        rules.NO_OWNER,
        f"nobody owns {target}{known}",
        evidence,
        remedy=remedy,
        outcome=Outcome.ABSENT,
    )


def mount_directory(case: Case, path: str) -> Remedy:
    """Mount the directory in place of the socket."""
    folder = path.rpartition("/")[0]
    old = next((mount for mount in case.service.mounts if mount.target == path), None)
    value = f"{old.source.rpartition('/')[0] if old else '/run/dbus'}:{folder}"
    change = (
        Change("replace", "volumes", value, old.text) if old else Change("add", "volumes", value)
    )
    return compose_remedy(f"mount the directory: {value}", change)


def mount_bus(case: Case) -> Remedy:
    """Bring the board's bus into the container, as the board's kind of compose file can say it."""
    if case.board.balena:
        return compose_remedy(
            "ask for the bus by label, and tell the app where it is",
            Change("add", "labels", 'io.balena.features.dbus: "1"'),
            Change("add", "environment", f"{VARIABLE}={HOST_ADDRESS}"),
        )
    return compose_remedy(
        "mount the bus: /run/dbus:/run/dbus", Change("add", "volumes", "/run/dbus:/run/dbus")
    )


def lift_profile(option: str) -> Remedy:
    """Take the security module's profile off this one service."""
    narrower = "narrower: a profile of your own that allows the bus"
    text = f"lift the profile for this service: {option} ({narrower})"
    return compose_remedy(text, Change("add", "security_opt", option))


def start_bus() -> Remedy:
    """Have a bus on the board."""
    return board_remedy("start the board's bus: systemctl start dbus")
