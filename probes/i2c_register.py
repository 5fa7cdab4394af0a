"""One register of an I2C device, for risk "write".

A byte is written, read back, and what was there is put back.
"""

from __future__ import annotations

import ctypes
import errno
import struct
import time
from typing import Any, Callable

from . import calls, i2c

# linux/i2c.h
FUNC_BYTE_DATA = 0x00180000  # I2C_FUNC_SMBUS_READ_BYTE_DATA and I2C_FUNC_SMBUS_WRITE_BYTE_DATA
SMBUS_WRITE = 0
SMBUS_BYTE_DATA = 2
# An EEPROM does not acknowledge while it stores a byte: 5 ms as a rule, 10 ms for old ones.
SILENCE = (errno.ENXIO, errno.EREMOTEIO, errno.EIO)
SILENCE_NAMES = tuple(calls.errno_name(number) for number in SILENCE)
TRIES = 5
PAUSE = 0.005


class Register:
    """A register of the device that `fd` talks to; each transfer is a recorded call."""

    def __init__(self, record: calls.Record, fd: int, address: int, number: int) -> None:
        self.record = record
        self.fd = fd
        self.number = number
        self.name = f"{address:#04x} register {number:#04x}"

    def read(self, tries: int = 1) -> int | None:
        """The byte that is there, None when it did not come."""
        data = ctypes.create_string_buffer(i2c.SMBUS_DATA)
        text = f"read {self.name}"
        done = self.transfer(text, i2c.SMBUS_READ, data, lambda _: f"0x{data.raw[0]:02x}", tries)
        return data.raw[0] if done else None

    def write(self, value: int, remark: str = "", tries: int = 1) -> bool:
        """Whether the device took the byte."""
        data = ctypes.create_string_buffer(bytes([value]), i2c.SMBUS_DATA)
        text = f"write {value:#04x} to {self.name}{remark}"
        return self.transfer(text, SMBUS_WRITE, data, lambda _: "0", tries)

    def transfer(
        self, text: str, direction: int, data: Any, show: Callable[[Any], str], tries: int
    ) -> bool:
        """One SMBus transfer of "byte data", up to `tries` times while nobody acknowledges."""
        request = struct.pack(
            i2c.SMBUS_REQUEST, direction, self.number, SMBUS_BYTE_DATA, ctypes.addressof(data)
        )
        for left in reversed(range(tries)):
            if (
                self.record.ioctl(self.fd, f"I2C_SMBUS, {text}", i2c.I2C_SMBUS, request, show)
                is not None
            ):
                return True
            if not left or self.record.calls[-1]["errno"] not in SILENCE_NAMES:
                break
            time.sleep(PAUSE)
        return False


def probe_register(
    record: calls.Record, path: str, fd: int, functions: int, params: dict[str, Any]
) -> None:
    """Write params["value"] and put back what was there.

    That is done by raw calls, and if it went well through smbus2. Facts: "before", "written",
    "back" (what was read after writing) and "after" (what is there at the end); one that is missing
    was not read, or not taken. A value that is there already is not written, for it would show
    nothing.
    """
    if not record.may("write"):
        return
    if functions & FUNC_BYTE_DATA != FUNC_BYTE_DATA and not functions & i2c.FUNC_I2C:
        record.facts["not_read"] = "the adapter cannot both read and write a byte of a register"
        return
    address, number, value = params["address"], params["register"], params["value"]
    if not i2c.claim(record, fd, address):
        return
    register = Register(record, fd, address, number)
    before = register.read()
    if before is None:
        return
    record.facts["before"] = before
    if before == value:
        return
    write_and_read_back(register, value, before)
    if record.facts.get("back") == value and record.facts.get("after") == before:
        try_library(register, path, params, before)


def write_and_read_back(register: Register, value: int, before: int) -> None:
    """The raw calls; whatever comes of them, the byte that was there is written again."""
    facts = register.record.facts
    try:
        if register.write(
            value, f", which held {before:#04x}"
        ):  # a probe that hangs in it tells what to put back
            facts["written"] = value
        back = register.read(TRIES)
        if back is not None:
            facts["back"] = back
    finally:
        put_back(register, before)


def put_back(register: Register, before: int) -> None:
    """Write the byte that was there; that it came back is what reading it shows."""
    register.write(before, tries=TRIES)
    note_after(register)


def note_after(register: Register) -> None:
    """Fact "after": what is there now; none when it cannot be read."""
    after = register.read(TRIES)
    register.record.facts.pop("after", None)
    if after is not None:
        register.record.facts["after"] = after


def try_library(register: Register, path: str, params: dict[str, Any], before: int) -> None:
    """Write and read back through smbus2, and after it a raw look at what it left behind."""
    record, address, number, value = (
        register.record,
        params["address"],
        params["register"],
        params["value"],
    )
    where = f"{address:#04x}, {number:#04x}"
    text = f"SMBus({path!r}).write_byte_data({where}, {value:#04x}), read_byte_data({where})"
    record.library("smbus2", text, lambda: use_smbus2(path, address, number, value, before))
    note_after(register)
    if record.facts.get("after") != before:
        put_back(register, before)


def use_smbus2(path: str, address: int, number: int, value: int, before: int) -> str:
    """The byte that an app reads after it wrote `value`; then `before` is there again."""
    import smbus2

    with smbus2.SMBus(path) as bus:
        try:
            bus.write_byte_data(address, number, value)
            return f"{patiently(lambda: bus.read_byte_data(address, number)):#04x}"
        finally:
            patiently(lambda: bus.write_byte_data(address, number, before))


def patiently(function: Callable[[], Any]) -> Any:
    """The function's answer, asked again as long as an EEPROM may take to store a byte."""
    for _ in range(TRIES - 1):
        try:
            return function()
        except OSError as error:
            if error.errno not in SILENCE:
                raise
        time.sleep(PAUSE)
    return function()
