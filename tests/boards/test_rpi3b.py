"""The virtual Raspberry Pi: I2C devices behind the real driver, named lines, what apps ask it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hwaccess.boards.qemu.build import building
from hwaccess.boards.qemu.recipe.loading import load
from hwaccess.errors import UsageError

if TYPE_CHECKING:
    import virtual

pytestmark = pytest.mark.board("rpi3b")

RECIPE = load("rpi3b")
BUS = ["/dev/i2c-1:/dev/i2c-1:rwm"]
TEMPERATURE = "word = bus.read_word_data(0x48, 0); print((word >> 8 | (word & 0xff) << 8) / 256)"
I2C = """
services:
  sensor:
    image: example.com/sensor:1
    devices: [/dev/i2c-1]
    x-hwaccess:
      allow: write
      reach:
        - i2c: /dev/i2c-1
          addresses: [0x48, 0x50, 0x68, 0x1d]
          registers:
            - {address: 0x68, register: 0x08, value: 0x5a}
            - {address: 0x48, register: 0x00, value: 0x5a}
"""


def outcomes(rpi3b: virtual.Virtual, compose: str, allow: str) -> dict[str, str]:
    """Target -> outcome, or the word skip, of the checks of one access."""
    found = {}
    for id_, result in rpi3b.results(compose, allow).items():
        found[id_.partition("::")[2]] = (
            "skip" if result.result == "skip" else result.verdict.outcome.value
        )
    return found


def test_smbus2_reads_the_temperature_of_the_recipe_and_the_one_that_it_becomes(
    rpi3b: virtual.Virtual,
) -> None:
    assert rpi3b.in_container(TEMPERATURE, devices=BUS) == "21.5\n"
    sensor = next(device for device in RECIPE.i2c if device.device == "tmp105")
    warmed = replace(sensor, set=(("temperature", 37250),))
    try:
        building.set_devices(replace(RECIPE, i2c=(warmed,)), rpi3b.board.machine)
        assert (
            rpi3b.in_container(TEMPERATURE, devices=BUS) == "37.0\n"
        )  # its resolution is half a degree
    finally:
        building.set_devices(RECIPE, rpi3b.board.machine)


def test_what_a_device_has_not_cannot_be_set(rpi3b: virtual.Virtual) -> None:
    cold = replace(RECIPE.i2c[0], set=(("warmth", 1),))
    with pytest.raises(
        UsageError, match=r"rpi3b.toml: i2c: i2c-bus.1-0x48: set.warmth: Property .*"
    ) as caught:
        building.set_devices(replace(RECIPE, i2c=(cold,)), rpi3b.board.machine)
    assert caught.value.hint.endswith("qemu-system-aarch64 -device tmp105,help")


def test_devices_answer_an_empty_address_does_not_and_a_register_keeps_a_value(
    rpi3b: virtual.Virtual,
) -> None:
    assert outcomes(rpi3b, I2C, "write") == {
        "i2c[/dev/i2c-1]": "reachable",
        "i2c[/dev/i2c-1@0x48]": "reachable",
        "i2c[/dev/i2c-1@0x50]": "reachable",
        "i2c[/dev/i2c-1@0x68]": "reachable",
        "i2c[/dev/i2c-1@0x1d]": "absent",
        "i2c[/dev/i2c-1@0x68:0x08=0x5a]": "reachable",
        # A thermometer's temperature is for reading: HW218.
        "i2c[/dev/i2c-1@0x48:0x00=0x5a]": "blocked",
        "confinement": "reachable",
    }


def test_a_default_run_puts_nothing_on_the_bus_and_one_that_may_read_does(
    rpi3b: virtual.Virtual,
) -> None:
    rpi3b.watch_i2c()
    seen = outcomes(rpi3b, I2C, "open")
    assert rpi3b.i2c_transfers() == 0
    assert (seen["i2c[/dev/i2c-1]"], seen["i2c[/dev/i2c-1@0x48]"]) == ("reachable", "skip")

    rpi3b.results(I2C, "read")
    assert rpi3b.i2c_transfers() > 0


def test_the_chip_has_its_54_lines_by_name_and_their_group(rpi3b: virtual.Virtual) -> None:
    compose = """
services:
  relay:
    image: example.com/relay:1
    devices: [/dev/gpiochip0]
    x-hwaccess:
      reach: [{gpio: /dev/gpiochip0, lines: [SDA1, SCL1, TXD0, GPIO17]}]
"""
    checked = rpi3b.results(compose)["relay::gpio[/dev/gpiochip0]"].verdict
    # The one in use is the chip select of SPI.
    assert (checked.outcome, checked.summary) == (
        "reachable",
        "gpiochip0 [pinctrl-bcm2835]: 54 lines, 1 in use",
    )
    nodes = {node.path: node for node in rpi3b.facts.nodes}
    assert (nodes["/dev/gpiochip0"].group, nodes["/dev/gpiochip0"].mode & 0o777) == ("gpio", 0o660)


def test_its_user_may_use_the_bus_by_its_group_and_by_nothing_else(rpi3b: virtual.Virtual) -> None:
    ask = """
import os
user = [line.strip().split(":") for line in open("/etc/passwd") if line.startswith("pi:")][0]
groups = [line.strip().split(":") for line in open("/etc/group")]
own = [int(gid) for name, _, gid, members in groups if "pi" in members.split(",")]
print(user[2:], sorted(own), os.stat(user[5]).st_uid, flush=True)
for ids in (own, []):
    if os.fork() == 0:
        os.setgroups(ids)
        os.setgid(int(user[3]))
        os.setuid(int(user[2]))
        try:
            os.open("/dev/i2c-1", os.O_RDWR)
            print("opened", flush=True)
        except PermissionError:
            print("refused", flush=True)
        os._exit(0)
    os.wait()
"""
    assert rpi3b.on_board(ask).splitlines() == [
        "['1000', '1000', '', '/home/pi', '/bin/sh'] [997, 998, 999] 1000", "opened", "refused",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("capability", "timer", "lines"),
    [("SYS_RAWIO", "reachable", "HW241"), ("SYS_TIME", "blocked", "HW140")],
)
def test_registers_are_mapped_with_the_capability_and_those_of_a_driver_not_even_then(
    rpi3b: virtual.Virtual, capability: str, timer: str, lines: str
) -> None:
    compose = f"""
services:
  registers:
    image: example.com/registers:1
    devices: [/dev/mem]
    cap_add: [{capability}]
    x-hwaccess:
      allow: read
      reach: [{{mem: /dev/mem, address: 0x3f003000}}, {{mem: /dev/mem, address: 0x3f200000}}]
"""
    results = rpi3b.results(compose, "read")
    assert results["registers::mem[/dev/mem@0x3f003000]"].verdict.outcome == timer
    assert results["registers::mem[/dev/mem@0x3f200000]"].verdict.rule == lines


def test_gpiozero_knows_the_board_where_the_device_tree_is_not_masked(
    rpi3b: virtual.Virtual,
) -> None:
    ask = """
from gpiozero import PiBoardInfo
from gpiozero.exc import PinUnknownPi
from gpiozero.pins.local import get_pi_revision
try:
    info = PiBoardInfo.from_revision(get_pi_revision())
    print(info.model, info.pcb_revision, info.memory, len(info.headers["J8"].pins))
except PinUnknownPi:
    print("unknown")
"""
    assert rpi3b.facts.model == "Raspberry Pi 3 Model B"
    assert rpi3b.in_container(ask, privileged=True) == "3B 1.2 1024 40\n"
    assert rpi3b.in_container(ask) == "unknown\n"
