"""Judging the access `confinement`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hwaccess.access.confinement.rules import (
    CAPABILITY_LESS,
    CAPABILITY_MORE,
    GROUPS,
    LSM_LABEL,
    NO_NEW_PRIVILEGES,
    PATHS,
    READ_ONLY,
    SECCOMP_FILTER,
    USER,
    USER_NAMESPACE,
)
from hwaccess.agent.answer import build_mount
from hwaccess.diagnose.capability import confinement_of
from hwaccess.diagnose.declared import (
    EVERY,
    PODMAN_DEFAULT,
    confines,
    differences,
    is_on,
    label_words,
    named,
    names_of,
    option,
)
from hwaccess.diagnose.ladder import observation_of
from hwaccess.diagnose.verdicts import board_remedy, reached, stopped
from hwaccess.grants import NamespaceKind, inside
from hwaccess.model import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.facts import Confinement
    from hwaccess.grants import Service
    from hwaccess.model import Case, Rule, Verdict
MASKED: Final = ("/sys/firmware", "/proc/acpi", "/proc/kcore", "/proc/scsi")
READ_ONLY_PATHS: Final = ("/proc/sys", "/proc/sysrq-trigger")
DEFAULTS: Final = "compare the engine's own defaults: docker info; sudo cat /etc/docker/daemon.json"
WHERE_TO_LOOK: Final = {
    CAPABILITY_LESS.id: "see what the engine itself has: grep CapBnd /proc/$(pidof dockerd)/status",
    USER_NAMESPACE.id: "see whose namespace it is: cat /proc/$(pidof dockerd)/uid_map",
    LSM_LABEL.id: "see which security modules the board has: cat /sys/kernel/security/lsm",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as declared."""

    rule: Rule
    text: str


def judge(case: Case) -> Verdict:
    """As declared, or the first difference with all of them as evidence.

    More than declared comes first.
    """
    who = confinement_of(case)
    found = list(find_differences(case, who))
    if not found:
        return reached(
            "the container is confined as the compose file says", None, *describe(case, who)
        )
    first, *others = found
    evidence = (*describe(case, who), *(f"also: {item.text}" for item in others))
    more = f" (and {len(others)} more)" if others else ""
    remedy = board_remedy(WHERE_TO_LOOK.get(first.rule.id, DEFAULTS))
    return stopped(first.rule, first.text + more, evidence, remedy=remedy, outcome=Outcome.BLOCKED)


def find_differences(case: Case, who: Confinement) -> Iterator[Difference]:
    """Every difference."""
    yield from of_more_capabilities(case.service, who)
    yield from of_seccomp(case, who)
    yield from of_label(case, who)
    yield from of_paths(case)
    yield from of_user_namespace(case, who)
    yield from of_user(case.service, who)
    yield from of_no_new_privileges(case.service, who)
    yield from of_root(case)
    yield from of_fewer_capabilities(case.service, who)


def describe(case: Case, who: Confinement) -> Iterator[str]:
    """What was compared, and what the engine's own nature explains."""
    groups = " ".join(map(str, who.groups)) or "none"
    yield f"CapEff {who.effective:016x}, CapBnd {who.bounding:016x}"
    yield f"uid {who.euid}, gid {who.egid}, groups {groups}"
    label = who.lsm_label or "none"
    yield f"Seccomp {who.seccomp}, NoNewPrivs {int(who.no_new_privileges)}, LSM label {label}"
    if differences(case.service, who.bounding)[2] == PODMAN_DEFAULT:
        yield (
            "the engine's default capabilities are Podman's, "
            "which lack NET_RAW, MKNOD and AUDIT_WRITE"
        )
    if not who.initial_user_namespace and case.board.daemon_user_namespace:
        yield "the engine runs its containers in a user namespace"
    if not who.seccomp and "seccomp" not in case.board.security_options:
        yield "the engine has no seccomp"


def of_more_capabilities(service: Service, who: Confinement) -> Iterator[Difference]:
    """Capabilities in the bounding set that nothing of the service gives."""
    more = names_of(differences(service, who.bounding)[0])
    if more:
        yield Difference(CAPABILITY_MORE, f"capabilities that were not declared: {', '.join(more)}")


def of_fewer_capabilities(service: Service, who: Confinement) -> Iterator[Difference]:
    """Capabilities that the service declares and that the container lacks.

    The bounding set lacks them, or a process of root does not have them in effect.
    Another user has none in effect, so to it `privileged` and ALL only mean what the engine itself
    holds.
    """
    lacks = differences(service, who.bounding)[1]
    if who.euid == 0:
        lacks |= who.bounding & ~who.effective & EVERY
    else:
        lacks &= named(service)
    if lacks:
        yield Difference(
            CAPABILITY_LESS,
            f"capabilities that are declared and not there: {', '.join(names_of(lacks))}",
        )


