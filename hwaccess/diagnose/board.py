"""What a board lacks, seen in its facts alone: HW080 to HW089, the end of `hwaccess doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.model import Layer, Rule
from hwaccess.words import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.facts import BoardFacts, BoardNode

I2C_WITHOUT_NODE: Final = Rule(
    "HW080",
    "the board has an I2C adapter without a device node",
    """\
The kernel knows the adapter (/sys/bus/i2c/devices/i2c-N), and nothing made /dev/i2c-N for it: the driver `i2c-dev` is
not loaded. The bus is on; a setting such as `dtparam=i2c_arm=on` is not what is missing. No compose line helps, for
there is no node to map.

    sudo modprobe i2c-dev
    echo i2c-dev | sudo tee /etc/modules-load.d/i2c-dev.conf   # at every start

Load it on the board. From a container it takes SYS_MODULE and the board's /lib/modules, for one node.
""",
    Layer.BOARD,
)
NO_MODULE_TREE: Final = Rule(
    "HW081",
    "the board has no modules for the kernel that it runs",
    """\
/lib/modules holds no folder named like `uname -r`. Nearly always the kernel package was upgraded and the board has not
been started again: the old kernel runs, and only the new one's modules are there. Every driver that is not loaded yet
then fails, `i2c-dev`, `spidev` and USB serial ones alike, with "Module not found".

    uname -r; ls /lib/modules
    sudo reboot

A board whose folder is missing after that boots a kernel of its own (look at its boot partition).
""",
    Layer.BOARD,
)
SPI_WITHOUT_DRIVER: Final = Rule(
    "HW082",
    "the board has an SPI device that no driver is bound to",
    """\
The device is in /sys/bus/spi/devices and has no `driver` link, so there is no /dev/spidevX.Y. Either the driver is not
loaded, or the device tree describes a chip whose own driver the kernel lacks.

    sudo modprobe spidev
    ls -l /sys/bus/spi/devices/spi0.0/driver

A device of another name than `spidev` is given to it by hand, until the next start:

    echo spidev | sudo tee /sys/bus/spi/devices/spi0.0/driver_override
    echo spi0.0 | sudo tee /sys/bus/spi/drivers/spidev/bind
""",
    Layer.BOARD,
)
GPIO_WITHOUT_NODE: Final = Rule(
    "HW083",
    "the board has a GPIO chip without a device node",
    """\
The kernel has the chip and /dev has no gpiochipN for it. The kernel was built without the character device
(CONFIG_GPIO_CDEV), or nothing fills /dev (no devtmpfs, no udev). What is left is /sys/class/gpio, which is old, global
to the board and read-only in a container.

    zcat /proc/config.gz | grep GPIO_CDEV
""",
    Layer.BOARD,
)
NOT_READ: Final = Rule(
    "HW084",
    "the board itself could not be read",
    """\
Nothing under the board's /dev, /sys and /proc could be read, so `hwaccess` knows only what the engine says. A check can
still tell that an access is blocked; whether the board has the hardware at all it cannot tell.

The board is read directly when hwaccess runs on it, else in a container of its own. The engine must be allowed to
mount / read-only into that container: rootless engines, Docker Desktop and some hardened hosts do not allow it.
""",
)
ROOT_ONLY: Final = Rule(
    "HW085",
    "only root may use the nodes of a bus",
    """\
The nodes belong to root and to no group that a service could join, so a service with `user:` other than root is refused
by owner and mode whatever compose gives it. Make a group and a udev rule on the board:

    sudo groupadd --system i2c
    echo 'SUBSYSTEM=="i2c-dev", GROUP="i2c", MODE="0660"' | sudo tee /etc/udev/rules.d/60-i2c.rules
    sudo udevadm control --reload && sudo udevadm trigger

