"""Cases for judges, built by hand: what a container, its probe and its board would have said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hwaccess.facts import BoardFacts, BoardNode, Confinement, IdMap
from hwaccess.grants import (
    CapabilityGrant,
    CgroupRuleGrant,
    DeviceGrant,
    GroupGrant,
    MountGrant,
    Service,
    ValueGrant,
)
from hwaccess.model import Call, Case, Check, Expect, Observation, ProbeIn
from hwaccess.typed_json import JsonObject
from hwaccess.words import Place, Risk

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_CAPABILITIES = 0xA80425FB  # what an unprivileged container of Docker has
PLACE = Place("compose.yaml", 3, 7)
ROOT = Confinement(
    uid=0, euid=0, gid=0, egid=0, groups=(0,),
    effective=DEFAULT_CAPABILITIES, permitted=DEFAULT_CAPABILITIES, inheritable=0,
    bounding=DEFAULT_CAPABILITIES, ambient=0,
    seccomp=2, no_new_privileges=False,
    uid_map=(IdMap(0, 0, 4294967295),), gid_map=(IdMap(0, 0, 4294967295),),
    lsm_label="", namespaces=(("net", "net:[4026532000]"),),
    kernel="6.12.1", arch="aarch64",
)  # fmt: skip
USER = replace(
    ROOT, uid=1000, euid=1000, gid=1000, egid=1000, groups=(1000,), effective=0, permitted=0
)
REMAPPED = replace(ROOT, uid_map=(IdMap(0, 100000, 65536),), gid_map=(IdMap(0, 100000, 65536),))
I2C = BoardNode("/dev/i2c-1", "char", 89, 1, 0o660, 0, 998, "i2c")
BOARD = BoardFacts(
    complete=True, read_by="directly", name="pi", engine="Docker 27.0.1", engine_os="Debian 12",
    kernel="6.12.1", arch="aarch64", cgroup=2, nodes=(I2C,), char_majors=((1, "mem"), (89, "i2c")),
    groups=(("i2c", 998),),
)  # fmt: skip


def device(text: str, permissions: str = "rwm") -> DeviceGrant:
    """A `devices` line in its short form without permissions, which are given apart."""
    host, _, container = text.partition(":")
    return DeviceGrant(
        field="devices",
        text=text,
        place=PLACE,
        host=host,
        container=container or host,
        permissions=permissions,
    )


def cdi(name: str = "vendor.com/gpu=all") -> DeviceGrant:
    """A `devices` line that names a CDI device: no path, only the engine knows what it brings."""
    return DeviceGrant(field="devices", text=name, place=PLACE, host="", container="", cdi=True)


def bind(source: str, target: str | None = None) -> MountGrant:
    """A bind mount in its short form."""
    target = target or source
    return MountGrant(
        field="volumes",
        text=f"{source}:{target}",
        place=PLACE,
        type="bind",
        source=source,
        target=target,
    )


def rule(
    major: int | None, permissions: str = "rw", *, minor: int | None = None
) -> CgroupRuleGrant:
    """A line of device_cgroup_rules for character devices."""
    text = f"c {'*' if major is None else major}:{'*' if minor is None else minor} {permissions}"
    return CgroupRuleGrant(
        field="device_cgroup_rules",
        text=text,
        place=PLACE,
        type="c",
        major=major,
        minor=minor,
        permissions=permissions,
    )


def capability(name: str, *, add: bool = True) -> CapabilityGrant:
    """A line of cap_add or cap_drop."""
    return CapabilityGrant(
        field="cap_add" if add else "cap_drop", text=name, place=PLACE, name=name, add=add
    )


def group(name: str) -> GroupGrant:
    """A line of group_add."""
    return GroupGrant(field="group_add", text=name, place=PLACE, group=name)


def service(*grants: object, privileged: bool = False, name: str = "app") -> Service:
    """A service with these grants, sorted into its fields."""
    values = (
        (ValueGrant(field="privileged", text="true", place=PLACE, value="true"),)
        if privileged
        else ()
    )

    def of(kind: type) -> Any:
        return tuple(grant for grant in grants if isinstance(grant, kind))

    return Service(
        name=name,
        place=Place("compose.yaml", 2, 3),
        devices=of(DeviceGrant),
        cgroup_rules=of(CgroupRuleGrant),
        capabilities=of(CapabilityGrant),
        groups=of(GroupGrant),
        mounts=of(MountGrant),
        values=(*of(ValueGrant), *values),
    )


def node(path: str = "/dev/i2c-1", **facts: Any) -> dict[str, Any]:
    """What `calls.node_facts` says of a usual node of I2C; a fact given here replaces it."""
    usual: dict[str, Any] = {
        "path": path,
        "kind": "char",
        "major": 89,
        "minor": 1,
        "mode": 0o660,
        "uid": 0,
        "gid": 998,
        "access": "",
        "access_read": "",
        "driver": "i2c",
        "in_sysfs": True,
        "mount": mount("/dev"),
    }
    return usual | facts


def mount(point: str, *options: str, own: bool = False) -> dict[str, Any]:
    """What `calls.mount_of` says."""
    return {
        "point": point,
        "root": "/",
        "fstype": "tmpfs",
        "source": "tmpfs",
        "options": ["rw", *options],
        "own": own,
    }


def opens(path: str, errno: str | None, read_only: str | None = None) -> tuple[Call, ...]:
    """The calls of `calls.open_node`: the second open is made when the first one fails."""
    asked = Call("access", f'"{path}", R_OK|W_OK', errno if errno in ("EPERM", "EACCES") else None)
    first = Call("open", f'"{path}", O_RDWR', errno, "3")
    second = Call("open", f'"{path}", O_RDONLY', read_only, "3")
    return (asked, first, second) if errno else (asked, first)


def case(
    facts: dict[str, Any],
    calls: Iterable[Call] = (),
    *,
    of: Service | None = None,
    confinement: Confinement = ROOT,
    board: BoardFacts = BOARD,
    access: str = "device",
    target: str = "/dev/i2c-1",
) -> Case:
    """A case whose probe answered with these facts and calls."""
    check = Check("app", access, target, Expect.REACH, Risk.OPEN)
    seen = Observation(
        check.id, access, "done", "", tuple(calls), JsonObject(facts, f"probe {access}")
    )
    return Case(check, of or service(), board, ProbeIn.PROBE_IMAGE, seen, confinement)
