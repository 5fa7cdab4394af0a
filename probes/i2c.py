"""An I2C adapter: what it can do, and by risk whether something answers or keeps a byte.

An address is asked whether something answers, a register whether it keeps a byte.
"""

from __future__ import annotations

import os
import struct
from typing import Any

from . import calls, node_class

# linux/i2c-dev.h
I2C_SLAVE = 0x0703
I2C_FUNCS = 0x0705
I2C_SMBUS = 0x0720
# linux/i2c.h
FUNCTIONS = {
    0x00000001: "I2C",
    0x00000002: "10BIT_ADDR",
    0x00000004: "PROTOCOL_MANGLING",
    0x00000008: "SMBUS_PEC",
    0x00000010: "NOSTART",
    0x00000020: "SLAVE",
    0x00008000: "SMBUS_BLOCK_PROC_CALL",
    0x00010000: "SMBUS_QUICK",
    0x00020000: "SMBUS_READ_BYTE",
    0x00040000: "SMBUS_WRITE_BYTE",
    0x00080000: "SMBUS_READ_BYTE_DATA",
    0x00100000: "SMBUS_WRITE_BYTE_DATA",
    0x00200000: "SMBUS_READ_WORD_DATA",
    0x00400000: "SMBUS_WRITE_WORD_DATA",
    0x00800000: "SMBUS_PROC_CALL",
    0x01000000: "SMBUS_READ_BLOCK_DATA",
    0x02000000: "SMBUS_WRITE_BLOCK_DATA",
    0x04000000: "SMBUS_READ_I2C_BLOCK",
    0x08000000: "SMBUS_WRITE_I2C_BLOCK",
    0x10000000: "SMBUS_HOST_NOTIFY",
}
FUNC_I2C = 0x00000001
FUNC_READ_BYTE = 0x00020000
SMBUS_READ = 1
SMBUS_BYTE = 1
SMBUS_REQUEST = "BBIP"  # struct i2c_smbus_ioctl_data: read_write, command, size, data
SMBUS_DATA = 34  # union i2c_smbus_data: a block of 32 bytes, its length, and one for PEC
# EEPROMs that a read can write to (board identity, memory modules), and their write protection.
GUARDED = (range(0x30, 0x38), range(0x50, 0x60))


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """Ask the adapter at `target` (a path, or PATH@...) for its functions.

    Then try the address in `params`.
    """
    path = target.partition("@")[0]
    fd = node_class.open_unless_harmful(record, path)
    if fd is None:
        return
    functions = read_functions(record, fd)
    record.facts["adapter"] = adapter_name(record.facts["node"])
    address: int | None = params.get("address")
    if functions is not None and "register" in params:
        from . import i2c_register

        i2c_register.probe_register(record, path, fd, functions, params)
        os.close(fd)
        return
    if functions is not None and address is not None and may_read(record, address):
        read_address(record, fd, address, functions)
    else:
        address = None
    os.close(fd)
    if functions is not None:
        method = ".funcs" if address is None else f".read_byte({address:#04x})"
        record.library("smbus2", f"SMBus({path!r}){method}", lambda: use_smbus2(path, address))


def read_functions(record: calls.Record, fd: int) -> int | None:
    """The adapter's functions, a bit mask; None when the node is no adapter."""
    size = struct.calcsize("L")
    data = record.ioctl(
        fd, "I2C_FUNCS", I2C_FUNCS, bytes(size), lambda got: hex(struct.unpack("L", got)[0])
    )
    if data is None:
        return None
    functions: int = struct.unpack("L", data)[0]
    record.facts["functions"] = [name for bit, name in FUNCTIONS.items() if functions & bit]
    return functions


def adapter_name(node: dict[str, Any]) -> str:
    """The adapter's name for itself, found by the node's number: its path may be another one."""
    return calls.read_text(f"/sys/dev/char/{node.get('major')}:{node.get('minor')}/name") or ""


def may_read(record: calls.Record, address: int) -> bool:
    """Whether this run may read from the address; a guarded one needs the risk of a write."""
    guarded = any(address in block for block in GUARDED)
    allowed = record.may("write" if guarded else "read")
    if guarded and not allowed:
        record.facts["not_read"] = "a read can write to an EEPROM there: it takes --allow write"
    return allowed


def claim(record: calls.Record, fd: int, address: int) -> bool:
    """Talk to that address from now on, as every app does.

    Never by force: a driver that owns it answers EBUSY.
    """
    return record.ioctl(fd, f"I2C_SLAVE, {address:#04x}", I2C_SLAVE, address) is not None


def read_address(record: calls.Record, fd: int, address: int, functions: int) -> None:
    """Claim the address and read one byte, by SMBus or plain I2C."""
    if not claim(record, fd, address):
        return
    if functions & FUNC_READ_BYTE:
        read_byte(record, fd, address)
    elif functions & FUNC_I2C:
        record.call(
            "read",
            f"1 byte from {address:#04x}",
            lambda: os.read(fd, 1),
            lambda got: f"0x{got.hex()}",
        )
    else:
        record.facts["not_read"] = "the adapter can read neither a byte by SMBus nor plain I2C"


def read_byte(record: calls.Record, fd: int, address: int) -> None:
    """SMBus "receive byte": the address with the read bit, one byte back, nothing written."""
    import ctypes

    data = ctypes.create_string_buffer(SMBUS_DATA)
    request = struct.pack(SMBUS_REQUEST, SMBUS_READ, 0, SMBUS_BYTE, ctypes.addressof(data))
    name = f"I2C_SMBUS, read byte from {address:#04x}"
    record.ioctl(fd, name, I2C_SMBUS, request, lambda _: f"0x{data.raw[0]:02x}")


def use_smbus2(path: str, address: int | None) -> str:
    """What an app gets: the functions, or a byte."""
    import smbus2

    with smbus2.SMBus(path) as bus:
        return (
            f"{bus.read_byte(address):#04x}"
            if address is not None
            else f"functions {int(bus.funcs):#x}"
        )
