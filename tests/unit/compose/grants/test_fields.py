"""Fields of a service: what each spelling becomes, what is found, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typed import one, project, rules

from hwaccess.compose.grants import rules as grant_rules
from hwaccess.errors import ComposeError
from hwaccess.grants import NamespaceKind
from hwaccess.model import Rule
from hwaccess.words import Place, Severity

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("item", "host", "container", "permissions"),
    [
        ("/dev/i2c-1", "/dev/i2c-1", "/dev/i2c-1", "rwm"),
        ("/dev/i2c-1:/dev/i2c-7", "/dev/i2c-1", "/dev/i2c-7", "rwm"),
        ("/dev/mem:/dev/mem:r", "/dev/mem", "/dev/mem", "r"),
        ("/dev/mem::rw", "/dev/mem", "/dev/mem", "rw"),
        ("/dev/bus/usb", "/dev/bus/usb", "/dev/bus/usb", "rwm"),
        (
            "/dev/serial/by-id/usb-FTDI-if00:/dev/gps",
            "/dev/serial/by-id/usb-FTDI-if00",
            "/dev/gps",
            "rwm",
        ),
        ("{source: /dev/spidev0.0}", "/dev/spidev0.0", "/dev/spidev0.0", "rwm"),
        (
            "{source: '/dev/iio:device0', target: /dev/iio0, permissions: rw}",
            "/dev/iio:device0",
            "/dev/iio0",
            "rw",
        ),
    ],
)
def test_devices(item: str, host: str, container: str, permissions: str) -> None:
    service, findings = one(f"devices:\n  - {item}")
    (device,) = service.devices
    assert (device.host, device.container, device.permissions, device.cdi) == (
        host,
        container,
        permissions,
        False,
    )
    assert device.field == "devices"
    assert device.place == Place("compose.yml", 4, 9)
    assert findings == ()


@pytest.mark.parametrize(
    "item", ["nvidia.com/gpu=all", "{source: vendor.com/class=0}", "vendor.com/class=name.1"]
)
def test_a_cdi_name_is_no_path(item: str) -> None:
    service, findings = one(f"devices:\n  - {item}")
    (device,) = service.devices
    assert (device.cdi, device.host, device.container) == (True, "", "")
    assert "=" in device.text
    assert findings == ()


BY_PATH = "/dev/serial/by-path/platform-fd5.pcie-pci-0000:01:00.0-usb-0:1.4:1.0-port0"


@pytest.mark.parametrize(
    ("item", "source", "target", "permissions"),
    [
        (BY_PATH, BY_PATH, BY_PATH, "rwm"),
        (f"{BY_PATH}:/dev/gps", BY_PATH, "/dev/gps", "rwm"),
        (f"{BY_PATH}:/dev/gps:rw", BY_PATH, "/dev/gps", "rw"),
        ("/sys/bus/iio/devices/iio::device0:rw", "/sys/bus/iio/devices/iio::device0", None, "rw"),
    ],
)
def test_too_many_colons_name_the_long_form(
    item: str, source: str, target: str | None, permissions: str
) -> None:
    service, findings = one(f"devices:\n  - {item}")
    assert service.devices == ()
    assert rules(findings) == [("HW020", Severity.ERROR)]
    expected = f"{{source: {source!r}, target: {(target or source)!r}, permissions: {permissions}}}"
    assert expected in str(findings[0].remedy)


@pytest.mark.parametrize(
    ("fields", "rule", "severity", "remedy"),
    [
        ("devices: ['/dev/i2c-1:rw']", "HW021", Severity.ERROR, '"/dev/i2c-1:/dev/i2c-1:rw"'),
        ("devices: ['/dev/iio:device0']", "HW021", Severity.ERROR, "source: '/dev/iio:device0'"),
        ("devices: ['/dev/iio:device0:rw']", "HW021", Severity.ERROR, "permissions: rw"),
        ("devices: ['i2c-1']", "HW021", Severity.ERROR, "/dev/i2c-1"),
        ("devices: [{source: /dev/a, target: b}]", "HW021", Severity.ERROR, "target: /dev/a"),
        ("devices: ['/dev/i2c-1:/dev/i2c-1:rx']", "HW022", Severity.ERROR, '"rw"'),
        ("devices: ['/dev/i2c-1:/dev/i2c-1:']", "HW022", Severity.ERROR, '"rwm"'),
        (
            "devices: ['/sys/class/gpio']",
            "HW023",
            Severity.WARNING,
            'volumes: ["/sys/class/gpio:/sys/class/gpio"]',
        ),
        ("device_cgroup_rules: ['c 89']", "HW024", Severity.ERROR, '"c 89:* rw"'),
        ("device_cgroup_rules: ['c  89:* rw']", "HW024", Severity.ERROR, '"c 89:* rw"'),
        ("device_cgroup_rules: ['x 89:* rw']", "HW024", Severity.ERROR, '"c 89:* rw"'),
        ("cap_add: [SYS_RAWI0]", "HW025", Severity.ERROR, "write SYS_RAWIO"),
        ("cap_add: [CAP_ALL]", "HW025", Severity.ERROR, "write ALL"),
        ("cap_drop: [net-admin]", "HW025", Severity.ERROR, "write NET_ADMIN"),
        ("cap_add: [nonsense]", "HW025", Severity.ERROR, "capabilities(7)"),
        ("security_opt: ['aparmor=unconfined']", "HW026", Severity.ERROR, "write apparmor"),
        (
            "security_opt: ['no-new-privileges=yes']",
            "HW026",
            Severity.ERROR,
            "no-new-privileges:true",
        ),
        (
            "security_opt: ['systempaths:unconfined']",
            "HW026",
            Severity.ERROR,
            "systempaths=unconfined",
        ),
        ("pid: hots", "HW027", Severity.ERROR, "host"),
        ("uts: private:x", "HW027", Severity.ERROR, "host"),
        ("ipc: container", "HW027", Severity.ERROR, "container:NAME"),
        ("volumes: ['/run/udev:/run/udev:readonly']", "HW028", Severity.WARNING, "use ro"),
        ("volumes: ['data:run']", "HW021", Severity.ERROR, "begin the path"),
        ("tmpfs: run", "HW021", Severity.ERROR, "begin the path"),
    ],
)
def test_findings(fields: str, rule: str, severity: Severity, remedy: str) -> None:
    _, (finding,) = one(fields)
    assert (finding.rule, finding.severity, finding.service) == (rule, severity, "app")
    assert finding.place is not None
    assert finding.place.line == 3
    assert remedy in str(finding.remedy)


def test_a_refused_device_stays_as_written_for_the_engine_to_refuse() -> None:
    service, _ = one("devices: ['/dev/a:/dev/a:x', '/dev/b:rw']\ncap_add: [nonsense]")
    assert [(device.container, device.permissions) for device in service.devices] == [
        ("/dev/a", "x"),
        ("/rw", "rwm"),
    ]
    assert [capability.name for capability in service.capabilities] == ["NONSENSE"]


@pytest.mark.parametrize(
    ("rule", "typed"),
    [
        ("c 89:* rw", ("c", 89, None, "rw")),
        ("c 89:* rmw", ("c", 89, None, "rmw")),
        ("b 8:1 r", ("b", 8, 1, "r")),
        ("a *:* rwm", ("a", None, None, "rwm")),
    ],
)
def test_device_cgroup_rules(rule: str, typed: tuple[str, int | None, int | None, str]) -> None:
    service, findings = one(f"device_cgroup_rules:\n  - {rule}")
    (grant,) = service.cgroup_rules
    assert (grant.type, grant.major, grant.minor, grant.permissions) == typed
    assert findings == ()


def test_capabilities_are_upper_case_without_prefix() -> None:
    service, findings = one("cap_add: [SYS_RAWIO, cap_sys_module, all]\ncap_drop: [CAP_MKNOD]")
    assert [(capability.name, capability.add) for capability in service.capabilities] == [
        ("SYS_RAWIO", True),
        ("SYS_MODULE", True),
        ("ALL", True),
        ("MKNOD", False),
    ]
    assert service.capabilities[1].text == "cap_sys_module"
    assert findings == ()


@pytest.mark.parametrize(
    ("item", "option", "value"),
    [
        ("seccomp=unconfined", "seccomp", "unconfined"),
        ("seccomp:unconfined", "seccomp", "unconfined"),
        ("apparmor=docker-default", "apparmor", "docker-default"),
        ("label=type:container_device_t", "label", "type:container_device_t"),
        ("label:disable", "label", "disable"),
        ("no-new-privileges", "no-new-privileges", ""),
        ("no-new-privileges:true", "no-new-privileges", "true"),
        ("systempaths=unconfined", "systempaths", "unconfined"),
    ],
)
def test_security_opts(item: str, option: str, value: str) -> None:
    service, findings = one(f"security_opt:\n  - {item}")
    (grant,) = service.security_opts
    assert (grant.option, grant.value, grant.profile) == (option, value, None)
    assert findings == ()


def test_a_seccomp_profile_is_read_beside_the_project(tmp_path: Path) -> None:
    directory = str(tmp_path)
    text = "services:\n  app:\n    security_opt: ['seccomp={}']\n"
    (tmp_path / "good.json").write_text('{"defaultAction": "SCMP_ACT_ALLOW"}', encoding="utf-8")
    (grant,) = project(text.format("good.json"), directory).services[0].security_opts
    assert grant.profile == '{"defaultAction": "SCMP_ACT_ALLOW"}'
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    with pytest.raises(ComposeError, match=r"compose.yml:3:20: .*bad.json is not JSON"):
        project(text.format("./bad.json"), directory)
    (tmp_path / "deep.json").write_text("[" * 200_000, encoding="utf-8")
    with pytest.raises(ComposeError, match=r"compose.yml:3:20: .*deep.json is not JSON"):
        project(text.format("deep.json"), directory)
    with pytest.raises(ComposeError, match=r"compose.yml:3:20: .*none.json is not there"):
        project(text.format("none.json"), directory)


def test_single_values_groups_namespaces_and_sysctls() -> None:
    service, findings = one("""\
