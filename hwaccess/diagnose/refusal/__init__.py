"""From an engine's own words of refusal to a cause: Docker 20.10 to 29 and Podman, by table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hwaccess.diagnose.refusal import rules
from hwaccess.diagnose.verdicts import board_remedy, compose_remedy, image_remedy, stopped
from hwaccess.model import Change, Outcome, ProbeIn

if TYPE_CHECKING:
    from collections.abc import Callable

    from hwaccess.model import Case, Remedy, Rule, Verdict

    Fix = Callable[[Case, str], Remedy | None]
    MissingNode = Callable[[Case, str], Verdict | None]


@dataclass(frozen=True, slots=True)
class Words:
    """What an engine says, and what it means. The first group that matched is the thing named."""

    pattern: re.Pattern[str]
    rule: Rule
    summary: str
    fix: Fix


def judge_refusal(case: Case, missing_node: MissingNode) -> Verdict:
    """Why the engine made or started no container. Every check of the service has the same cause.

    missing_node(case, path) says why the board does not have a node, as far as the node's kind
    knows; else None.
    """
    refusal = case.refusal
    said = refusal.engine_words if refusal else ""
    evidence = (
        f"the engine refused to {refusal.step if refusal else 'start'} the container: {said}",
    )
    for words in TABLE:
        match = words.pattern.search(said)
        if match:
            what = next(filter(None, match.groups()), "")
            if words.rule in LOOKED_UP_IN_IMAGE and case.probe_in is ProbeIn.PROBE_IMAGE:
                return image_is_missing(case, words.rule, what, evidence)
            summary = words.summary.format(what=what)
            fix = words.fix(case, what)
            if words.rule is rules.MISSING_NODE:
                fix = remedy_of_kind(case, what, missing_node) or fix
            return stopped(words.rule, summary, evidence, remedy=fix)
    return stopped(
        rules.OTHER_REFUSAL, "the engine refuses the container", evidence, outcome=Outcome.UNKNOWN
    )


def image_is_missing(case: Case, rule: Rule, what: str, evidence: tuple[str, ...]) -> Verdict:
    """A name that only the service's own image can know, asked of the stand-in: no answer."""
    name = case.service.name
    summary = f"{what} is looked up in the service's own image, which the board does not have"
    remedy = image_remedy(
        f"get the image onto the board: docker compose build {name}, or docker compose pull {name}"
    )
    return stopped(rule, summary, evidence, remedy=remedy, outcome=Outcome.UNKNOWN)


def nothing(case: Case, what: str) -> None:
    """The cause is told and its page says more; no single change is the smallest."""
    del case, what


def remedy_of_kind(case: Case, path: str, missing_node: MissingNode) -> Remedy | None:
    """What the node's kind would have changed, if it knows which part of the board is missing."""
    verdict = missing_node(case, path) if case.board.complete else None
    return verdict.remedy if verdict is not None else None


def add_node(case: Case, what: str) -> Remedy:
    """The node has to be on the board."""
    del case
    return board_remedy(
        f"make {what} appear on the board: "
        "hwaccess doctor says what is missing, hwaccess explain HW050"
    )


def move_to_volumes(case: Case, what: str) -> Remedy:
    """From `devices` to `volumes`."""
    changes = [
        change
        for grant in case.service.devices
        if grant.host == what
        for change in (
            Change("remove", "devices", grant.text),
            Change("add", "volumes", f"{grant.host}:{grant.container}"),
        )
    ]
    return compose_remedy(f"mount {what} under volumes: it is no device node", *changes)


def number_for_group(case: Case, what: str) -> Remedy:
    """The board's number for the group, when the board has one.

    Else the image must learn the name.
    """
    number = dict(case.board.groups).get(what)
    written = any(grant.group == what for grant in case.service.groups)
    if number is not None and written:
        change = Change("replace", "group_add", f'"{number}"', old=what)
        return compose_remedy(f"use the board's number of the group {what}, {number}", change)
    return image_remedy(f"make the group in the image: RUN groupadd --gid NUMBER {what}")


def number_for_user(case: Case, what: str) -> Remedy:
    """The image must learn the name."""
    del case
    return image_remedy(
        f"make the user in the image: RUN useradd --uid 1000 {what}; or write its number under user"
    )


def leave_user_namespace(case: Case, what: str) -> Remedy:
    """The one field that takes the service out of the remapping."""
    del case, what
    return compose_remedy("leave the engine's user namespace", Change("set", "userns_mode", "host"))


def make_path(case: Case, what: str) -> Remedy:
    """The path has to be on the board."""
    del case
    return board_remedy(f"make {what} on the board, or correct the path in the compose file")


def drop_capability(case: Case, what: str) -> Remedy | None:
    """Take out the unknown name."""
    bare = what.removeprefix("CAP_")
    changes = [
        Change("remove", "cap_add" if grant.add else "cap_drop", grant.text)
        for grant in case.service.capabilities
        if grant.name == bare
    ]
    return (
        compose_remedy(f"take out {what}, or write the name that is meant", *changes)
        if changes
        else None
    )


def drop_sysctl(case: Case, what: str) -> Remedy | None:
    """Take out the parameter: it belongs to the board."""
    name = what.replace("/", ".")
    changes = [
        Change("remove", "sysctls", grant.text)
        for grant in case.service.sysctls
        if grant.name == name
    ]
    return compose_remedy(f"take out {name} and set it on the board", *changes) if changes else None


def install_gpu(case: Case, what: str) -> Remedy:
    """The hook that gives GPUs."""
    del case, what
    return board_remedy(
        "sudo apt-get install nvidia-container-toolkit && sudo systemctl restart docker"
    )


