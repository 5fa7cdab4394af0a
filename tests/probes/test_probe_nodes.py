"""The probes of device nodes under every Python found: what they ask, and what they leave alone."""

from __future__ import annotations

import struct
import sys
from pathlib import Path
from typing import Any

import agents
import emulated_drivers
import pytest
from probe_modules import load

EVERY_PYTHON = pytest.mark.parametrize("python", agents.pythons())
QUESTION = {"i2c": "I2C_FUNCS", "spi": "SPI_IOC_RD_MODE", "gpio": "GPIO_GET_CHIPINFO_IOCTL"}
ACCESSES = ("device", *QUESTION)


def ask(python: str, access: str, target: str, risk: str = "open", **params: Any) -> dict[str, Any]:
    """The one result of a probe."""
    probe = {"probe": access, "target": target, "risk": risk, "params": params}
    (result,) = agents.ask(python, probe)["results"]
    assert result["status"] == "done", result["message"]
    return dict(result)


def made(result: dict[str, Any]) -> list[tuple[str, str | None]]:
    """The calls with their errno."""
    return [(call["call"], call["errno"]) for call in result["calls"]]


@EVERY_PYTHON
@pytest.mark.parametrize("access", ACCESSES)
def test_a_node_that_is_absent(python: str, access: str, tmp_path: Path) -> None:
    result = ask(python, access, str(tmp_path / "nothing"))
    assert made(result) == [("access", "ENOENT"), ("open", "ENOENT"), ("open", "ENOENT")]
    assert result["facts"]["node"]["kind"] == "absent"
    assert not result["library"]


@EVERY_PYTHON
@pytest.mark.parametrize("access", ACCESSES)
def test_a_directory_in_the_place_of_a_node(python: str, access: str, tmp_path: Path) -> None:
    result = ask(python, access, str(tmp_path))
    assert made(result) == [("access", None), ("open", "EISDIR"), ("open", None)]
    assert result["facts"]["node"]["kind"] == "directory"


@EVERY_PYTHON
@pytest.mark.parametrize("access", QUESTION)
def test_another_device_than_the_name_promises(python: str, access: str) -> None:
    result = ask(python, access, "/dev/null")
    assert made(result) == [("access", None), ("open", None), ("ioctl", "ENOTTY")]
    assert result["calls"][-1]["args"].startswith(QUESTION[access])
    assert not result["library"]  # the app would come no further


@EVERY_PYTHON
@pytest.mark.parametrize("access", QUESTION)
@pytest.mark.parametrize("risk", ["open", "disrupt"])
def test_a_harmful_device_under_another_kinds_name_is_never_opened(
    python: str, access: str, risk: str
) -> None:
    result = ask(python, access, "/dev/tty", risk)
    assert made(result) == [("access", None)]
    assert result["facts"]["class"] == "tty"
    assert "DTR" in result["facts"]["not_opened"]


@EVERY_PYTHON
def test_a_device_whose_opening_does_nothing_is_opened(python: str) -> None:
    result = ask(python, "device", "/dev/null")
    assert made(result) == [("access", None), ("open", None)]
    assert result["facts"]["class"] == "mem"
    assert result["facts"]["opening_risk"] == "open"


@EVERY_PYTHON
def test_a_serial_device_is_only_looked_at(python: str) -> None:
    result = ask(python, "device", "/dev/tty")
    assert made(result) == [("access", None)]
    assert result["facts"]["opening_risk"] == "write"
    assert "DTR" in result["facts"]["not_opened"]


def test_a_serial_device_is_opened_when_this_run_may_write() -> None:
    calls = made(ask(sys.executable, "device", "/dev/tty", "write"))
    assert calls[:2] in (
        [("access", None), ("open", None)],
        [("access", None), ("open", "ENXIO")],
    )  # no terminal: ENXIO


