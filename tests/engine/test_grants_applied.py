"""Each grant as the process inside the container sees it: given, and given unchanged."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from engines import PLACE, PROJECT, SHOW, ask, named, run_of

from hwaccess.boards.local import peer_pid
from hwaccess.grants import (
    CapabilityGrant,
    CgroupRuleGrant,
    DeviceGrant,
    EnvironmentGrant,
    GroupGrant,
    MountGrant,
    NamedVolume,
    NamespaceGrant,
    NamespaceKind,
    SecurityOptGrant,
    SysctlGrant,
)

if TYPE_CHECKING:
    from docker import APIClient

    from hwaccess.engine.docker_engine import DockerEngine
    from hwaccess.grants import Service

pytestmark = pytest.mark.docker

NO_MKDIR = json.dumps(
    {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}],
    }
)


def capability(name: str, *, add: bool) -> CapabilityGrant:
    return CapabilityGrant(
        field="cap_add" if add else "cap_drop", text=name, place=PLACE, name=name, add=add
    )


def device(host: str, container: str, permissions: str) -> DeviceGrant:
    return DeviceGrant(
        field="devices",
        text=host,
        place=PLACE,
        host=host,
        container=container,
        permissions=permissions,
    )


def mount(
    kind: Any, source: str, target: str, *, read_only: bool = False, options: tuple[str, ...] = ()
) -> MountGrant:
    return MountGrant(
        field="volumes",
        text=target,
        place=PLACE,
        type=kind,
        source=source,
        target=target,
        read_only=read_only,
        options=options,
    )


def option(name: str, value: str, profile: str | None = None) -> SecurityOptGrant:
    return SecurityOptGrant(
        field="security_opt", text=name, place=PLACE, option=name, value=value, profile=profile
    )


def space(kind: NamespaceKind, mode: str) -> NamespaceGrant:
    return NamespaceGrant(field=kind.value, text=mode, place=PLACE, kind=kind, mode=mode)


def variable(name: str, value: str | None) -> EnvironmentGrant:
    return EnvironmentGrant(field="environment", text=name, place=PLACE, name=name, value=value)


RULE = CgroupRuleGrant(
    field="device_cgroup_rules",
    text="",
    place=PLACE,
    type="c",
    major=240,
    minor=None,
    permissions="rwm",
)
SYSCTL = SysctlGrant(field="sysctls", text="", place=PLACE, name="net.core.somaxconn", value="1234")
# A node that anybody may open without harm and that no container is given by itself.
PLAIN_NODE = next(
    path
    for path in ("/dev/fuse", "/dev/loop-control", "/dev/hwrng", "/dev/kvm")
    if Path(path).exists()
)
MAKE_AND_OPEN = (
    'tried(os.mknod, "/tmp/n", 0o20666, os.makedev(240, 0)), tried(os.open, "/tmp/n", 2)'
)

SEEN: list[tuple[str, Service, str, object]] = [
    (
        "plain",
        named(),
        '[has("CapBnd", 17), has("CapBnd", 13), field("Seccomp")]',
        [False, True, "2"],
    ),
    (
        "cap_add",
        named(capabilities=(capability("SYS_RAWIO", add=True),)),
        'has("CapEff", 17)',
        True,
    ),
    (
        "cap_drop",
        named(capabilities=(capability("NET_RAW", add=False),)),
        'has("CapBnd", 13)',
        False,
    ),
    (
        "user",
        named(values={"user": "1000:44"}),
        "[os.getuid(), os.getgid(), field('CapEff')]",
        [1000, 44, "0" * 16],
    ),
    (
        "group_add",
        named(groups=(GroupGrant(field="group_add", text="998", place=PLACE, group="998"),)),
        "998 in os.getgroups()",
        True,
    ),
    (
        "device permissions",
        named(devices=(device(PLAIN_NODE, "/dev/here", "r"),)),
        '[tried(os.open, "/dev/here", os.O_RDONLY), tried(os.open, "/dev/here", os.O_RDWR)]',
        ["ok", "EPERM"],
    ),
    ("no cgroup rule", named(), f"[{MAKE_AND_OPEN}]", ["ok", "EPERM"]),
    ("cgroup rule", named(cgroup_rules=(RULE,)), f"[{MAKE_AND_OPEN}]", ["ok", "ENXIO"]),
    ("read_only", named(values={"read_only": "true"}), 'tried(os.mkdir, "/x")', "EROFS"),
    ("not read_only", named(), 'tried(os.mkdir, "/x")', "ok"),
    ("init", named(values={"init": "true"}), "os.getpid() != 1", True),
    ("no init", named(), "os.getpid()", 1),
    ("hostname", named(values={"hostname": "pi"}), "os.uname().nodename", "pi"),
    ("working_dir", named(values={"working_dir": "/work/here"}), "os.getcwd()", "/work/here"),
    (
        "tmpfs",
        named(mounts=(mount("tmpfs", "", "/t", options=("size=64k",)),)),
        '"size=64k" in mount("/t")[3]',
        True,
    ),
    ("bind", named(mounts=(mount("bind", "/proc", "/p"),)), 'tried(os.stat, "/p/1")', "ok"),
    (
        "bind ro",
        named(mounts=(mount("bind", "/tmp", "/t", read_only=True),)),
        'tried(os.mkdir, "/t/x")',
        "EROFS",
    ),
    (
        "seccomp off",
        named(security_opts=(option("seccomp", "unconfined"),)),
        'field("Seccomp")',
        "0",
    ),
    (
        "seccomp profile",
        named(security_opts=(option("seccomp", "f", NO_MKDIR),)),
        'tried(os.mkdir, "/x")',
        "EIO",
    ),
    (
        "no-new-privileges",
        named(security_opts=(option("no-new-privileges", "true"),)),
        'field("NoNewPrivs")',
        "1",
    ),
    ("read-only paths", named(), 'mount("/proc/sys") is None', False),
    (
        "systempaths",
        named(security_opts=(option("systempaths", "unconfined"),)),
        'mount("/proc/sys") is None',
        True,
    ),
    (
        "sysctls",
        named(sysctls=(SYSCTL,)),
        'open("/proc/sys/net/core/somaxconn").read().strip()',
        "1234",
    ),
    (
        "network none",
        named(namespaces=(space(NamespaceKind.NETWORK, "none"),)),
        "len(socket.if_nameindex())",
        1,
    ),
    ("environment", named(environment=(variable("A", "b=c"),)), 'os.environ.get("A")', "b=c"),
    (
        "environment unset",
        named(environment=(variable("NOBODY_SETS", None),)),
        '"NOBODY_SETS" in os.environ',
        False,
    ),
    (
        "preload",
        named(environment=(variable("LD_PRELOAD", "/x.so"),)),
        '"LD_PRELOAD" in os.environ',
        False,
    ),
]


@pytest.mark.parametrize(
    ("service", "expression", "expected"), [row[1:] for row in SEEN], ids=[row[0] for row in SEEN]
)
def test_a_grant_is_given(
    code: DockerEngine, service: Service, expression: str, expected: object
) -> None:
    seen, _ = ask(code, service, expression)

    assert seen == expected


def test_privileged_is_given_or_the_engine_does_not_hold_what_it_would_give(
    code: DockerEngine,
) -> None:
    engine_process = Path(f"/proc/{peer_pid(code.endpoint.socket_path)}/status").read_text()
    bounding = int(re.findall(r"CapBnd:\s+(\w+)", engine_process)[0], 16)
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    holds_all = bounding == (1 << last + 1) - 1

    run = code.run_service(
        run_of(named(values={"privileged": "true"})), SHOW % 'has("CapEff", 21)', 20
    )

    assert (run.answer == b"true\n") is holds_all
    assert holds_all or (
        run.refusal is not None and "unable to apply caps" in run.refusal.engine_words
    )


@pytest.mark.parametrize("kind", ["network_mode", "pid", "ipc", "uts"])
def test_a_namespace_of_the_host_is_the_hosts(code: DockerEngine, kind: str) -> None:
    name = {"network_mode": "net"}.get(kind, kind)
    expression = f'[os.readlink("/proc/self/ns/{name}")]'

    own, _ = ask(code, named(), expression)
    hosts, answer = ask(code, named(namespaces=(space(NamespaceKind(kind), "host"),)), expression)

    assert own != hosts
    assert hosts == [str(Path(f"/proc/self/ns/{name}").readlink())]
    assert "network" not in " ".join(answer.substitutions) or kind != "network_mode"


def test_a_cgroup_namespace_is_given(code: DockerEngine) -> None:
    expression = 'os.readlink("/proc/self/ns/cgroup")'
    hosts, _ = ask(code, named(namespaces=(space(NamespaceKind.CGROUP, "host"),)), expression)
    private, _ = ask(code, named(namespaces=(space(NamespaceKind.CGROUP, "private"),)), expression)

    assert hosts == str(Path("/proc/self/ns/cgroup").readlink())
    assert private != hosts


def test_a_variable_without_a_value_comes_from_our_own_environment(
    code: DockerEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSED_ON", "from outside")

    seen, _ = ask(
        code, named(environment=(variable("PASSED_ON", None),)), 'os.environ["PASSED_ON"]'
    )

    assert seen == "from outside"


@pytest.mark.parametrize(("mode", "told"), [(None, 0), ("service:db", 1)])
def test_a_network_that_a_check_does_not_make_has_a_stand_in(
    code: DockerEngine, mode: str | None, told: int
) -> None:
    spaces = (space(NamespaceKind.NETWORK, mode),) if mode else ()

    seen, answer = ask(code, named(namespaces=spaces), "len(socket.if_nameindex()) > 1")

    assert seen is True
    assert (
        len([line for line in answer.substitutions if "default bridge stands in" in line]) == told
    )


def test_a_volume_that_is_there_is_read_only_and_stays_as_it_is(
    code: DockerEngine, client: APIClient
) -> None:
    name = f"hwaccess-test-data-{os.getpid()}"
    client.create_volume(name)
    volume = NamedVolume("data", "local", (), external=True, real_name=name, place=PLACE)
    try:
        seen, answer = ask(
            code,
            named(mounts=(mount("volume", "data", "/.hwaccess-data"),)),
            'tried(os.mkdir, "/.hwaccess-data/x")',
            (volume,),
        )
    finally:
        client.remove_volume(name)

    assert seen == "EROFS"
    assert any("read-only" in line for line in answer.substitutions)


def test_a_volume_that_is_not_there_is_not_made(code: DockerEngine, client: APIClient) -> None:
    before = {volume["Name"] for volume in client.volumes()["Volumes"]}

    seen, answer = ask(
        code, named(mounts=(mount("volume", "data", "/d"),)), 'tried(os.mkdir, "/d/x")'
    )

    assert seen == "ok"
    assert any("empty one stands in" in line for line in answer.substitutions)
    after = {volume["Name"] for volume in client.volumes()["Volumes"]}
    assert f"{PROJECT}_data" not in after
    assert not [name for name in after - before if len(name) == 64]  # the name of an anonymous one


def test_a_volume_that_binds_a_path_is_that_path(code: DockerEngine, tmp_path: Path) -> None:
    (tmp_path / "seen").touch()
    options = (("device", str(tmp_path)), ("o", "bind"), ("type", "none"))
    volume = NamedVolume(
        "data", "local", options, external=False, real_name="hwtest_data", place=PLACE
    )

    seen, _ = ask(
        code, named(mounts=(mount("volume", "data", "/d"),)), 'os.listdir("/d")', (volume,)
    )

    assert seen == ["seen"]


def test_a_missing_bind_source_is_refused_and_not_made(code: DockerEngine, tmp_path: Path) -> None:
    missing = tmp_path / "missing"

    answer = code.run_service(run_of(named(mounts=(mount("bind", str(missing), "/m"),))), "0", 10)

    assert answer.refusal is not None
    assert "does not exist" in answer.refusal.engine_words
    assert not missing.exists()


def test_a_skipped_mount_is_not_made(code: DockerEngine, tmp_path: Path) -> None:
    service = named(mounts=(mount("bind", str(tmp_path / "missing"), "/m"),))

    answer = code.run_service(run_of(service, skip_mounts=frozenset({0})), "print(1)", 10)

    assert answer.answer == b"1\n"
