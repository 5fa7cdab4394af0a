"""The virtual ARM machine, what a computer with such a processor has instead of the virtual PC."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import virtual

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.board("virt")

COMPOSE = """
services:
  registers:
    image: example.com/registers:1
    devices: [/dev/mem]
    cap_add: [SYS_RAWIO]
  powerless:
    image: example.com/powerless:1
    devices: [/dev/mem]
  sensor:
    image: example.com/sensor:1
    devices: [/dev/i2c-1]
  driver:
    image: example.com/driver:1
    cap_add: [SYS_MODULE]
    labels: {io.balena.features.kernel-modules: '1', io.balena.features.firmware: '1',
             io.balena.features.dbus: '1'}
    environment: {DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/host/run/dbus/system_bus_socket"}
    x-hwaccess:
      allow: disrupt
      reach:
        - kernel-modules: dummy
          load: true
        - firmware: hwaccess/board.bin
        - dbus: org.freedesktop.hostname1
"""
EXPECTED = {
    "registers::mem[/dev/mem]": ("reachable", ""),
    "registers::rawio": ("reachable", ""),
    "powerless::mem[/dev/mem]": ("blocked", "HW140"),
    "sensor::i2c[/dev/i2c-1]": ("absent", "HW050"),
    "driver::kernel-modules[dummy]": ("reachable", ""),
    "driver::firmware[hwaccess/board.bin]": ("reachable", ""),
    "driver::dbus[org.freedesktop.hostname1]": ("reachable", ""),
}


def test_memory_modules_firmware_and_bus_are_reached_with_their_grants(tmp_path: Path) -> None:
    with virtual.virtual("virt", tmp_path) as board:
        assert board.facts.arch == "aarch64"
        results = board.results(COMPOSE, "disrupt")
    seen = {
        id_: (str(results[id_].verdict.outcome.value), results[id_].verdict.rule)
        for id_ in EXPECTED
    }
    assert seen == EXPECTED