def of_seccomp(case: Case, who: Confinement) -> Iterator[Difference]:
    """A filter where none is declared, or none where the engine's own or a named one is due."""
    profile = option(case.service, "seccomp")
    if case.service.privileged and profile is not None and profile.value != "unconfined":
        return  # engines differ in which of the two wins
    off = profile.value == "unconfined" if profile else case.service.privileged
    has_default = profile is not None or "seccomp" in case.board.security_options
    if off and who.seccomp:
        yield Difference(
            SECCOMP_FILTER, "seccomp is turned off in the compose file, and a filter is on"
        )
    if not off and not who.seccomp and has_default:
        what = profile.text if profile else "the engine's own profile"
        yield Difference(SECCOMP_FILTER, f"no seccomp filter is on, where {what} is due")


def of_no_new_privileges(service: Service, who: Confinement) -> Iterator[Difference]:
    """The bit is set and was not asked for, or the other way round."""
    asked = is_on(option(service, "no-new-privileges"))
    if asked != who.no_new_privileges:
        seen = "set" if who.no_new_privileges else "not set"
        yield Difference(
            NO_NEW_PRIVILEGES, f"no-new-privileges is {seen}, which is not as declared"
        )


def number(text: str) -> int | None:
    """A uid or gid as text.

    None for a name, which the image translates. root is 0 in every image.
    """
    if text == "root":
        return 0
    return int(text) if text.isascii() and text.isdigit() else None


def of_user(service: Service, who: Confinement) -> Iterator[Difference]:
    """The uid and gid that `user` gives as numbers, and the numbers of `group_add`."""
    user, _, group = service.user.partition(":")
    uid, gid = number(user), number(group)
    if uid is not None and uid != who.euid:
        yield Difference(
            USER, f"user: {service.user} is declared, and the process has uid {who.euid}"
        )
    if gid is not None and gid != who.egid:
        yield Difference(
            USER, f"user: {service.user} is declared, and the process has gid {who.egid}"
        )
    for grant in service.groups:
        if grant.gid is not None and grant.gid not in (*who.groups, who.egid):
            yield Difference(
                GROUPS, f"group_add {grant.group} is declared, and the process is not in it"
            )


def of_user_namespace(case: Case, who: Confinement) -> Iterator[Difference]:
    """A user namespace that nothing explains, or `host` that was not given.

    Neither the service nor the engine's configuration explains it.
    """
    if who.initial_user_namespace:
        return
    grant = case.service.namespace(NamespaceKind.USER)
    if grant is not None and grant.mode == "host":
        yield Difference(
            USER_NAMESPACE, "userns_mode: host is declared, and the process is in a user namespace"
        )
    elif grant is None and not case.board.daemon_user_namespace:
        yield Difference(USER_NAMESPACE, "the process is in a user namespace that nobody declared")


def of_root(case: Case) -> Iterator[Difference]:
    """`read_only` against the mount of the root."""
    root = observation_of(case).facts.table("mounts").table("/")
    if not root.keys():
        return
    grant = case.service.value("read_only")
    declared, real = grant is not None and grant.on, "ro" in root.texts("options")
    if declared != real:
        word = "read-only" if real else "writable"
        yield Difference(READ_ONLY, f"the root file system is {word}, which is not as declared")


def of_label(case: Case, who: Confinement) -> Iterator[Difference]:
    """The label of AppArmor or SELinux against `security_opt` and the engine's default."""
    service, label = case.service, who.lsm_label
    words, confined = label_words(label), confines(label)
    for opt in (option(service, "apparmor"), option(service, "label")):
        if opt is None:
            continue
        free = opt.value in ("unconfined", "disable")
        name = opt.value.removeprefix("type:")
        if confined if free else name not in words and ":" not in name:
            yield Difference(
                LSM_LABEL,
                f"{opt.text} is declared, and the process has the label {label or 'none'}",
            )
        return
    engine = next(
        (lsm for lsm in ("apparmor", "selinux") if lsm in case.board.security_options), None
    )
    if engine and not confined and not service.privileged:
        yield Difference(
            LSM_LABEL, f"the engine uses {engine}, and the process has the label {label or 'none'}"
        )


def of_paths(case: Case) -> Iterator[Difference]:
    """The paths that an engine masks or makes read-only.

    Those that the service opens or mounts over are left out.
    """
    service = case.service
    opened = service.privileged or option(service, "systempaths") is not None
    due = dict.fromkeys((*MASKED, *READ_ONLY_PATHS), not opened) | {"/sys": not service.privileged}
    mounts = observation_of(case).facts.table("mounts")
    for path, locked in due.items():
        mount = build_mount(mounts.table(path))
        own = any(inside(grant.target, path) for grant in service.mounts)
        if mount is None or own:
            continue
        real = mount.own if path in MASKED else "ro" in mount.options
        if real != locked:
            closed = "masked" if path in MASKED else "read-only"
            word = closed if real else "open"
            yield Difference(PATHS, f"{path} is {word}, which is not as declared")
