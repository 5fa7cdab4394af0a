"""The create request of a service: its grants unchanged, and nothing that a check must not have."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cases import PLACE, device

from hwaccess.engine.base import ServiceRun
from hwaccess.engine.payload import Start, service_body
from hwaccess.grants import (
    CgroupRuleGrant,
    DeviceRequestGrant,
    LabelGrant,
    MountGrant,
    NamespaceGrant,
    NamespaceKind,
    SecurityOptGrant,
    Service,
    ValueGrant,
)

START = Start(
    "image:1",
    ("/.hwaccess/lib/loader", "agent.py"),
    "{}",
    {"io.hwaccess.run": "r"},
    volume="runtime",
)
EMPTY = Service("app", PLACE)


def body_of(
    service: Service, start: Start = START, **fields: Any
) -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]:
    """The request, its HostConfig, and the substitutions."""
    body, told = service_body(ServiceRun(service, "/p", "demo", **fields), start)
    host = body["HostConfig"]
    assert isinstance(host, dict)
    return body, host, told


def value(name: str, text: str) -> ValueGrant:
    return ValueGrant(field=name, text=text, place=PLACE, value=text)


def space(kind: NamespaceKind, mode: str) -> NamespaceGrant:
    return NamespaceGrant(field=kind.value, text=mode, place=PLACE, kind=kind, mode=mode)


def test_a_container_of_ours_has_no_port_no_name_no_health_check_and_no_label_of_the_service() -> (
    None
):
    service = replace(
        EMPTY,
        labels=(
            LabelGrant(field="labels", text="", place=PLACE, name="traefik.enable", value="1"),
        ),
    )

    body, host, _ = body_of(service)

    assert body["Labels"] == {"io.hwaccess.run": "r"}
    assert body["Healthcheck"] == {"Test": ["NONE"]}
    assert not body["Tty"]
    assert (host["AutoRemove"], host["RestartPolicy"], host["LogConfig"]) == (
        True,
        {"Name": "no"},
        {"Type": "none"},
    )
    assert not {"PortBindings", "PublishAllPorts", "Binds", "ExposedPorts", "NetworkingConfig"} & {
        *host,
        *body,
    }


def test_a_service_that_grants_nothing_leaves_the_engines_defaults() -> None:
    body, host, _ = body_of(EMPTY)

    assert not host["Privileged"]
    assert not {"User", "Hostname", "WorkingDir"} & set(body)
    assert not {
        "PidMode",
        "IpcMode",
        "UTSMode",
        "UsernsMode",
        "CgroupnsMode",
        "Init",
        "Runtime",
        "MaskedPaths",
    } & set(host)


def test_a_directory_device_and_a_cdi_name_go_where_each_belongs() -> None:
    cdi = replace(device("x"), text="vendor.com/gpu=all", host="", container="", cdi=True)

    _, host, _ = body_of(replace(EMPTY, devices=(device("/dev/snd", "rw"), cdi)))

    assert host["Devices"] == [
        {"PathOnHost": "/dev/snd", "PathInContainer": "/dev/snd", "CgroupPermissions": "rw"}
    ]
    assert host["DeviceRequests"] == [{"Driver": "cdi", "DeviceIDs": ["vendor.com/gpu=all"]}]


@pytest.mark.parametrize(("ids", "count"), [((), -1), (("0",), 0)])
def test_a_gpu_request_has_a_count_or_ids(ids: tuple[str, ...], count: int) -> None:
    grant = DeviceRequestGrant(
        field="gpus",
        text="",
        place=PLACE,
        driver="nvidia",
        count=-1,
        device_ids=ids,
        capabilities=("gpu",),
    )

    _, host, _ = body_of(replace(EMPTY, device_requests=(grant,)))

    assert host["DeviceRequests"][0]["Count"] == count
    assert host["DeviceRequests"][0]["Capabilities"] == [["gpu"]]


def test_a_cgroup_rule_of_a_label_is_put_together_from_its_parts() -> None:
    rule = CgroupRuleGrant(
        field="device_cgroup_rules",
        text="io.balena.x: 1",
        place=PLACE,
        type="c",
        major=89,
        minor=None,
        permissions="rw",
    )

    assert body_of(replace(EMPTY, cgroup_rules=(rule,)))[1]["DeviceCgroupRules"] == ["c 89:* rw"]


def test_a_seccomp_profile_travels_as_its_text_and_systempaths_as_two_empty_lists() -> None:
    options = (
        SecurityOptGrant(
            field="security_opt",
            text="",
            place=PLACE,
            option="seccomp",
            value="f.json",
            profile="{}",
        ),
        SecurityOptGrant(
            field="security_opt", text="", place=PLACE, option="systempaths", value="unconfined"
        ),
        SecurityOptGrant(
            field="security_opt", text="", place=PLACE, option="no-new-privileges", value=""
        ),
    )

    _, host, _ = body_of(replace(EMPTY, security_opts=options))

    assert host["SecurityOpt"] == ["seccomp={}", "no-new-privileges"]
    assert (host["MaskedPaths"], host["ReadonlyPaths"]) == ([], [])


@pytest.mark.parametrize("mode", ["host", "none", "bridge"])
def test_a_network_that_every_engine_has_is_kept(mode: str) -> None:
    _, host, told = body_of(replace(EMPTY, namespaces=(space(NamespaceKind.NETWORK, mode),)))

    assert (host["NetworkMode"], told) == (mode, ())


@pytest.mark.parametrize("mode", ["service:db", "container:x", "backend"])
def test_another_network_has_a_stand_in_that_is_told(mode: str) -> None:
    _, host, told = body_of(replace(EMPTY, namespaces=(space(NamespaceKind.NETWORK, mode),)))

    assert host["NetworkMode"] == "default"
    assert told == (f"{mode}: the engine's default bridge stands in for it",)


def test_another_containers_namespace_is_told_not_joined() -> None:
    _, host, told = body_of(replace(EMPTY, namespaces=(space(NamespaceKind.PID, "service:db"),)))

    assert "PidMode" not in host
    assert any(line.startswith("pid service:db") for line in told)


def test_an_engine_too_old_for_the_cgroup_namespace_is_not_asked() -> None:
    service = replace(EMPTY, namespaces=(space(NamespaceKind.CGROUP, "private"),))

    _, host, told = body_of(service, replace(START, api=(1, 40)))

    assert "CgroupnsMode" not in host
    assert any("too old" in line for line in told)
    assert body_of(service)[1]["CgroupnsMode"] == "private"


def test_binds_never_make_a_directory_on_the_board() -> None:
    grant = MountGrant(
        field="volumes",
        text="",
        place=PLACE,
        type="bind",
        source="/a",
        target="/b",
        propagation="rslave",
        options=("Z",),
    )

    _, host, told = body_of(replace(EMPTY, mounts=(grant,)))

    assert host["Mounts"][0] == {
        "Type": "bind", "Source": "/a", "Target": "/b", "ReadOnly": False,
        "BindOptions": {"Propagation": "rslave"},
    }  # fmt: skip
    assert any("SELinux" in line for line in told)


def test_the_runtime_is_mounted_read_only_into_a_service_image_only() -> None:
    _, with_volume, _ = body_of(EMPTY)
    _, without, _ = body_of(EMPTY, replace(START, volume=None))

    assert [(mount["Target"], mount["ReadOnly"]) for mount in with_volume["Mounts"]] == [
        ("/.hwaccess", True)
    ]
    assert without["Mounts"] == []


def test_a_long_request_goes_through_standard_input() -> None:
    body, _, _ = body_of(EMPTY, replace(START, request="x" * 200_000))

    assert (body["Cmd"], body["OpenStdin"], body["StdinOnce"]) == (["-"], True, True)


def test_values_that_the_service_sets_are_passed_on() -> None:
    values = (
        value("user", "1000:44"), value("hostname", "pi"), value("init", "true"),
        value("read_only", "false"), value("runtime", "runc"), value("cgroup_parent", "/x"),
    )  # fmt: skip

    body, host, _ = body_of(replace(EMPTY, values=values))

    assert (body["User"], body["Hostname"]) == ("1000:44", "pi")
    assert (host["Init"], host["ReadonlyRootfs"], host["Runtime"], host["CgroupParent"]) == (
        True,
        False,
        "runc",
        "/x",
    )