and give the service the number of the group (names are looked up in the image): `group_add: ["998"]`.
""",
    Layer.PERMISSION,
)
BUS_OFF: Final = Rule(
    "HW086",
    "a Raspberry Pi whose I2C or SPI bus is off",
    """\
The board is a Raspberry Pi and its kernel has no adapter for the bus on the header. Both are off until the firmware is
told otherwise, in config.txt (/boot/firmware/config.txt, older systems /boot/config.txt; on balenaOS in the device or
fleet configuration, as RESIN_HOST_CONFIG_dtparam or BALENA_HOST_CONFIG_dtparam):

    dtparam=i2c_arm=on
    dtparam=spi=on

and a new start. With Raspberry Pi OS: `sudo raspi-config nonint do_i2c 0`, which also loads i2c-dev.
""",
    Layer.BOARD,
)
NOT_BUILT: Final = Rule(
    "HW087",
    "the board's kernel was built without the driver that makes the node",
    """\
The bus is there and the driver that makes its nodes (CONFIG_I2C_CHARDEV, CONFIG_SPI_SPIDEV) is not: it was left out
when the kernel was built. No module can be loaded for it.

    zcat /proc/config.gz | grep -E 'I2C_CHARDEV|SPI_SPIDEV'

Use a kernel that has it. A module built for exactly this kernel works too where CONFIG_MODULES is set.
""",
    Layer.BOARD,
)
ENGINE_ELSEWHERE: Final = Rule(
    "HW088",
    "the engine does not see the board's hardware as it is",
    """\
Docker Desktop runs the engine in a virtual machine: its /dev is that machine's. A rootless engine, or one with
userns-remap, runs containers in a user namespace, where root is an ordinary user of the board: nodes are judged by
owner, group and mode, and capabilities such as SYS_RAWIO or SYS_MODULE count for nothing on the board.

Install the native engine and use its socket:

    docker context ls; docker context use default

For userns-remap a single service leaves the namespace with `userns_mode: host`.
""",
    Layer.USER_NAMESPACE,
)
LOCKED_DOWN: Final = Rule(
    "HW089",
    "the board's kernel is locked down",
    """\
/sys/kernel/security/lockdown is at `integrity` or `confidentiality`, as secure boot sets it. Whatever its capabilities,
no process may open /dev/mem or /dev/port, use MSRs or iopl, or load a module without a signature that the kernel
trusts. Drivers with a node of their own (I2C, SPI, GPIO, serial) work as always.

    cat /sys/kernel/security/lockdown

