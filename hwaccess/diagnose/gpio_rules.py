"""The causes that only GPIO has, HW220 to HW229."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule

NOT_A_CHIP: Final = Rule(
    "HW220",
    "the node is no GPIO chip",
    """\
The path is one of GPIO, the device behind it is not: it refuses the ioctl GPIO_GET_CHIPINFO, which every chip answers,
or it is of a class (serial, watchdog, ...) that was not even opened. The mapping names the wrong device on its left
side, or a node was made by hand: the major of gpiochip is dynamic (254 on many boards, something else on others).

    grep gpiochip /proc/devices
    devices: ["/dev/gpiochip0:/dev/gpiochip0"]     # left: the board's node; right: its name in the container
""",
    Layer.ENGINE,
)
OTHER_NUMBER: Final = Rule(
    "HW221",
    "the board's GPIO chips have other numbers",
    """\
The board has GPIO chips, but none of this number. The header of a Pi 5 was gpiochip4, then gpiochip0, then gpiochip11
and more, by kernel; a name in a compose file does not survive that, nor does one in a library.

    gpiodetect                                       # on the board; the header is pinctrl-rp1, pinctrl-bcm2711, ...
    devices: ["/dev/gpiochip11:/dev/gpiochip0"]      # the app keeps its name

A udev rule that makes a link for the label does survive; the engine follows links in `devices`:

    SUBSYSTEM=="gpio", KERNEL=="gpiochip*", ATTR{label}=="pinctrl-rp1", SYMLINK+="gpio-header"
""",
    Layer.BOARD,
)
NO_CHIP: Final = Rule(
    "HW222",
    "the board has no GPIO chip",
    """\
/sys/bus/gpio/devices has no chip: the controller's driver is not loaded, or the kernel was built without GPIO_CDEV, as
most kernels of servers and virtual machines are. Nothing in a compose file changes that.

    gpiodetect; zgrep GPIO_CDEV /proc/config.gz
    sudo modprobe gpio-sim      # an emulated chip, where the kernel has the module
""",
    Layer.BOARD,
)
NO_MEMORY: Final = Rule(
    "HW223",
    "the board has no such gpiomem node",
    """\
/dev/gpiomem gives the GPIO registers without root. Only kernels of Raspberry Pi OS and balenaOS have the driver; 64-bit
kernels of other distributions do not. A Pi 5 has /dev/gpiomem0 to gpiomem4 instead, and libraries that write registers
of older models do not work there at all.

    devices: ["/dev/gpiochip0"]          # and lgpio or gpiod, which work on all models
""",
    Layer.BOARD,
)
LINE_MISSING: Final = Rule(
    "HW224",
    "the chip has no such line",
    """\
The chip is reachable and has no line of the name or offset that `x-hwaccess` names. Names come from the device tree and
differ between models; offsets count from 0 within the chip, and are not the numbers of sysfs (which start at 512 on new
kernels) nor those of the header's pins.

    gpioinfo                              # on the board
    x-hwaccess: {reach: [{gpio: /dev/gpiochip0, lines: [GPIO17]}]}

When all lines are missing it is probably another chip: see HW221.
""",
    Layer.BOARD,
)
LINE_BUSY: Final = Rule(
    "HW225",
    "a line is in use",
    """\
The line has a consumer: a kernel driver (`spi0 CS0`, a regulator, a LED), an export in /sys/class/gpio ("sysfs"), or
another process. An app that requests it gets EBUSY, whatever its rights. The consumer's name is in the evidence;
nothing was requested to find out.

    gpioinfo | grep -w GPIO8
    dtoverlay=spi0-0cs                    # for example: SPI without its chip selects
    echo 520 | sudo tee /sys/class/gpio/unexport
""",
    Layer.BUSY,
)
FIRMWARE_MASKED: Final = Rule(
    "HW226",
    "gpiozero cannot tell the board, because /sys/firmware is masked",
    """\
The chip is reachable. gpiozero also wants the Pi's revision, for every pin and with every backend, and reads it from
/proc/device-tree, a link into /sys/firmware, over which engines put an empty tmpfs. /proc/cpuinfo is its second source;
mainline kernels have no `Revision` there. `GPIOZERO_PIN_FACTORY=lgpio` chooses the backend and does not help with this.

    security_opt: ["systempaths=unconfined"]     # unmasks everything; AppArmor may still refuse

Narrower: use lgpio or gpiod directly. For a library that lets you name the place, bind it elsewhere, since binds below
/sys/firmware are covered as well:

    volumes: ["/sys/firmware/devicetree/base:/device-tree:ro"]
""",
    Layer.MOUNT,
)
GPIOZERO_FAILS: Final = Rule(
    "HW227",
    "the chip is reachable, gpiozero fails",
    """\
The system calls work and gpiozero raises an error; its words are in the evidence. Frequent ones:

- `unable to locate Pi revision`: the board is no Raspberry Pi, or hides its revision (HW226 when it is masked)
- `can not open gpiochip`: lgpio takes chip 0 (4 on a Pi 5 when there is one); map the header's chip under that name
- `.lgd-nfy`: lgpio makes a pipe in the working directory; set `LG_WD=/tmp` or `working_dir` on a read-only root
- connection refused on port 8888: the backend pigpio, and no pigpiod where the service can reach it

Without GPIOZERO_PIN_FACTORY gpiozero tries lgpio, RPi.GPIO, pigpio and its own backend in turn, and names no cause.
""",
    Layer.USERLAND,
)
LINES_UNKNOWN: Final = Rule(
    "HW228",
    "the kernel did not tell the chip's lines",
    """\
The chip answers and neither version of GPIO_GET_LINEINFO does, so whether the named lines are there and free is not
known. Kernels from 4.8 on answer the first version, from 5.10 on the second too; an emulated chip may answer none.

    gpioinfo                 # on the board: does it answer there?
    uname -r                 # in the container: the same kernel, whatever its image
""",
)
RULES: Final = (
    NOT_A_CHIP,
    OTHER_NUMBER,
    NO_CHIP,
    NO_MEMORY,
    LINE_MISSING,
    LINE_BUSY,
    FIRMWARE_MASKED,
    GPIOZERO_FAILS,
    LINES_UNKNOWN,
)