image: debian:12
user: "1000:998"
privileged: "yes"
read_only: true
init: false
runtime: runc
cgroup_parent: hw.slice
hostname: sensor
working_dir: /app
group_add: [44, gpio]
network_mode: host
pid: service:app
ipc: shareable
uts: host
cgroup: private
userns_mode: host
sysctls: {net.core.somaxconn: 1024}
""")
    assert findings == ()
    assert (service.image, service.user, service.privileged) == ("debian:12", "1000:998", True)
    single = {grant.field: grant.value for grant in service.values}
    assert single == {
        "image": "debian:12",
        "user": "1000:998",
        "privileged": "true",
        "read_only": "true",
        "init": "false",
        "runtime": "runc",
        "cgroup_parent": "hw.slice",
        "hostname": "sensor",
        "working_dir": "/app",
    }
    assert [(group.group, group.gid) for group in service.groups] == [("44", 44), ("gpio", None)]
    assert {grant.kind: grant.mode for grant in service.namespaces} == {
        NamespaceKind.NETWORK: "host",
        NamespaceKind.PID: "service:app",
        NamespaceKind.IPC: "shareable",
        NamespaceKind.UTS: "host",
        NamespaceKind.CGROUP: "private",
        NamespaceKind.USER: "host",
    }
    assert [(grant.name, grant.value) for grant in service.sysctls] == [
        ("net.core.somaxconn", "1024")
    ]
    user = service.value("user")
    assert user is not None
    assert user.place == Place("compose.yml", 4, 11)


@pytest.mark.parametrize(
    ("fields", "requests"),
    [
        ("gpus: all", [("", -1, (), ("gpu",))]),
        ("gpus: [{driver: nvidia, count: 2}]", [("nvidia", 2, (), ("gpu",))]),
        (
            "gpus: [{device_ids: ['0', '3'], capabilities: [utility]}]",
            [("", 0, ("0", "3"), ("utility", "gpu"))],
        ),
        (
            "deploy: {resources: {reservations: {devices: [{capabilities: [tpu], count: all}]}}}",
            [("", -1, (), ("tpu",))],
        ),
        ("deploy: {resources: {limits: {cpus: '1'}}}", []),
    ],
)
def test_device_requests(fields: str, requests: list[tuple[object, ...]]) -> None:
    service, _ = one(fields)
    assert [
        (r.driver, r.count, r.device_ids, r.capabilities) for r in service.device_requests
    ] == requests


@pytest.mark.parametrize(
    "written",
    [
        "environment: {A: b, EMPTY: '', FLAG: true, N: 1.0, FROM_SHELL: , GONE: }",
        "environment: [A=b, EMPTY=, FLAG=true, N=1, FROM_SHELL, GONE]",
    ],
)
def test_environment(written: str) -> None:
    service, _ = one(written)
    assert {variable.name: variable.value for variable in service.environment} == {
        "A": "b",
        "EMPTY": "",
        "FLAG": "true",
        "N": "1",
        "FROM_SHELL": "7",
        "GONE": None,
    }


@pytest.mark.parametrize(
    ("written", "built"),
    [
        ("build: ./gpio", ("/srv/demo/gpio", "/srv/demo/gpio/Dockerfile", "", False, False)),
        (
            "build: {dockerfile: Dockerfile.pi}",
            ("/srv/demo", "/srv/demo/Dockerfile.pi", "", False, False),
        ),
        (
            "build: {context: x, target: t, privileged: true}",
            ("/srv/demo/x", "/srv/demo/x/Dockerfile", "t", False, True),
        ),
        (
            "build: {dockerfile_inline: FROM scratch}",
            ("/srv/demo", "/srv/demo/Dockerfile", "", True, False),
        ),
        (
            "build: https://example.com/a.git",
            ("https://example.com/a.git", "Dockerfile", "", False, False),
        ),
    ],
)
def test_build(written: str, built: tuple[object, ...]) -> None:
    build = one(written)[0].build
    assert build is not None
    assert (build.context, build.dockerfile, build.target, build.inline, build.privileged) == built


def test_an_empty_field_grants_nothing() -> None:
    service, findings = one(
        "devices:\ncap_add:\nvolumes:\nenvironment:\nlabels:\ntmpfs:\nbuild:\nuser:\nnetwork_mode:"
    )
    assert list(service.grants) == []
    assert service.build is None
    assert findings == ()


def test_the_guide_s_gpio_service() -> None:
    service, findings = one("""\
