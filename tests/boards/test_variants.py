"""The layers that one board cannot show together: cgroup v1, AppArmor, another user namespace.

Each really boots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import virtual

if TYPE_CHECKING:
    from pathlib import Path

    from hwaccess.model import CheckResult

BOUND = """
services:
  sensor:
    image: example.com/sensor:1
    volumes: ["/dev/i2c-1:/dev/i2c-1"]
    x-hwaccess:
      reach: [{i2c: /dev/i2c-1}]
  reader:
    image: example.com/reader:1
    devices: ["/dev/i2c-1:/dev/i2c-1:r"]
"""
CONFINED = """
services:
  sensor:
    image: example.com/sensor:1
    devices: [/dev/i2c-1]
    security_opt: [apparmor=hwaccess-strict]
  usual:
    image: example.com/usual:1
    devices: [/dev/i2c-1]
"""
ON_THE_BUS = """
services:
  network:
    image: example.com/network:1
    environment: &bus {DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/host/run/dbus/system_bus_socket"}
    labels: &label {io.balena.features.dbus: '1'}
    x-hwaccess: &reach {reach: [{dbus: org.freedesktop.hostname1}]}
  lost:
    image: example.com/lost:1
    labels: *label
    x-hwaccess: *reach
  trusted:
    image: example.com/trusted:1
    environment: *bus
    labels: *label
    security_opt: [apparmor=unconfined]
    x-hwaccess: *reach
"""
MAPPED = """
services:
  sensor:
    image: example.com/sensor:1
    devices: [/dev/i2c-1, /dev/mem]
    cap_add: [SYS_RAWIO]
"""


def stopped_by(result: CheckResult) -> tuple[str | None, str]:
    return result.verdict.layer and result.verdict.layer.value, result.verdict.rule


@pytest.mark.board("pc-cgroup1")
def test_cgroup_v1_has_its_own_device_controller(tmp_path: Path) -> None:
    with virtual.virtual("pc-cgroup1", tmp_path) as board:
        assert board.facts.cgroup == 1
        results = board.results(BOUND)
        assert stopped_by(results["sensor::i2c[/dev/i2c-1]"]) == ("device-cgroup", "HW130")
        assert stopped_by(results["reader::i2c[/dev/i2c-1]"]) == ("device-cgroup", "HW131")
        devices = board.on_board("print(open('/proc/cgroups').read())")
        assert "devices" in devices


@pytest.mark.board("pc-apparmor")
def test_apparmor_denies_what_its_profile_forbids_and_the_usual_one_does_not(
    tmp_path: Path,
) -> None:
    with virtual.virtual("pc-apparmor", tmp_path) as board:
        assert "apparmor" in board.facts.lsm
        assert "apparmor" in board.facts.security_options
        results = board.results(CONFINED)
        assert stopped_by(results["sensor::i2c[/dev/i2c-1]"]) == ("lsm", "HW150")
        assert results["usual::i2c[/dev/i2c-1]"].verdict.outcome == "reachable"


@pytest.mark.board("pc-userns")
def test_a_remapped_engine_gives_capabilities_that_do_not_count_on_the_board(
    tmp_path: Path,
) -> None:
    with virtual.virtual("pc-userns", tmp_path) as board:
        assert board.facts.daemon_user_namespace
        results = board.results(MAPPED)
        assert stopped_by(results["sensor::rawio"]) == ("user-namespace", "HW142")
        assert stopped_by(results["sensor::i2c[/dev/i2c-1]"])[0] == "user-namespace"


@pytest.mark.board("pc-ubuntu")
def test_apparmor_of_ubuntu_keeps_a_usual_container_off_the_system_bus(tmp_path: Path) -> None:
    with virtual.virtual("pc-ubuntu", tmp_path) as board:
        report = board.report(ON_THE_BUS, "read")
    results = {result.check.id: result for result in report.results}
    denied = results["network::dbus[org.freedesktop.hostname1]"]
    assert stopped_by(denied) == ("lsm", "HW284")
    assert any(
        "An AppArmor policy prevents this sender" in line for line in denied.verdict.evidence
    )
    assert denied.verdict.remedy
    assert '+    security_opt: ["apparmor=unconfined"]' in (denied.verdict.remedy.patch or "")
    lost = results["lost::dbus[org.freedesktop.hostname1]"].verdict.remedy
    assert lost
    assert "apparmor=unconfined" in (lost.patch or "")
    assert 'DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/host/run/dbus/system_bus_socket"' in (
        lost.patch or ""
    )
    assert results["trusted::dbus[org.freedesktop.hostname1]"].verdict.outcome == "reachable"
