"""The causes that only SPI has, HW230 to HW239."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule

NOT_SPI: Final = Rule(
    "HW230",
    "the node is no SPI device",
    """\
The path is one of SPI, the device behind it is not: it refuses the ioctl SPI_IOC_RD_MODE, which spidev always answers,
or it is of a class (serial, watchdog, ...) that was not even opened. The mapping names the wrong device on its left
side, or the node was made by hand with another number.

    devices: ["/dev/spidev0.0:/dev/spidev0.0"]     # left: the board's node; right: its name in the container

SPI nodes have major 153.
""",
    Layer.ENGINE,
)
NOT_BOUND: Final = Rule(
    "HW231",
    "the SPI device is there, spidev is not bound to it",
    """\
/sys/bus/spi/devices has the device and no driver link beside it. Kernels since 5.15 no longer bind spidev to a device
tree node that calls itself just "spidev"; they want the name of a real part, or to be told.

    echo spidev | sudo tee /sys/bus/spi/devices/spi0.0/driver_override
    echo spi0.0 | sudo tee /sys/bus/spi/drivers/spidev/bind

A udev rule does it at every boot. When /sys/bus/spi/drivers/spidev is missing: `sudo modprobe spidev`.
""",
    Layer.BOARD,
)
OTHER_DRIVER: Final = Rule(
    "HW232",
    "the SPI device belongs to another driver of the board",
    """\
The chip select is used by a kernel driver (a touch screen, a CAN controller, a display), so spidev has no node for it.
That is no fault of the container: the device has an owner.

    ls -l /sys/bus/spi/devices/spi0.1/driver      # who

Use what the driver offers (`can0`, /dev/input, /dev/fb1), another chip select, or remove the overlay that binds it.
""",
    Layer.BUSY,
)
NO_DEVICE: Final = Rule(
    "HW233",
    "the board has no SPI device",
    """\
/sys/bus/spi/devices is empty: the controller is switched off in the device tree, or the kernel has no SPI. `privileged`
does not help either, since it only hands on the nodes that the board has.

    echo dtparam=spi=on | sudo tee -a /boot/firmware/config.txt && sudo reboot     # Raspberry Pi
    BALENA_HOST_CONFIG_dtparam = "spi=on"                                          # balena: device or fleet

Other boards have an overlay for it (armbian-config, /boot/uEnv.txt).
""",
    Layer.BOARD,
)
OTHER_NUMBER: Final = Rule(
    "HW234",
    "the board's SPI devices have other numbers",
    """\
The board has SPI devices, but not this bus and chip select. Bus numbers differ between models (the header of a Pi 5 is
bus 0 or 10, by kernel), and each overlay brings its own chip selects (`spi0-1cs`, `spi1-3cs`).

    ls /dev/spidev*                                # on the board
    devices: ["/dev/spidev10.0:/dev/spidev0.0"]    # the app keeps its name
""",
    Layer.BOARD,
)
LIBRARY: Final = Rule(
    "HW235",
    "the system calls work, the library spidev does not",
    """\
The node opens and spidev answers, but the Python library of the same name raises an error. The container and the board
are fine; the library in this place is broken, too old, or compiled for something else. Its message is in the evidence.

    pip install --upgrade spidev
""",
    Layer.USERLAND,
)
RULES: Final = (NOT_SPI, NOT_BOUND, OTHER_DRIVER, NO_DEVICE, OTHER_NUMBER, LIBRARY)
