"""Physical memory and ports as nodes: /dev/mem, /dev/port, /dev/kmem; one page is mapped when an address is named."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.access.nodes import expected_wants, node_wants
from hwaccess.diagnose import rules
from hwaccess.diagnose.capability import capability_evidence, confinement_of
from hwaccess.diagnose.ladder import judge_open, lockdown_line, node_of, observation_of
from hwaccess.diagnose.verdicts import board_remedy, calls_of, reached, stopped
from hwaccess.model import Layer, Outcome, Rule
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "mem"
SUMMARY: Final = "physical memory: /dev/mem, /dev/port, /dev/kmem, and one page of it when an address is named"
IMPLIES_DENY: Final = True
DEFAULT: Final = "/dev/mem"
OPTIONS: Final = {"/dev/mem": "DEVMEM", "/dev/port": "DEVPORT", "/dev/kmem": "DEVKMEM"}
STRICT: Final = ("STRICT_DEVMEM", "IO_STRICT_DEVMEM")
PARAMS: Final[Mapping[str, object]] = {
    "address": {
        "type": "integer",
        "minimum": 0,
        "description": "a physical address whose page must be mappable; it is mapped and not read, risk read",
    }
}

NOT_BUILT: Final = Rule(
    "HW240",
    "the board's kernel is built without this node",
    """\
/dev/mem, /dev/port and /dev/kmem exist only when the kernel has CONFIG_DEVMEM, CONFIG_DEVPORT, CONFIG_DEVKMEM; the last
is gone for good since Linux 5.13. A node that was made by hand then answers ENXIO. No grant changes it.

    zcat /proc/config.gz | grep -E 'CONFIG_DEV(K?MEM|PORT)'      # on the board

For GPIO, I2C and SPI there are nodes that need no raw memory: /dev/gpiochipN, /dev/gpiomem, /dev/i2c-N, /dev/spidevB.C.
""",
    Layer.BOARD,
)
STRICT_DEVMEM: Final = Rule(
    "HW241",
    "the kernel lets /dev/mem be opened, and not this page be mapped",
    """\
open(2) works and mmap(2) says EPERM. CONFIG_STRICT_DEVMEM refuses system memory; CONFIG_IO_STRICT_DEVMEM refuses every
region that a driver has claimed, too. Root on the board is refused alike, so it is no matter of the container.

    sudo cat /proc/iomem                                            # who owns the address
    zcat /proc/config.gz | grep STRICT_DEVMEM
    dmesg | grep 'tried to access /dev/mem'

Use the driver that owns the region (gpiochip, pwm, spidev, uio), unbind it, or boot with `iomem=relaxed`.
Told apart: EPERM at open(2) is the capability (HW140) or lockdown (HW180).
""",
    Layer.BOARD,
)
BAD_ADDRESS: Final = Rule(
    "HW242",
    "the address cannot be mapped on this board",
    """\
mmap(2) says EINVAL or ENXIO: the processor has no such physical address, or the page does not exist. The base of the
peripherals differs between boards: 0x20000000 on the first Raspberry Pi, 0x3f000000 on 2 and 3, 0xfe000000 on 4, and
behind PCI Express on 5. Libraries that guess it from the model go wrong when /sys/firmware is masked.

    sudo cat /proc/iomem
""",
    Layer.BOARD,
)
MAP_FORBIDDEN: Final = Rule(
    "HW243",
    "a security module lets /dev/mem be opened, and not be mapped",
    """\
open(2) works and mmap(2) says EACCES: SELinux has a permission `map` of its own, apart from read and write. The audit
log of the board names the type that is refused.

    sudo ausearch -m avc -ts recent | grep map
""",
    Layer.LSM,
)
RULES: Final = (NOT_BUILT, STRICT_DEVMEM, BAD_ADDRESS, MAP_FORBIDDEN)


def claims(name: str) -> bool:
    """Whether a node of this name is ours."""
    return name in OPTIONS


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """The nodes that `devices` and `volumes` bring in."""
    return node_wants(service, board, claims)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The named node, or what the grants bring in; with an address also a page of it, as a target of its own."""
    address = dict(expectation.params).get("address")
    for want in expected_wants(expectation, service, board, claims, DEFAULT):
        yield want
        if isinstance(address, int):
            yield Want(f"{want.target}@{address:#x}", Risk.READ, {"address": address}, want.grants)


def judge(case: Case) -> Verdict:
    """The open by the shared ladder, then the mapping."""
    refused = judge_open(case)
    if refused is not None:
        return explain(case, refused)
    mapped = observation_of(case).call("mmap")
    path = node_of(case).path
    if mapped is None:
        return reached(f"{path} opens for reading and writing", case.observation)
    if mapped.errno is None:
        return reached(f"{path} opens, and {case.check.target.partition('@')[2]} can be mapped", case.observation)
    return judge_mapping(case, mapped.errno)


def explain(case: Case, refused: Verdict) -> Verdict:
    """What the ladder cannot know: a kernel without the node, and that GPIO needs no raw memory."""
    node = node_of(case)
    option = OPTIONS.get(node.path, "DEVMEM")
    missing = refused.layer is Layer.BOARD and node.kind in ("absent", "char")
    if missing and case.board.config_value(option) == "n":
        evidence = (*refused.evidence, f"CONFIG_{option} is not set")
        remedy = board_remedy(
            f"use the nodes of gpiochip, i2c-dev or spidev instead, or a kernel with CONFIG_{option}=y"
        )
        return stopped(NOT_BUILT, f"the board's kernel is built without {node.path}", evidence, remedy=remedy)
    if refused.remedy is None or refused.layer not in (Layer.CAPABILITY, Layer.ENGINE):
        return refused
    instead = gpio_nodes(case.board)
    if not instead:
        return refused
    text = f"{refused.remedy.text}; for GPIO alone {instead} is enough and needs no capability"
    return replace(refused, remedy=replace(refused.remedy, text=text))


def gpio_nodes(board: BoardFacts) -> str:
    """The board's node that gives GPIO without raw memory, "" when it has none."""
    paths = [node.path for node in board.nodes]
    return next((path for start in ("/dev/gpiomem", "/dev/gpiochip") for path in paths if path.startswith(start)), "")


def judge_mapping(case: Case, errno: str) -> Verdict:
    """Why a page cannot be mapped although the node opens."""
    target = case.check.target
    strict = (f"CONFIG_{name}={case.board.config_value(name) or 'not told'}" for name in STRICT)
    evidence = (*calls_of(case.observation), *strict, lockdown_line(case))
    match errno:
        case "EPERM":
            told = (*evidence, capability_evidence(confinement_of(case), "SYS_RAWIO"))
            remedy = board_remedy(
                "use the driver that owns the region: sudo cat /proc/iomem; or boot with iomem=relaxed"
            )
            summary = f"the kernel does not let {target} be mapped"
            return stopped(STRICT_DEVMEM, summary, told, remedy=remedy, outcome=Outcome.BLOCKED)
        case "EACCES":
            return stopped(MAP_FORBIDDEN, f"the security module does not let {target} be mapped", evidence)
        case "EINVAL" | "ENXIO":
            remedy = board_remedy("find the address on the board: sudo cat /proc/iomem")
            summary = f"there is nothing to map at {target} ({errno})"
            return stopped(BAD_ADDRESS, summary, evidence, remedy=remedy)
        case _:
            summary = f"mmap of {target} fits no known cause ({errno})"
            return stopped(rules.UNEXPLAINED, summary, evidence, outcome=Outcome.UNKNOWN)