def load_profile(case: Case, what: str) -> Remedy | None:
    """The profile has to be loaded on the board."""
    names = [grant.value for grant in case.service.security_opts if grant.option == "apparmor"]
    name = what or next(iter(names), "")
    return board_remedy(f"sudo apparmor_parser -r /etc/apparmor.d/{name}") if name else None


def table(*rows: tuple[str, Rule, str, Fix]) -> tuple[Words, ...]:
    """The rows with their patterns compiled."""
    return tuple(
        Words(re.compile(pattern, re.IGNORECASE), rule, text, fix)
        for pattern, rule, text, fix in rows
    )


# The first row that fits counts, so the more exact ones stand above.
TABLE: Final = table(
    (
        r'exec format error|exec:? "?/\.hwaccess',
        rules.CANNOT_EXECUTE,
        "the agent cannot be started in the container",
        nothing,
    ),
    (
        r'adding custom device "([^"]+)": not a device node|(\S+): not a device node',
        rules.NOT_A_NODE,
        "the container does not start: {what} is under devices and is no device node",
        move_to_volumes,
    ),
    (
        r'adding custom device "([^"]+)"',
        rules.MISSING_NODE,
        "the container does not start: the board has no {what}",
        add_node,
    ),
    (
        r"stat (/dev/\S+): no such file or directory",
        rules.MISSING_NODE,
        "the container does not start: the board has no {what}",
        add_node,
    ),
    (
        r"unable to find group ([^:]+): no matching",
        rules.UNKNOWN_GROUP,
        "the container does not start: its image knows no group {what}",
        number_for_group,
    ),
    (
        r"unable to find user ([^:]+): (?:no matching|invalid)",
        rules.UNKNOWN_USER,
        "the container does not start: its image knows no user {what}",
        number_for_user,
    ),
    (
        r"privileged mode is incompatible with user namespaces",
        rules.USER_NAMESPACE,
        "the container does not start: privileged does not go with the engine's user namespaces",
        leave_user_namespace,
    ),
    (
        r"cannot share the host'?s? (\w+) namespace when user namespaces are enabled",
        rules.USER_NAMESPACE,
        (
            "the container does not start: "
            "the host's {what} namespace does not go with the engine's user namespaces"
        ),
        leave_user_namespace,
    ),
    (
        r'(?:unknown runtime specified|unknown or invalid runtime name:) "?([\w.-]+)',
        rules.UNKNOWN_RUNTIME,
        "the container does not start: the engine has no runtime {what}",
        nothing,
    ),
    (
        (
            r"CDI device injection failed|unresolvable CDI device|"
            r'could not select device driver "cdi"|cdi.*not enabled'
        ),
        rules.UNKNOWN_CDI,
        "the container does not start: the engine cannot resolve a CDI device",
        nothing,
    ),
    (
        r'could not select device driver "([^"]*)"|nvidia-container-cli',
        rules.NO_DEVICE_DRIVER,
        "the container does not start: the engine has nothing that gives it a GPU",
        install_gpu,
    ),
    (
        r"bind source path does not exist: (\S+)|statfs ([^:]+): no such file",
        rules.MISSING_SOURCE,
        "the container does not start: the board has no {what}",
        make_path,
    ),
    (
        r"path (\S+) is mounted on \S+ but it is not a shared(?: or slave)? mount",
        rules.MOUNT_FAILED,
        "the container does not start: the board's mount of {what} cannot pass mounts on",
        nothing,
    ),
    (
        (
            r"sysctl [\"']?([\w./-]+)(?:=\w*)?[\"']? (?:is )?not (?:allowed|in a)|"
            r"open /proc/sys/(\S+): no such file"
        ),
        rules.SYSCTL,
        "the container does not start: the kernel parameter {what} cannot be set for it",
        drop_sysctl,
    ),
    (
        r'unknown capability:? "?(\w+)|invalid capability "?(\w+)',
        rules.UNKNOWN_CAPABILITY,
        "the container does not start: the engine knows no capability {what}",
        drop_capability,
    ),
    (
        r"unable to apply (?:caps|bounding set)|unable to set capability",
        rules.CAPABILITY_NOT_HELD,
        "the container does not start: the engine does not hold a capability that the service adds",
        nothing,
    ),
    (
        (
            r"valid action for seccomp|seccomp profile|loading seccomp|"
            r"seccomp (?:is )?not|init seccomp"
        ),
        rules.SECCOMP_PROFILE,
        "the container does not start: its seccomp profile cannot be applied",
        nothing,
    ),
    (
        r"apparmor|invalid label|selinux|writing.*attr/(?:exec|keycreate)",
        rules.LSM_PROFILE,
        "the container does not start: its AppArmor profile or SELinux label cannot be applied",
        load_profile,
    ),
    (
        (
            r"conflicting options|no such container|network \S+ not found|"
            r"joining network|invalid \w+ mode"
        ),
        rules.NAMESPACE,
        "the container does not start: its namespaces cannot be set up as asked",
        nothing,
    ),
    (
        (
            r"cgroup-parent|cgroup (?:config|mount)|bpf_prog_|devices\.(?:allow|deny)|"
            r"cgroup.*(?:permitted|denied|no such)"
        ),
        rules.CGROUP,
        "the container does not start: its cgroup cannot be set up",
        nothing,
    ),
    (
        (
            r"invalid --security-opt|must be absolute|absolute path|invalid characters|"
            r"bad mode|invalid mount config"
        ),
        rules.INVALID_VALUE,
        "the container does not start: the engine does not take a value of the service",
        nothing,
    ),
    (
        r'error mounting "([^"]+)"|not a directory',
        rules.MOUNT_FAILED,
        "the container does not start: a mount cannot be made",
        nothing,
    ),
)
LOOKED_UP_IN_IMAGE: Final = (rules.UNKNOWN_GROUP, rules.UNKNOWN_USER)
