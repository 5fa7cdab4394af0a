"""Feature labels: which values count, what each gives, what is said if one gives nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hwaccess.compose.grants.labels import FEATURES, expand_labels, label_findings
from hwaccess.words import Finding, Severity
from tests.unit.compose.grants.conftest import one, project

if TYPE_CHECKING:
    from pathlib import Path

    from hwaccess.grants import Service

ADDRESS = "DBUS_SYSTEM_BUS_ADDRESS: unix:path=/host/run/dbus/system_bus_socket"


def labelled(base: Path, *labels: str) -> tuple[Service, tuple[Finding, ...]]:
    lines = "\n".join(f"  {label}" for label in labels)
    return one(base, f"environment: {{{ADDRESS}}}\ncap_add: [SYS_MODULE]\nlabels:\n{lines}")


@pytest.mark.parametrize(
    ("feature", "mounts"),
    [
        # source, target, read-only, skipped when missing, made when missing
        ("kernel-modules", [("/lib/modules", "/lib/modules", False, True, False)]),
        ("firmware", [("/lib/firmware", "/lib/firmware", False, True, False)]),
        ("dbus", [("/run/dbus", "/host/run/dbus", False, False, True)]),
        ("sysfs", [("/sys", "/sys", False, False, True)]),
        ("procfs", [("/proc", "/proc", False, False, True)]),
        (
            "journal-logs",
            [
                ("/var/log/journal", "/var/log/journal", True, False, True),
                ("/run/log/journal", "/run/log/journal", True, False, True),
                ("/etc/machine-id", "/etc/machine-id", True, False, True),
            ],
        ),
        (
            "balena-socket",
            [
                ("/var/run/docker.sock", "/host/run/balena-engine.sock", False, False, False),
                ("/var/run/docker.sock", "/var/run/docker.sock", False, False, False),
                ("/var/run/docker.sock", "/var/run/balena.sock", False, False, False),
            ],
        ),
        ("supervisor-api", []),
        ("balena-api", []),
        ("gpu", []),
    ],
)
def test_mounts_of_a_feature(base: Path, feature: str, mounts: list[tuple[object, ...]]) -> None:
    service, findings = labelled(base, f"io.balena.features.{feature}: '1'")
    assert [
        (
            mount.source,
            mount.target,
            mount.read_only,
            mount.source_skipped_when_missing,
            mount.create_host_path,
        )
        for mount in service.mounts
    ] == mounts
    assert {mount.type for mount in service.mounts} <= {"bind"}
    assert {mount.label for mount in service.mounts} <= {f"io.balena.features.{feature}"}
    assert {(mount.field, mount.place.line, mount.place.column) for mount in service.mounts} <= {
        ("labels", 8, 7)
    }
    assert service.features == (feature,)
    assert findings == ()


@pytest.mark.parametrize(
    ("feature", "names"),
    [
        (
            "supervisor-api",
            ("SUPERVISOR_ADDRESS", "SUPERVISOR_API_KEY", "SUPERVISOR_HOST", "SUPERVISOR_PORT"),
        ),
        ("balena-api", ("API_KEY", "API_URL")),
        ("host-os.board-rev", ("HOST_OS_BOARD_REV", "HOST_OS_BUILD")),
    ],
)
def test_variables_have_both_prefixes_and_no_values(
    base: Path, feature: str, names: tuple[str, ...]
) -> None:
    service, _ = labelled(base, f"io.balena.features.{feature}: '1'")
    given = {variable.name: variable.value for variable in service.environment if variable.label}
    assert given == {f"{prefix}_{name}": None for prefix in ("BALENA", "RESIN") for name in names}


def test_a_variable_that_the_user_sets_stands_in(base: Path) -> None:
    service, _ = one(
        base,
        "environment: [DOCKER_HOST=unix:///mine, BALENA_API_URL=http://127.0.0.1:8080]\n"
        "labels: {io.balena.features.balena-socket: '1', io.balena.features.balena-api: '1'}",
    )
    values = [(variable.name, variable.value) for variable in service.environment]
    assert values.count(("DOCKER_HOST", "unix:///mine")) == 1
    assert ("BALENA_API_URL", "http://127.0.0.1:8080") in values
    assert ("RESIN_API_URL", None) in values
    assert len(values) == len({name for name, _ in values})


def test_the_socket_label_sets_docker_host(base: Path) -> None:
    service, _ = labelled(base, "io.balena.features.balena-socket: '1'")
    assert [v.value for v in service.environment if v.name == "DOCKER_HOST"] == [
        "unix:///host/run/balena-engine.sock"
    ]


def test_the_gpu_label_asks_for_one(base: Path) -> None:
    (request,) = labelled(base, "io.balena.features.gpu: '1'")[0].device_requests
    assert (request.driver, request.count, request.device_ids, request.capabilities) == (
        "",
        1,
        (),
        ("gpu",),
    )
    assert request.label == "io.balena.features.gpu"


def test_extra_firmware_is_a_volume_whose_name_has_no_project(base: Path) -> None:
    loaded = project(
        base, "services:\n  app: {image: a, labels: {io.balena.features.extra-firmware: '1'}}\n"
    )
    (mount,) = loaded.services[0].mounts
    assert (mount.type, mount.source, mount.target) == (
        "volume",
        "extra-firmware",
        "/extra-firmware",
    )
    assert [(volume.name, volume.real_name) for volume in loaded.volumes] == [
        ("extra-firmware", "extra-firmware")
    ]


@pytest.mark.parametrize("value", ["'1'", "1", "true", "'true'", "TRUE", "'On'", "on"])
def test_values_that_switch_on(base: Path, value: str) -> None:
    service, findings = labelled(base, f"io.resin.features.sysfs: {value}")
    assert service.features == ("sysfs",)
    assert findings == ()


@pytest.mark.parametrize(
    ("value", "rule", "severity"),
    [
        ("'0'", "HW031", Severity.NOTE),
        ("0", "HW031", Severity.NOTE),
        ("false", "HW031", Severity.NOTE),
        ("'off'", "HW031", Severity.NOTE),
        ("''", "HW030", Severity.WARNING),
        ("", "HW030", Severity.WARNING),
        ("yes", "HW030", Severity.WARNING),
        ("'yes'", "HW030", Severity.WARNING),
        ("'2'", "HW030", Severity.WARNING),
        ("' 1'", "HW030", Severity.WARNING),
        ("1.5", "HW030", Severity.WARNING),
        ("enabled", "HW030", Severity.WARNING),
    ],
)
def test_values_that_leave_it_off(base: Path, value: str, rule: str, severity: Severity) -> None:
    service, (finding,) = labelled(base, f"io.resin.features.sysfs: {value}")
    assert service.features == ()
    assert service.mounts == ()
    assert (finding.rule, finding.severity) == (rule, severity)
    assert finding.place is not None
    assert (finding.place.line, finding.place.column) == (8, 7)


def test_a_label_in_a_list_without_a_value_is_off(base: Path) -> None:
    service, findings = one(base, "labels: [io.balena.features.sysfs, io.balena.features.procfs=1]")
    assert service.features == ("procfs",)
    assert [finding.rule for finding in findings] == ["HW030"]


def test_resin_keys_are_read_as_balena_keys(base: Path) -> None:
    service, findings = labelled(
        base, "io.resin.features.resin-api: '1'", "io.resin.features.dbus: '1'"
    )
    assert service.features == ("balena-api", "dbus")
    assert {mount.label for mount in service.mounts} == {"io.resin.features.dbus"}
    assert findings == ()


@pytest.mark.parametrize(
    ("resin", "balena", "on"), [("1", "0", ()), ("0", "1", ("sysfs",)), ("", "1", ("sysfs",))]
)
def test_the_balena_spelling_wins(base: Path, resin: str, balena: str, on: tuple[str, ...]) -> None:
    # The losing one stands last, so that the order of the file is not what decides.
    service, findings = labelled(
        base, f"io.balena.features.sysfs: '{balena}'", f"io.resin.features.sysfs: '{resin}'"
    )
    assert service.features == on
    (contradiction,) = [finding for finding in findings if finding.rule == "HW033"]
    assert contradiction.place is not None
    assert contradiction.place.line == 9
    assert contradiction.remedy == "remove io.resin.features.sysfs"


def test_both_spellings_with_one_meaning_are_fine(base: Path) -> None:
    service, findings = labelled(
        base, "io.balena.features.sysfs: 'on'", "io.resin.features.sysfs: '1'"
    )
    assert service.features == ("sysfs",)
    assert len(service.mounts) == 1
    assert findings == ()


@pytest.mark.parametrize(
    ("label", "remedy"),
    [
        ("io.balena.features.i2c", 'devices: ["/dev/i2c-1"]'),
        ("io.balena.features.gpio", 'devices: ["/dev/gpiochip0"]'),
        ("io.resin.features.spi", 'devices: ["/dev/spidev0.0"]'),
        ("io.balena.features.usb", 'devices: ["/dev/bus/usb"]'),
        ("io.balena.features.kernel", "io.balena.features.kernel-modules"),
        ("io.balena.features.kernel_modules", "io.balena.features.kernel-modules"),
        ("io.balena.features.firmwares", "io.balena.features.firmware"),
        ("io.balena.features.resin-api", "io.balena.features.balena-api"),
        ("io.balena.feature.dbus", "io.balena.features.dbus"),
        ("io.balena.features.flux-capacitor", "remove io.balena.features.flux-capacitor"),
    ],
)
def test_labels_that_do_not_exist(base: Path, label: str, remedy: str) -> None:
    service, (finding,) = labelled(base, f"{label}: '1'")
    assert service.features == ()
    assert (finding.rule, finding.severity) == ("HW032", Severity.WARNING)
    assert remedy in str(finding.remedy)


@pytest.mark.parametrize(
    "label",
    [
        "io.balena.features.optional: '1'",
        "io.balena.features.requires.hw.device-type: raspberrypi4-64",
        "com.example.features.i2c: '1'",
    ],
)
def test_other_labels_are_left_alone(base: Path, label: str) -> None:
    service, findings = labelled(base, label)
    assert list(service.mounts) == []
    assert findings == ()


def test_a_mount_of_the_user_s_own_keeps_its_place(base: Path) -> None:
    service, _ = one(
        base,
        "volumes: ['/lib/modules:/lib/modules:ro']\n"
        "labels: {io.balena.features.kernel-modules: '1'}",
    )
    assert [(mount.read_only, mount.label) for mount in service.mounts] == [(True, None)]
    assert service.features == ("kernel-modules",)


def test_labels_of_the_image_are_defaults(base: Path) -> None:
    service, _ = one(base, "labels: {io.balena.features.sysfs: '0', io.resin.features.procfs: '1'}")
    image = tuple(
        (f"io.balena.features.{name}", value)
        for name, value in (("sysfs", "1"), ("dbus", "1"), ("procfs", "0"))
    )
    expanded = expand_labels(service, image)
    assert expanded.features == ("dbus",)
    (mount,) = expanded.mounts
    assert (mount.field, mount.label, mount.text) == (
        "image",
        "io.balena.features.dbus",
        "io.balena.features.dbus: 1",
    )
    assert mount.place == service.values[0].place
    assert expand_labels(expanded, image) == expanded
    assert expand_labels(expanded) == service
    assert "HW034" in [finding.rule for finding in label_findings(service, image)]


@pytest.mark.parametrize("environment", ["", "environment: [DBUS_SYSTEM_BUS_ADDRESS]"])
def test_dbus_without_the_bus_s_address(base: Path, environment: str) -> None:
    _, (finding,) = one(base, f"{environment}\nlabels: {{io.balena.features.dbus: '1'}}")
    assert (finding.rule, finding.severity) == ("HW034", Severity.NOTE)
    assert "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/host/run/dbus/system_bus_socket" in str(
        finding.remedy
    )


@pytest.mark.parametrize(
    ("right", "rules"),
    [
        ("", ["HW035"]),
        ("cap_add: [ALL]", []),
        ("privileged: true", []),
        ("cap_add: [SYS_ADMIN]", ["HW035"]),
    ],
)
def test_kernel_modules_without_the_right_to_load(base: Path, right: str, rules: list[str]) -> None:
    _, findings = one(base, f"{right}\nlabels: {{io.balena.features.kernel-modules: '1'}}")
    assert [finding.rule for finding in findings] == rules


def test_every_feature_has_a_word_for_what_it_gives() -> None:
    assert all(feature.binds or feature.variables or feature.gpus for feature in FEATURES.values())
