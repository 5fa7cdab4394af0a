"""The causes that only I2C has, HW210 to HW219."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule

NO_SUCH_ADAPTER: Final = Rule(
    "HW210",
    "the node is no I2C adapter",
    """\
The path is one of I2C, the device behind it is not: it refuses the ioctl I2C_FUNCS, which every adapter answers, or it
is of a class (serial, watchdog, ...) that was not even opened. The mapping names the wrong device on its left side, or
the node was made by hand with another number.

    devices: ["/dev/i2c-1:/dev/i2c-1"]     # left: the board's node; right: its name in the container
    cat /sys/dev/char/89:1/name            # the adapter behind a number

I2C nodes have major 89. An emulated adapter (CUSE) may have another one; it answers I2C_FUNCS all the same.
""",
    Layer.ENGINE,
)
NO_I2C_DEV: Final = Rule(
    "HW211",
    "the adapter is there, i2c-dev is not loaded",
    """\
/sys/bus/i2c/devices has the adapter, so its controller is enabled and its driver works; what is missing is `i2c-dev`,
the module that makes /dev/i2c-N. `lsmod` then shows for example only i2c_bcm2835, and /proc/devices has no `89 i2c`.
Nothing in the compose file helps, and the module is the board's to load, not the container's.

    sudo modprobe i2c-dev
    echo i2c-dev | sudo tee /etc/modules-load.d/i2c-dev.conf     # at every boot

Told apart from HW212: there no adapter is in /sys either.
""",
    Layer.BOARD,
)
NO_ADAPTER: Final = Rule(
    "HW212",
    "the board has no I2C adapter",
    """\
/sys/bus/i2c/devices is empty: the controller is switched off in the device tree, or the kernel has no I2C. `privileged`
does not help either, since it only hands on the nodes that the board has.

    echo dtparam=i2c_arm=on | sudo tee -a /boot/firmware/config.txt && sudo reboot    # Raspberry Pi
    BALENA_HOST_CONFIG_dtparam = "i2c_arm=on"                                         # balena: device or fleet

Other boards have an overlay for it (armbian-config, /boot/uEnv.txt). After a kernel upgrade, reboot first: drivers of a
kernel whose modules are gone cannot load.
""",
    Layer.BOARD,
)
OTHER_NUMBER: Final = Rule(
    "HW213",
    "the board's adapters have other numbers",
    """\
The board has I2C adapters, but none of this number. Numbers follow the order in which drivers load; they differ between
models and kernels (the header of a Raspberry Pi is 1, of the first models 0; 20 and 21 belong to its displays).

    grep . /sys/class/i2c-dev/*/name       # on the board: which is which
    devices: ["/dev/i2c-7:/dev/i2c-1"]     # the app keeps its name

A udev rule that makes a link (`SYMLINK+="sensors"`) survives renumbering; the engine follows links in `devices`.
""",
    Layer.BOARD,
)
NO_ANSWER: Final = Rule(
    "HW214",
    "nothing answers at the address",
    """\
The container reaches the bus: the node opens and the adapter talks. The device did not acknowledge its address
(EREMOTEIO, ENXIO, EIO) or the transfer never ended (ETIMEDOUT, EAGAIN). No compose field changes this.

Look at power, wiring, the address pins of the part, and whether it is on another bus. A timeout rather than a missing
acknowledge means that a line is held low: no pull-ups, an unpowered part, or one that hangs in a transfer.

    i2cdetect -y 1        # on the board; it writes to what it finds, so not beside EEPROMs
""",
    Layer.BUS,
)
OWNED: Final = Rule(
    "HW215",
    "a driver of the board's kernel owns the address",
    """\
I2C_SLAVE says EBUSY: a kernel driver (a clock, a sensor, an expander) is bound to that address. Something is there, and
it already has a user. I2C_SLAVE_FORCE would talk past the driver and confuse both; hwaccess never does.

    ls /sys/bus/i2c/devices/1-0068/driver      # who

Use what the driver offers (/dev/rtc0, /sys/class/hwmon, /sys/bus/iio), or remove the overlay that binds it and restart.
""",
    Layer.BUSY,
)
NOT_READ: Final = Rule(
    "HW216",
    "the device was not read or written, so nothing is known of it",
    """\
Addresses 0x30 to 0x37 and 0x50 to 0x5f are read only with `--allow write`: EEPROMs live there (board identity, memory
modules, HATs), some take a read with the wrong address width for a write, and boards have been lost that way. The
rule also stands where the adapter can read neither a byte by SMBus nor by plain I2C, or fails in a way that fits no
known cause.

A register that holds the value of `registers` already is not written: reading it back would show nothing. Name another
value.

    hwaccess check FILE --allow write     # only when you know what is at the address
""",
)
LIBRARY: Final = Rule(
    "HW217",
    "the system calls work, smbus2 does not",
    """\
The node opens and the adapter answers, but smbus2 raises an error with the same path. So the container, the board and
the bus are fine; the library in this place is broken, too old, or compiled for something else. Its message is in the
evidence.

    pip install --upgrade smbus2
""",
    Layer.USERLAND,
)
NOT_KEPT: Final = Rule(
    "HW218",
    "the register did not keep what was written",
    """\
The device answers and a byte could be read from the register, but the byte that was written is not what came back, or
the device did not acknowledge it. The container reaches the bus; no compose field changes this.

- The old byte came back: the register is read-only or locked (a lock bit, a write-protect pin), or another part than
  expected sits at the address (read its identity register).
- Something else came back: only some bits can be written (name a value that the register can hold), it changes by
  itself (a counter, a measurement, inputs), or it is wider than a byte.
- Not acknowledged (EREMOTEIO, ENXIO, EIO): a write-protected EEPROM, or a part that is busy.

    i2cget -y 1 0x48 0x02     # on the board
""",
    Layer.BUS,
)
NOT_PUT_BACK: Final = Rule(
    "HW219",
    "the register was written and does not hold again what it held",
    """\
A check of `registers` writes back the byte that was there, also when something fails in between, and reads it once
more. Here that read failed, or another byte came. The device is not as it was. The summary has the byte that belongs
there; this writes it again:

    sudo i2cset -y 1 0x48 0x02 0x1a     # bus, address, register, byte: the check's remedy has yours

A register that changes by itself (a counter, a measurement, inputs) shows as this too, for nobody can tell the two
apart. Such a register is none to check by writing: take one that only holds a setting.
""",
    Layer.BUS,
)
RULES: Final = (
    NO_SUCH_ADAPTER,
    NO_I2C_DEV,
    NO_ADAPTER,
    OTHER_NUMBER,
    NO_ANSWER,
    OWNED,
    NOT_READ,
    LIBRARY,
    NOT_KEPT,
    NOT_PUT_BACK,
)
