"""Refusals of the real engine, and what is made of its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cases import BOARD, capability, device, group
from engines import PLACE, named, run_of

from hwaccess import access
from hwaccess.diagnose.refusal import judge_refusal
from hwaccess.grants import (
    DeviceRequestGrant,
    MountGrant,
    NamespaceGrant,
    NamespaceKind,
    SecurityOptGrant,
    Service,
    SysctlGrant,
)
from hwaccess.model import Case, Check, Expect, ProbeIn
from hwaccess.words import Risk

if TYPE_CHECKING:
    from hwaccess.engine.docker_engine import DockerEngine

pytestmark = pytest.mark.docker


def mount(kind: Any, source: str, target: str, propagation: str = "") -> MountGrant:
    return MountGrant(
        field="volumes",
        text=target,
        place=PLACE,
        type=kind,
        source=source,
        target=target,
        propagation=propagation,
    )


def option(name: str, value: str, profile: str | None = None) -> SecurityOptGrant:
    return SecurityOptGrant(
        field="security_opt", text=name, place=PLACE, option=name, value=value, profile=profile
    )


def sysctl(name: str) -> SysctlGrant:
    return SysctlGrant(field="sysctls", text=f"{name}=1", place=PLACE, name=name, value="1")


HOST_NETWORK = NamespaceGrant(
    field="network_mode", text="host", place=PLACE, kind=NamespaceKind.NETWORK, mode="host"
)
HOST_UTS = NamespaceGrant(
    field="uts", text="host", place=PLACE, kind=NamespaceKind.UTS, mode="host"
)
GPU = DeviceRequestGrant(
    field="gpus",
    text="all",
    place=PLACE,
    driver="no-such-driver",
    count=-1,
    device_ids=(),
    capabilities=("gpu",),
)
BAD_PROFILE = '{"defaultAction": "BOGUS"}'

REFUSED: list[tuple[Service, str]] = [
    (named(devices=(device("/dev/no-such-node"),)), "HW050"),
    (named(devices=(device("/etc/passwd:/dev/x"),)), "HW051"),
    (named(groups=(group("i2c"),)), "HW052"),
    (named(values={"user": "pi"}), "HW053"),
    (named(values={"runtime": "no-such-runtime"}), "HW055"),
    (named(device_requests=(GPU,)), "HW056"),
    (named(mounts=(mount("bind", "/no/such/path", "/x"),)), "HW058"),
    (named(mounts=(mount("bind", "/etc", "/proc/self/x"),)), "HW059"),
    (named(mounts=(mount("bind", "/etc", "/etc/passwd"),)), "HW059"),
    (named(capabilities=(capability("BOGUS"),)), "HW060"),
    (named(security_opts=(option("seccomp", "f", BAD_PROFILE),)), "HW062"),
    (named(security_opts=(option("bogus", "1"),)), "HW064"),
    (named(mounts=(mount("volume", "", "relative"),)), "HW064"),
    (named(values={"working_dir": "relative"}), "HW064"),
    (named(sysctls=(sysctl("net.ipv4.no_such_name"),)), "HW065"),
    (named(sysctls=(sysctl("kernel.no_such_name"),)), "HW065"),
    (named(namespaces=(HOST_NETWORK,), sysctls=(sysctl("net.ipv4.ip_forward"),)), "HW065"),
    (named(namespaces=(HOST_UTS,), values={"hostname": "pi"}), "HW067"),
]


@pytest.mark.parametrize(
    ("service", "rule"), REFUSED, ids=[f"{row[1]}-{n}" for n, row in enumerate(REFUSED)]
)
def test_a_refusal_has_its_cause_and_leaves_nothing(
    code: DockerEngine, service: Service, rule: str
) -> None:
    run = code.run_service(run_of(service), "print(1)", 20)

    assert run.refusal is not None
    assert run.answer is None
    check = Check("app", "device", "/dev/x", Expect.REACH, Risk.OPEN)
    verdict = judge_refusal(
        Case(check, service, BOARD, ProbeIn.SERVICE_IMAGE, refusal=run.refusal), access.missing_node
    )
    assert verdict.rule == rule, run.refusal
