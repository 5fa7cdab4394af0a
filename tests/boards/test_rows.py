"""Rows of the matrix that only real drivers, a real bus and a real module loader can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import virtual

    from hwaccess.model import CheckResult

pytestmark = pytest.mark.board("pc")

I2C = """
services:
  sensor:
    image: example.com/sensor:1
    devices: [/dev/i2c-0, /dev/i2c-1]
    x-hwaccess:
      allow: read
      reach:
        - i2c: /dev/i2c-1
          addresses: [0x48]
        - i2c: /dev/i2c-0
          addresses: [0x48]
"""


def verdict(result: CheckResult) -> tuple[str, str | None, str | None]:
    """Outcome, layer and rule."""
    return (
        result.verdict.outcome.value,
        result.verdict.layer and result.verdict.layer.value,
        result.verdict.rule or None,
    )


def test_a_report_says_that_the_board_is_emulated(pc: virtual.Virtual) -> None:
    report = pc.report("services: {web: {image: example.com/web:1}}")
    assert (report.board.name, report.board.provenance.value) == ("qemu:pc", "emulated")


def test_an_i2c_device_answers_and_an_empty_address_does_not(pc: virtual.Virtual) -> None:
    results = pc.results(I2C, "read")
    assert verdict(results["sensor::i2c[/dev/i2c-1@0x48]"])[0] == "reachable"
    assert verdict(results["sensor::i2c[/dev/i2c-0@0x48]"])[:2] == ("absent", "bus")


def test_a_default_run_puts_nothing_on_the_bus_and_one_that_may_read_does(
    pc: virtual.Virtual,
) -> None:
    pc.watch_i2c()
    default = pc.results(I2C)
    assert pc.i2c_transfers() == 0
    assert default["sensor::i2c[/dev/i2c-1]"].verdict.outcome == "reachable"

    pc.results(I2C, "read")
    assert pc.i2c_transfers() > 0


def test_a_value_that_smbus2_wrote_is_read_back_by_another_container(pc: virtual.Virtual) -> None:
    write = "bus.write_byte_data(0x20, 0x05, 0x5A); bus.write_word_data(0x20, 0x10, 0xBEEF)"
    read = "print(hex(bus.read_byte_data(0x20, 0x05)), hex(bus.read_word_data(0x20, 0x10)))"
    pc.in_container(write, devices=["/dev/i2c-1:/dev/i2c-1:rwm"])
    assert pc.in_container(read, devices=["/dev/i2c-1:/dev/i2c-1:rwm"]) == "0x5a 0xbeef\n"


REGISTERS = """
services:
  sensor:
    image: example.com/sensor:1
    devices: [/dev/i2c-0, /dev/i2c-1]
    x-hwaccess:
      allow: write
      reach:
        - i2c: /dev/i2c-1
          registers:
            - {address: 0x20, register: 0x06, value: 0x5a}
            - {address: 0x48, register: 0x03, value: 0x00}
        - i2c: /dev/i2c-0
          registers: [{address: 0x48, register: 0x02, value: 0x5a}]
"""


def test_a_register_is_written_read_back_through_smbus2_and_put_back(pc: virtual.Virtual) -> None:
    results = pc.results(REGISTERS, "write")
    kept = results["sensor::i2c[/dev/i2c-1@0x20:0x06=0x5a]"].verdict
    assert (kept.outcome, kept.summary.partition(", on ")[0]) == (
        "reachable",
        "0x20 register 0x06 kept 0x5a and holds 0x00 again",
    )
    assert any("smbus2" in line and "0x5a" in line for line in kept.evidence)
    assert verdict(results["sensor::i2c[/dev/i2c-1@0x48:0x03=0x00]"]) == ("unknown", None, "HW216")
    assert verdict(results["sensor::i2c[/dev/i2c-0@0x48:0x02=0x5a]"]) == ("absent", "bus", "HW214")
    read = "print(hex(bus.read_byte_data(0x20, 0x06)))"
    assert pc.in_container(read, devices=["/dev/i2c-1:/dev/i2c-1:rwm"]) == "0x0\n"


def test_without_the_risk_no_register_is_written(pc: virtual.Virtual) -> None:
    results = pc.results(REGISTERS, "read")
    assert {result.result for id_, result in results.items() if "=" in id_} == {"skip"}


@pytest.mark.parametrize(
    ("capability", "expected"),
    [("SYS_RAWIO", ("reachable", None, None)), ("SYS_TIME", ("blocked", "capability", "HW140"))],
)
def test_physical_memory_is_mapped_with_the_capability_alone(
    pc: virtual.Virtual, capability: str, expected: tuple[str, str | None, str | None]
) -> None:
    compose = f"""
services:
  registers:
    image: example.com/registers:1
    devices: [/dev/mem]
    cap_add: [{capability}]
    x-hwaccess:
      allow: read
      reach:
        - mem: /dev/mem
          address: 0xf0000