def test_a_file_is_not_opened_as_a_device(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    assert made(ask(sys.executable, "device", str(path))) == [("access", None)]


def test_gpiozero_is_asked_when_the_compose_file_says_so_even_without_a_chip(
    tmp_path: Path,
) -> None:
    result = ask(sys.executable, "gpio", str(tmp_path / "gpiochip0"), gpiozero=True)
    assert [call["call"] for call in result["library"]] == [
        "get_pi_revision()",
        "GPIOZERO_PIN_FACTORY=lgpio",
    ]
    assert {"model", "firmware"} <= set(result["facts"])


EMULATED = """
import fcntl
import importlib
from . import emulated_drivers

DRIVERS = {
    "i2c": emulated_drivers.I2cBus(devices={0x48: 0x1A}),
    "spi": emulated_drivers.SpiDevice(),
    "gpio": emulated_drivers.GpioChip(lines={8: ("GPIO8", "spi0 CS0")}),
    "old gpio": emulated_drivers.GpioChip(lines={8: ("GPIO8", "spi0 CS0")}, version=1),
}

def probe(record, target, params):
    fcntl.ioctl = lambda _fd, number, argument=0: DRIVERS[target].ioctl(number, argument)
    module = importlib.import_module("." + target.split()[-1], __package__)
    module.probe(record, "/dev/null", params)
"""
ANSWERS = [
    ("i2c", "open", {"functions": ["I2C", "SMBUS_PEC"]}, ["I2C_FUNCS"]),
    ("i2c", "read", {}, ["I2C_FUNCS", "I2C_SLAVE, 0x48", "I2C_SMBUS, read byte from 0x48"]),
    ("spi", "open", {"mode": 1, "bits_per_word": 8, "max_speed_hz": 500_000}, None),
    (
        "gpio",
        "open",
        {"lines": [{"offset": 8, "name": "GPIO8", "consumer": "spi0 CS0", "used": True}]},
        None,
    ),
    (
        "old gpio",
        "open",
        {"lines": [{"offset": 8, "name": "GPIO8", "consumer": "spi0 CS0", "used": True}]},
        None,
    ),
]


@EVERY_PYTHON
@pytest.mark.parametrize(("driver", "risk", "facts", "questions"), ANSWERS)
def test_a_driver_that_answers(
    python: str,
    tmp_path: Path,
    driver: str,
    risk: str,
    facts: dict[str, Any],
    questions: list[str] | None,
) -> None:
    drivers = Path(emulated_drivers.__file__).read_text()
    folder = agents.probes_with(tmp_path, emulated_drivers=drivers, emulated=EMULATED)
    asked = {"probe": "emulated", "target": driver, "risk": risk, "params": {"address": 0x48}}
    (result,) = agents.ask(python, asked, folder=folder)["results"]
    assert result["status"] == "done", result["message"]
    for name, value in facts.items():
        found = result["facts"][name]
        assert (found[: len(value)] if isinstance(value, list) else found) == value
    made_ioctls = [call["args"] for call in result["calls"] if call["call"] == "ioctl"]
    assert questions is None or made_ioctls == questions
    assert all(
        call["text"].startswith("not installed") for call in result["library"]
    )  # -I -S, as in a container
    assert bool(result["library"]) is (
        driver != "spi"
    )  # the library spidev takes numbers, and /dev/null has none


A_REGISTER = """
import fcntl
from . import emulated_drivers, i2c

def probe(record, target, params):
    register = emulated_drivers.Register(0x1A, busy=1)
    bus = emulated_drivers.I2cBus(registers={(0x48, 0x02): register})
    fcntl.ioctl = lambda _fd, number, argument=0: bus.ioctl(number, argument)
    i2c.probe(record, "/dev/null", params)
    record.facts["taken"] = register.taken
"""
SMBUS2 = '''
"""As much of smbus2 as the probe uses; it makes no call of its own choice."""

import ctypes
import fcntl
import struct

class SMBus:
    def __init__(self, path):
        fcntl.ioctl(0, 0x0703, 0x48)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def transfer(self, direction, register, value):
        data = ctypes.create_string_buffer(bytes([value]), 34)
        fcntl.ioctl(0, 0x0720, struct.pack("BBIP", direction, register, 2, ctypes.addressof(data)))
        return data.raw[0]

    def write_byte_data(self, address, register, value):
        self.transfer(0, register, value)

    def read_byte_data(self, address, register):
        return self.transfer(1, register, 0)
'''


@EVERY_PYTHON
@pytest.mark.parametrize(("risk", "taken"), [("read", []), ("write", [0x5A, 0x1A, 0x5A, 0x1A])])
def test_a_register_is_written_and_put_back_with_the_risk_alone(
    python: str, tmp_path: Path, risk: str, taken: list[int]
) -> None:
    drivers = Path(emulated_drivers.__file__).read_text()
    folder = agents.probes_with(
        tmp_path, emulated_drivers=drivers, a_register=A_REGISTER, library=SMBUS2
    )
    params = {"address": 0x48, "register": 0x02, "value": 0x5A}
    asked = {"probe": "a_register", "risk": risk, "params": params}
    (result,) = agents.ask(python, asked, folder=folder)["results"]
    assert result["status"] == "done", result["message"]
    assert result["facts"]["taken"] == taken
    assert [call["text"] for call in result["library"]] == (["0x5a"] if taken else [])
    if taken:
        facts = [result["facts"][name] for name in ("before", "written", "back", "after")]
        assert facts == [0x1A, 0x5A, 0x5A, 0x1A]


@EVERY_PYTHON
def test_a_probe_that_hangs_in_a_write_tells_what_was_there(python: str, tmp_path: Path) -> None:
    drivers = Path(emulated_drivers.__file__).read_text()
    hangs = A_REGISTER.replace(
        "    fcntl.ioctl =",
        "    register.write = lambda _: __import__('time').sleep(9)\n    fcntl.ioctl =",
    )
    folder = agents.probes_with(tmp_path, emulated_drivers=drivers, a_register=hangs)
    params = {"address": 0x48, "register": 0x02, "value": 0x5A}
    asked = {"probe": "a_register", "risk": "write", "params": params}
    (result,) = agents.ask(python, asked, folder=folder, seconds=1)["results"]
    assert result["status"] == "timeout"
    assert (
        "in ioctl(I2C_SMBUS, write 0x5a to 0x48 register 0x02, which held 0x1a)"
        in result["message"]
    )


HARM = [
    ("watchdog", {"devname": "watchdog0", "driver": "watchdog"}, "disrupt"),
    ("misc watchdog", {"devname": "watchdog", "driver": "misc"}, "disrupt"),
    ("tpm", {"devname": "tpm0", "driver": "tpm"}, "disrupt"),
    ("tpm resource manager", {"devname": "tpmrm0", "driver": "tpmrm"}, "open"),
    ("serial without /sys", {"driver": "ttyUSB"}, "write"),
    ("sound without /sys", {"driver": "alsa"}, "disrupt"),
    ("clock", {"devname": "rtc0", "driver": "rtc"}, "disrupt"),
    ("input", {"devname": "input/event0", "driver": "input"}, "read"),
    ("disk", {"kind": "block", "devname": "sda", "driver": "sd"}, "write"),
    ("latency", {"devname": "cpu_dma_latency", "driver": "misc"}, "write"),
    ("unknown", {"devname": "accel0", "driver": "accel"}, "disrupt"),
    ("FUSE", {"devname": "fuse", "driver": "misc"}, "open"),
    ("render node", {"devname": "dri/renderD128", "driver": "drm"}, "open"),
    ("display", {"devname": "dri/card0", "driver": "drm"}, "disrupt"),
    ("camera", {"devname": "video0", "driver": "video4linux"}, "open"),
    ("I2C without /sys", {"driver": "i2c"}, "open"),
    ("no driver", {"driver": "", "in_sysfs": False}, "open"),
]


@pytest.mark.parametrize(("facts", "risk"), [row[1:] for row in HARM], ids=[row[0] for row in HARM])
def test_opening_is_judged_by_class_and_name(
    facts: dict[str, Any], risk: str, node_class: Any
) -> None:
    node = {
        "kind": "char",
        "major": 4094,
        "minor": 1,
        "in_sysfs": True,
    } | facts  # a major that no board has
    found = node_class.opening(node)
    assert found.risk == risk
    assert bool(found.why) is (risk != "open")
    assert found.harmful is (risk != "open" and found.device_class not in ("accel", "drm"))


@pytest.fixture
def node_class(probe_modules: dict[str, Any]) -> Any:
    return probe_modules["node_class"]


@pytest.fixture
def probe_modules() -> dict[str, Any]:
    """The probe files as modules."""
    return {name: load(name) for name in ("node_class", "i2c", "i2c_register", "spi", "gpio")}


# What a C program prints that includes linux/{gpio,i2c,i2c-dev}.h and linux/spi/spidev.h of 6.1, 64
# bits.
PRINTED = {
    "I2C_SLAVE": 0x0703,
    "I2C_FUNCS": 0x0705,
    "I2C_SMBUS": 0x0720,
    "I2C_FUNC_I2C": 1,
    "I2C_FUNC_SMBUS_READ_BYTE": 0x00020000,
    "I2C_FUNC_SMBUS_BYTE_DATA": 0x00180000,
    "I2C_SMBUS_READ": 1,
    "I2C_SMBUS_WRITE": 0,
    "I2C_SMBUS_BYTE": 1,
    "I2C_SMBUS_BYTE_DATA": 2,
    "sizeof(struct i2c_smbus_ioctl_data)": 16,
    "sizeof(union i2c_smbus_data)": 34,
    "SPI_IOC_RD_MODE": 0x80016B01,
    "SPI_IOC_RD_BITS_PER_WORD": 0x80016B03,
    "SPI_IOC_RD_MAX_SPEED_HZ": 0x80046B04,
    "GPIO_GET_CHIPINFO_IOCTL": 0x8044B401,
    "GPIO_GET_LINEINFO_IOCTL": 0xC048B402,
    "GPIO_V2_GET_LINEINFO_IOCTL": 0xC100B405,
    "sizeof(struct gpiochip_info)": 68,
    "sizeof(struct gpioline_info)": 72,
    "sizeof(struct gpio_v2_line_info)": 256,
    "GPIOLINE_FLAG_KERNEL": 1,
    "GPIO_V2_LINE_FLAG_USED": 1,
}


def test_numbers_and_sizes_are_those_of_the_kernels_headers(probe_modules: dict[str, Any]) -> None:
    i2c, register, spi, gpio = (
        probe_modules[name] for name in ("i2c", "i2c_register", "spi", "gpio")
    )
    assert {
        "I2C_SLAVE": i2c.I2C_SLAVE,
        "I2C_FUNCS": i2c.I2C_FUNCS,
        "I2C_SMBUS": i2c.I2C_SMBUS,
        "I2C_FUNC_I2C": i2c.FUNC_I2C,
        "I2C_FUNC_SMBUS_READ_BYTE": i2c.FUNC_READ_BYTE,
        "I2C_FUNC_SMBUS_BYTE_DATA": register.FUNC_BYTE_DATA,
        "I2C_SMBUS_READ": i2c.SMBUS_READ,
        "I2C_SMBUS_WRITE": register.SMBUS_WRITE,
        "I2C_SMBUS_BYTE": i2c.SMBUS_BYTE,
        "I2C_SMBUS_BYTE_DATA": register.SMBUS_BYTE_DATA,
        "sizeof(struct i2c_smbus_ioctl_data)": struct.calcsize(i2c.SMBUS_REQUEST),
        "sizeof(union i2c_smbus_data)": i2c.SMBUS_DATA,
        "SPI_IOC_RD_MODE": spi.SPI_IOC_RD_MODE,
        "SPI_IOC_RD_BITS_PER_WORD": spi.SPI_IOC_RD_BITS_PER_WORD,
        "SPI_IOC_RD_MAX_SPEED_HZ": spi.SPI_IOC_RD_MAX_SPEED_HZ,
        "GPIO_GET_CHIPINFO_IOCTL": gpio.GPIO_GET_CHIPINFO,
        "GPIO_GET_LINEINFO_IOCTL": gpio.GPIO_GET_LINEINFO,
        "GPIO_V2_GET_LINEINFO_IOCTL": gpio.GPIO_V2_GET_LINEINFO,
        "sizeof(struct gpiochip_info)": struct.calcsize(gpio.CHIP),
        "sizeof(struct gpioline_info)": struct.calcsize(gpio.LINE),
        "sizeof(struct gpio_v2_line_info)": struct.calcsize(gpio.LINE_V2),
        "GPIOLINE_FLAG_KERNEL": gpio.USED,
        "GPIO_V2_LINE_FLAG_USED": gpio.USED,
    } == PRINTED