build: ./gpio
devices:
  - "/dev/i2c-1:/dev/i2c-1"
  - "/dev/mem:/dev/mem"
cap_add:
  - SYS_RAWIO
""")
    assert [(device.host, device.container) for device in service.devices] == [
        ("/dev/i2c-1", "/dev/i2c-1"),
        ("/dev/mem", "/dev/mem"),
    ]
    assert service.adds_capability("SYS_RAWIO") is not None
    assert findings == ()


def test_the_guide_s_three_services_have_no_grants() -> None:
    loaded = project("""\
version: '2'
services:
  frontend: {build: ./frontend, expose: ["80"]}
  proxy: {build: ./haproxy, depends_on: [frontend, data], ports: ["80:80"]}
  data: {build: ./data, expose: ["8080"]}
""")
    assert [service.name for service in loaded.services] == ["frontend", "proxy", "data"]
    assert [list(service.grants) for service in loaded.services] == [[], [], []]
    assert loaded.findings == ()


def test_every_rule_is_listed_once_in_its_range() -> None:
    ids = [rule.id for rule in grant_rules.RULES]
    assert ids == sorted(set(ids))
    assert set(ids) == {rule.id for rule in vars(grant_rules).values() if isinstance(rule, Rule)}
    assert ids[0] == "HW020"
    assert ids[-1] <= "HW049"
