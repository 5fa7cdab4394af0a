"""Confinement: as declared passes, and every difference has a rule of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cases
import pytest
import recorded

from hwaccess.access import confinement
from hwaccess.access.confinement import rules as differ
from hwaccess.diagnose import declared
from hwaccess.facts import CAPABILITIES
from hwaccess.grants import NamespaceGrant, NamespaceKind, SecurityOptGrant, Service, ValueGrant
from hwaccess.model import Case, Outcome

ALL = (1 << len(CAPABILITIES)) - 1
PODMAN = replace(cases.ROOT, effective=declared.PODMAN_DEFAULT, bounding=declared.PODMAN_DEFAULT)
FULL = replace(cases.ROOT, effective=ALL, bounding=ALL, seccomp=0)
BOARD = replace(cases.BOARD, security_options=("seccomp",))
APPARMOR = replace(BOARD, security_options=("apparmor", "seccomp"))
SELINUX = replace(BOARD, security_options=("selinux", "seccomp"))
REMAPPED_BOARD = replace(BOARD, security_options=("seccomp", "userns"), daemon_user_namespace=True)
RW = {"point": "/", "root": "/", "fstype": "overlay", "options": ["rw"], "own": True}
RO = RW | {"options": ["ro"]}
PROC_SYS = {"point": "/proc/sys", "root": "/sys", "fstype": "proc", "options": ["ro"], "own": True}
OPEN_PROC = {"point": "/proc", "root": "/", "fstype": "proc", "options": ["rw"], "own": False}
SYS_RW = {"point": "/sys", "root": "/", "fstype": "sysfs", "options": ["rw"], "own": True}
FIRMWARE = {
    "point": "/sys/firmware",
    "root": "/",
    "fstype": "tmpfs",
    "options": ["ro"],
    "own": True,
}


def option(text: str) -> SecurityOptGrant:
    """A line of security_opt."""
    name, _, value = text.partition("=" if "=" in text else ":")
    return SecurityOptGrant(
        field="security_opt", text=text, place=cases.PLACE, option=name, value=value
    )


def value(field: str, text: str) -> ValueGrant:
    """A field of one value."""
    return ValueGrant(field=field, text=text, place=cases.PLACE, value=text)


def service(*grants: Any, privileged: bool = False) -> Service:
    """A service with these grants, security options and namespaces among them."""
    options = tuple(grant for grant in grants if isinstance(grant, SecurityOptGrant))
    spaces = tuple(grant for grant in grants if isinstance(grant, NamespaceGrant))
    return replace(
        cases.service(*grants, privileged=privileged), security_opts=options, namespaces=spaces
    )


def userns(mode: str) -> NamespaceGrant:
    """userns_mode."""
    return NamespaceGrant(
        field="userns_mode", text=mode, place=cases.PLACE, kind=NamespaceKind.USER, mode=mode
    )


def seen(of: Service, who: Any = cases.ROOT, board: Any = BOARD, **mounts: Any) -> Case:
    """A container with that confinement; mounts by path, given with "_" for "/"."""
    paths = {"/" + name.strip("_").replace("_", "/"): mount for name, mount in mounts.items()}
    return cases.case(
        {"mounts": paths}, of=of, confinement=who, board=board, access="confinement", target=""
    )


def caps(mask: int, who: Any = cases.ROOT) -> Any:
    """Root with that set, in effect and in the bounding set."""
    return replace(who, effective=mask, permitted=mask, bounding=mask)


def here(name: str, of: Service) -> Case:
    """A recorded container, held against a service."""
    return recorded.case(name, "confinement", of=of)


PLAIN = service()
DEFAULT = cases.DEFAULT_CAPABILITIES
RAWIO = 1 << CAPABILITIES["SYS_RAWIO"]
DIFFERENT = [
    ("more", seen(PLAIN, caps(DEFAULT | RAWIO)), differ.CAPABILITY_MORE),
    ("more for a user", seen(PLAIN, replace(cases.USER, bounding=DEFAULT | RAWIO)),
     differ.CAPABILITY_MORE),
    ("drop did nothing", seen(service(cases.capability("ALL", add=False))), differ.CAPABILITY_MORE),
    ("add did nothing", seen(service(cases.capability("SYS_RAWIO"))), differ.CAPABILITY_LESS),
    ("outer", seen(service(privileged=True), caps(ALL & ~(1 << 24), FULL)), differ.CAPABILITY_LESS),
    ("given away", seen(PLAIN, replace(cases.ROOT, effective=1)), differ.CAPABILITY_LESS),
    ("a new one was named", seen(service(cases.capability("PERFMON"))), differ.CAPABILITY_LESS),
    ("no filter", seen(PLAIN, replace(cases.ROOT, seccomp=0)), differ.SECCOMP_FILTER),
    (
        "no filter although a profile is named",
        seen(service(option("seccomp=x.json")), replace(cases.ROOT, seccomp=0), cases.BOARD),
        differ.SECCOMP_FILTER,
    ),
    ("outer filter", seen(service(option("seccomp=unconfined"))), differ.SECCOMP_FILTER),
    ("outer filter, privileged", seen(service(privileged=True), replace(FULL, seccomp=2)),
     differ.SECCOMP_FILTER),
    ("nnp by default", seen(PLAIN, replace(cases.ROOT, no_new_privileges=True)),
     differ.NO_NEW_PRIVILEGES),
    ("nnp not there", seen(service(option("no-new-privileges:true"))), differ.NO_NEW_PRIVILEGES),
    ("uid", seen(service(value("user", "1000"))), differ.USER),
    ("gid", seen(service(value("user", "0:44"))), differ.USER),
    ("root", seen(service(value("user", "root")), cases.USER), differ.USER),
    ("group", seen(service(cases.group("998"))), differ.GROUPS),
    ("outer user namespace", seen(PLAIN, cases.REMAPPED), differ.USER_NAMESPACE),
    ("host is not given", seen(service(userns("host")), cases.REMAPPED, REMAPPED_BOARD),
     differ.USER_NAMESPACE),
    ("root is read-only", seen(PLAIN, _=RO), differ.READ_ONLY),
    ("root is writable", seen(service(value("read_only", "true")), _=RW), differ.READ_ONLY),
    ("profile is ignored", seen(service(option("apparmor=mine"))), differ.LSM_LABEL),
    (
        "profile stays on",
        seen(service(option("apparmor=unconfined")),
             replace(cases.ROOT, lsm_label="docker-default (enforce)")),
        differ.LSM_LABEL,
    ),
    ("AppArmor is off", seen(PLAIN, replace(cases.ROOT, lsm_label="unconfined"), APPARMOR),
     differ.LSM_LABEL),
    (
        "SELinux is off",
        seen(PLAIN, replace(cases.ROOT, lsm_label="system_u:system_r:spc_t:s0"), SELINUX),
        differ.LSM_LABEL,
    ),
    ("open /proc/sys", seen(PLAIN, proc_sys=OPEN_PROC), differ.PATHS),
    ("writable /sys", seen(PLAIN, sys=SYS_RW), differ.PATHS),
    ("open /sys/firmware", seen(PLAIN, sys_firmware=SYS_RW | {"own": False}), differ.PATHS),
    ("still masked", seen(service(option("systempaths=unconfined")), sys_firmware=FIRMWARE),
     differ.PATHS),
    ("still masked, privileged", seen(service(privileged=True), FULL, sys_firmware=FIRMWARE),
     differ.PATHS),
    ("apparmor on a board without", here("default", service(option("apparmor=x"))),
     differ.LSM_LABEL),
    ("named for a user", seen(service(cases.capability("SYS_RAWIO")), cases.USER),
     differ.CAPABILITY_LESS),
    ("not what was declared", here("rawio", PLAIN), differ.CAPABILITY_MORE),
    ("unconfined and not declared", here("unconfined", PLAIN), differ.SECCOMP_FILTER),
]  # fmt: skip
AS_DECLARED = [
    ("Docker", seen(PLAIN, _=RW, sys=RO, proc_sys=PROC_SYS, sys_firmware=FIRMWARE)),
    ("Podman", seen(PLAIN, PODMAN)),
    ("a user", seen(service(value("user", "1000:1000")), cases.USER)),
    ("a user by name", seen(service(value("user", "app")), cases.USER)),
    ("a group by number", seen(service(cases.group("998")), replace(cases.ROOT, groups=(0, 998)))),
    ("a group by name", seen(service(cases.group("i2c")))),
    ("added", seen(service(cases.capability("SYS_RAWIO")), caps(DEFAULT | RAWIO))),
    ("dropped", seen(service(cases.capability("MKNOD", add=False)), caps(DEFAULT & ~(1 << 27)))),
    (
        "all dropped, one added",
        seen(
            service(cases.capability("ALL", add=False), cases.capability("SYS_RAWIO")), caps(RAWIO)
        ),
    ),
    (
        "all added, one dropped",
        seen(
            service(cases.capability("ALL"), cases.capability("SYS_RAWIO", add=False)),
            caps(ALL & ~RAWIO),
        ),
    ),
    ("privileged", seen(service(privileged=True), FULL, sys=SYS_RW, proc_sys=OPEN_PROC)),
    (
        "cap_drop beside privileged",
        seen(service(cases.capability("CHOWN", add=False), privileged=True), FULL),
    ),
    ("an engine before Linux 5.8", seen(service(privileged=True), caps(declared.OLD, FULL))),
    ("an engine without seccomp", seen(PLAIN, replace(cases.ROOT, seccomp=0), cases.BOARD)),
    ("seccomp is off", seen(service(option("seccomp=unconfined")), replace(cases.ROOT, seccomp=0))),
    ("privileged with a profile", seen(service(option("seccomp=x.json"), privileged=True), FULL)),
    (
        "nnp",
        seen(service(option("no-new-privileges")), replace(cases.ROOT, no_new_privileges=True)),
    ),
    ("nnp is false", seen(service(option("no-new-privileges:false")))),
    ("userns-remap", seen(PLAIN, cases.REMAPPED, REMAPPED_BOARD)),
    ("keep-id", seen(service(userns("keep-id")), cases.REMAPPED)),
    ("read-only", seen(service(value("read_only", "true")), _=RO)),
    (
        "AppArmor by default",
        seen(PLAIN, replace(cases.ROOT, lsm_label="docker-default (enforce)"), APPARMOR),
    ),
    (
        "a profile",
        seen(
            service(option("apparmor=mine")),
            replace(cases.ROOT, lsm_label="mine (complain)"),
            APPARMOR,
        ),
    ),
    (
        "a type",
        seen(
            service(option("label=type:mine_t")),
            replace(cases.ROOT, lsm_label="system_u:system_r:mine_t:s0:c1,c2"),
            SELINUX,
        ),
    ),
    ("a level", seen(service(option("label=level:s0:c1")), cases.ROOT, SELINUX)),
    (
        "SELinux is off for it",
        seen(
            service(option("label=disable")), replace(cases.ROOT, lsm_label="a:b:spc_t:s0"), SELINUX
        ),
    ),
    ("/sys is bound", seen(service(cases.bind("/sys")), sys=SYS_RW)),
    (
        "recorded privileged user",
        here("privileged_user", service(value("user", "1000"), privileged=True)),
    ),
    ("recorded default", here("default", PLAIN)),
    ("recorded module", here("module", service(cases.capability("SYS_MODULE")))),
    ("recorded bind of /sys", here("bound_sys", service(cases.bind("/sys")))),
    (
        "recorded user",
        here("rawio_user", service(cases.capability("SYS_RAWIO"), value("user", "1000:1000"))),
    ),
    (
        "recorded unconfined",
        here("unconfined", service(option("seccomp=unconfined"), option("systempaths=unconfined"))),
    ),
    (
        "recorded tight",
        here(
            "no_new_privileges",
            service(
                option("no-new-privileges"),
                value("read_only", "true"),
                cases.capability("ALL", add=False),
            ),
        ),
    ),
]


@pytest.mark.parametrize(
    ("case", "rule"), [row[1:] for row in DIFFERENT], ids=[row[0] for row in DIFFERENT]
)
def test_a_difference_has_its_rule(case: Case, rule: Any) -> None:
    verdict = confinement.judge(case)
    assert (verdict.rule, verdict.layer, verdict.outcome) == (rule.id, rule.layer, Outcome.BLOCKED)


@pytest.mark.parametrize(
    "case", [row[1] for row in AS_DECLARED], ids=[row[0] for row in AS_DECLARED]
)
def test_as_declared_passes(case: Case) -> None:
    verdict = confinement.judge(case)
    assert (verdict.outcome, verdict.rule) == (Outcome.REACHABLE, ""), verdict


def test_every_rule_is_in_the_table() -> None:
    assert {row[2].id for row in DIFFERENT} == {rule.id for rule in confinement.RULES}


def test_every_difference_is_told() -> None:
    who = replace(caps(DEFAULT | RAWIO), seccomp=0)
    verdict = confinement.judge(seen(PLAIN, who))
    assert verdict.summary == "capabilities that were not declared: SYS_RAWIO (and 1 more)"
    assert verdict.evidence[-1].startswith("also: no seccomp filter")


def test_what_the_engine_explains_is_said() -> None:
    assert any("Podman" in line for line in confinement.judge(seen(PLAIN, PODMAN)).evidence)
    remapped = confinement.judge(seen(PLAIN, cases.REMAPPED, REMAPPED_BOARD))
    assert "the engine runs its containers in a user namespace" in remapped.evidence


def test_it_is_always_wanted() -> None:
    (want,) = confinement.wanted(PLAIN, BOARD)
    assert (want.target, want.grants) == ("", ())