"""
    results = pc.results(compose, "read")
    assert (
        verdict(next(result for id_, result in results.items() if id_.startswith("registers::mem")))
        == expected
    )


MODULES = """
services:
  driver:
    image: example.com/driver:1
    {grants}
    x-hwaccess:
      allow: disrupt
      reach:
        - kernel-modules: dummy
          load: true
"""
LABEL = "labels: {io.balena.features.kernel-modules: '1'}"
RIGHT = "cap_add: [SYS_MODULE]"


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        (f"{LABEL}\n    {RIGHT}", ("reachable", None, None)),
        (LABEL, ("blocked", "capability", "HW140")),
        (RIGHT, ("blocked", "mount", "HW262")),
    ],
)
def test_a_module_is_loaded_with_tree_and_right_and_the_lack_of_either_is_named(
    pc: virtual.Virtual, grants: str, expected: tuple[str, str | None, str | None]
) -> None:
    results = pc.results(MODULES.format(grants=grants), "disrupt")
    assert verdict(results["driver::kernel-modules[dummy]"]) == expected
    assert "\ndummy " not in pc.on_board("print(open('/proc/modules').read())")


def test_the_kernel_finds_firmware_on_the_board_and_not_in_the_container(
    pc: virtual.Virtual,
) -> None:
    ask = """
import os
os.makedirs("/lib/firmware/hwaccess", exist_ok=True)
open("/lib/firmware/hwaccess/image.bin", "w").write("firmware of the image")
for name in ("hwaccess/board.bin", "hwaccess/image.bin"):
    try:
        with open("/sys/devices/virtual/misc/test_firmware/trigger_request", "w") as file:
            file.write(name)
        print(name, "found")
    except OSError as error:
        print(name, errno.errorcode[error.errno])
"""
    assert (
        pc.in_container("import errno" + ask, privileged=True)
        == "hwaccess/board.bin found\nhwaccess/image.bin ENOENT\n"
    )


def test_firmware_is_told_by_name(pc: virtual.Virtual) -> None:
    compose = """
services:
  radio:
    image: example.com/radio:1
    labels: {io.balena.features.firmware: '1'}
    x-hwaccess:
      reach:
        - firmware: hwaccess/board.bin
        - firmware: hwaccess/nowhere.bin
"""
    results = pc.results(compose)
    assert verdict(results["radio::firmware[hwaccess/board.bin]"]) == ("reachable", None, None)
    assert verdict(results["radio::firmware[hwaccess/nowhere.bin]"]) == ("absent", "board", "HW273")


def test_the_bus_answers_a_service_on_it_too_and_its_policy_denies_one_call(
    pc: virtual.Virtual,
) -> None:
    compose = """
services:
  network:
    image: example.com/network:1
    environment: {DBUS_SYSTEM_BUS_ADDRESS: "unix:path=/host/run/dbus/system_bus_socket"}
    labels: {io.balena.features.dbus: '1'}
    x-hwaccess:
      allow: write
      reach:
        - dbus: org.freedesktop.hostname1
          CALL
"""
    get = compose.replace(
        "CALL",
        "call: org.freedesktop.DBus.Properties.Get\n          path: /org/freedesktop/hostname1\n"
        "          arguments: [org.freedesktop.hostname1, Hostname]",
    )
    results = pc.results(get, "read")
    assert verdict(results["network::dbus"]) == ("reachable", None, None)
    assert verdict(results["network::dbus[org.freedesktop.hostname1]"]) == ("reachable", None, None)

    denied = compose.replace(
        "CALL",
        "call: org.freedesktop.hostname1.SetHostname\n          path: /org/freedesktop/hostname1\n"
        "          arguments: [other]",
    )
    results = pc.results(denied, "write")
    assert verdict(results["network::dbus"]) == ("reachable", None, None)
    assert verdict(results["network::dbus[org.freedesktop.hostname1]"]) == (
        "blocked",
        "bus",
        "HW286",
    )


def test_nodes_of_every_class_are_there(pc: virtual.Virtual) -> None:
    wanted = {
        "/dev/i2c-0", "/dev/i2c-1", "/dev/mem", "/dev/port", "/dev/watchdog", "/dev/uinput",
        "/dev/snd/controlC0", "/dev/rtc0", "/dev/ttyS0", "/dev/loop-control", "/dev/fuse",
        "/dev/net/tun",
    }  # fmt: skip
    nodes = {node.path: node for node in pc.facts.nodes}
    assert wanted <= nodes.keys()
    assert (
        nodes["/dev/i2c-1"].mode & 0o777,
        nodes["/dev/i2c-1"].gid,
        nodes["/dev/i2c-1"].group,
    ) == (0o660, 998, "i2c")
    assert ("gpio", 997) in pc.facts.groups
    assert "vcan" in pc.facts.modules