Use the driver instead of the memory. Only the board's owner lifts lockdown, in the firmware's secure boot settings.
""",
    Layer.LOCKDOWN,
)
RULES: Final = tuple(value for value in vars().copy().values() if isinstance(value, Rule))

BUSES: Final = {"i2c-dev": "/dev/i2c-", "spidev": "/dev/spidev", "gpio": "/dev/gpiochip"}


def missing(facts: BoardFacts) -> tuple[Finding, ...]:
    """What the board lacks, each with the command that mends it; the remedies are for a shell on the board."""
    found = [*_engine(facts)]
    if facts.complete:
        found += [*_modules(facts), *_i2c(facts), *_spi(facts), *_gpio(facts), *_groups(facts)]
    return tuple(found)


def _warning(rule: Rule, summary: str, remedy: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(rule.id, severity, summary, remedy=remedy)


def _engine(facts: BoardFacts) -> Iterator[Finding]:
    if not facts.complete:
        yield _warning(NOT_READ, "the board's own files could not be read", "run hwaccess on the board itself")
    if "docker desktop" in facts.engine_os.lower():
        summary = "the engine is Docker Desktop's: its hardware is that of a virtual machine"
        yield _warning(ENGINE_ELSEWHERE, summary, "docker context use default")
    elif facts.daemon_user_namespace:
        summary = "the engine runs containers in a user namespace: their root is not the board's"
        yield _warning(ENGINE_ELSEWHERE, summary, "docker context use default")
    if facts.lockdown not in ("", "none"):
        summary = f"kernel lockdown is at {facts.lockdown}: no raw memory, ports or unsigned modules"
        yield _warning(LOCKED_DOWN, summary, "mokutil --sb-state", Severity.NOTE)


def _modules(facts: BoardFacts) -> Iterator[Finding]:
    if facts.has_modules and facts.kernel not in facts.module_trees:
        there = f"it has {', '.join(facts.module_trees)}" if facts.module_trees else "it has none at all"
        yield _warning(NO_MODULE_TREE, f"no /lib/modules/{facts.kernel}: {there}", "sudo reboot")


def _i2c(facts: BoardFacts) -> Iterator[Finding]:
    lacking = [f"i2c-{adapter.number}" for adapter in facts.i2c if not adapter.has_node]
    if lacking:
        yield _no_node(
            facts, I2C_WITHOUT_NODE, f"no node for I2C adapter {', '.join(lacking)}", "I2C_CHARDEV", "i2c-dev"
        )
    if not facts.i2c and _is_raspberry(facts):
        yield _bus_off("I2C", "i2c_arm=on")


def _spi(facts: BoardFacts) -> Iterator[Finding]:
    lacking = [device for device in facts.spi if " " not in device]
    if lacking:
        yield _no_node(
            facts, SPI_WITHOUT_DRIVER, f"no driver for SPI device {', '.join(lacking)}", "SPI_SPIDEV", "spidev"
        )
    if not facts.spi and _is_raspberry(facts):
        yield _bus_off("SPI", "spi=on")


def _no_node(facts: BoardFacts, rule: Rule, summary: str, option: str, module: str) -> Finding:
    """A bus without its nodes: the driver is to be loaded, unless the kernel does not have it."""
    if facts.config_value(option) == "n":
        told = f"{summary}, and the kernel was built without CONFIG_{option}"
        return _warning(NOT_BUILT, told, f"zcat /proc/config.gz | grep {option}")
    return _warning(rule, summary, f"sudo modprobe {module}")


def _is_raspberry(facts: BoardFacts) -> bool:
    return facts.model.startswith("Raspberry Pi")


def _bus_off(bus: str, setting: str) -> Finding:
    remedy = f"echo dtparam={setting} | sudo tee -a /boot/firmware/config.txt && sudo reboot"
    return _warning(BUS_OFF, f"the {bus} bus of this Raspberry Pi is off", remedy, Severity.NOTE)


def _gpio(facts: BoardFacts) -> Iterator[Finding]:
    lacking = [chip for chip in facts.gpio_chips if facts.node(f"/dev/{chip}") is None]
    if lacking:
        summary = f"no node for GPIO chip {', '.join(lacking)}"
        yield _warning(GPIO_WITHOUT_NODE, summary, "zcat /proc/config.gz | grep GPIO_CDEV")


def _groups(facts: BoardFacts) -> Iterator[Finding]:
    for bus, prefix in BUSES.items():
        nodes = [node for node in facts.nodes if node.path.startswith(prefix) and not node.link]
        if nodes and all(map(_for_root_alone, nodes)):
            group = bus.removesuffix("-dev").replace("spidev", "spi")
            rule = f'SUBSYSTEM=="{bus}", GROUP="{group}", MODE="0660"'
            remedy = (
                f"getent group {group} || sudo groupadd --system {group}; "
                f"echo '{rule}' | sudo tee /etc/udev/rules.d/60-{group}.rules && sudo udevadm trigger"
            )
            names = ", ".join(node.path for node in nodes)
            yield _warning(ROOT_ONLY, f"only root may use {names}", remedy, Severity.NOTE)


def _for_root_alone(node: BoardNode) -> bool:
    """Whether neither a group other than root's nor everybody may read and write."""
    by_group = node.gid != 0 and node.mode & 0o060 == 0o060
    return not by_group and node.mode & 0o006 != 0o006
