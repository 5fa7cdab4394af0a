"""Judging the access `i2c`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.access.i2c import register as i2c_register
from hwaccess.access.i2c import rules as i2c_rules
from hwaccess.diagnose.ladder import judge_no_device, node_of, observation_of
from hwaccess.diagnose.node_judge import (
    answer_to,
    enable,
    evidence_of,
    failed_library,
    judge_node,
    map_the_right_one,
    missing_path,
    not_rebooted,
    use_instead,
)
from hwaccess.diagnose.verdicts import board_remedy, calls_of, image_remedy, reached, stopped
from hwaccess.model import Outcome

if TYPE_CHECKING:
    from hwaccess.facts import BoardFacts
    from hwaccess.model import Call, Case, Observation, Remedy, Verdict
from hwaccess.access.i2c import NODE

STUCK: Final = ("ETIMEDOUT", "EAGAIN")


def judge(case: Case) -> Verdict:
    """Causes on the board that only I2C has, the ladder, and then the chip itself.

    The chip's steps are the adapter, the address, the register, and last the library.
    """
    host = missing_path(case)
    missing = judge_missing(case, host) if host else None
    adapter = missing or judge_node(case) or judge_adapter(case)
    return adapter or judge_address(case) or i2c_register.judge(case) or judge_library(case)


def judge_missing(case: Case, host: str) -> Verdict | None:
    """Why the board has no such node.

    There is no adapter at all, none of that number, or an adapter without i2c-dev.
    """
    number = NODE.fullmatch(host)
    if number is None:
        return None
    board = case.board
    adapters = tuple(f"i2c-{adapter.number} {adapter.name}" for adapter in board.i2c)
    told = (*calls_of(case.observation), f"adapters of the board: {', '.join(adapters) or 'none'}")
    also = not_rebooted(board)
    if not adapters:
        summary = f"the board has no I2C adapter, so no {host}"
        return stopped(
            i2c_rules.NO_ADAPTER, summary, told, remedy=switch_on(board), also_possible=also
        )
    adapter = next(
        (adapter for adapter in board.i2c if adapter.number == int(number.group(1))), None
    )
    if adapter is None:
        usable = [f"/dev/i2c-{other.number}" for other in board.i2c if other.has_node]
        remedy = (
            use_instead(case, host, usable[0])
            if len(usable) == 1
            else board_remedy("see which: ls /dev/i2c-*")
        )
        summary = f"the board has no adapter {number.group(1)}; it has {', '.join(adapters)}"
        return stopped(i2c_rules.OTHER_NUMBER, summary, told, remedy=remedy, also_possible=also)
    if adapter.has_node:
        return None
    remedy = board_remedy(
        "sudo modprobe i2c-dev && echo i2c-dev | sudo tee /etc/modules-load.d/i2c-dev.conf"
    )
    if board.config_value("I2C_CHARDEV") == "n":
        remedy = board_remedy(
            "use a kernel that is built with CONFIG_I2C_CHARDEV; this one has no i2c-dev"
        )
    summary = f"the board has the adapter {adapter.name}, and no {host}: i2c-dev is not loaded"
    return stopped(i2c_rules.NO_I2C_DEV, summary, told, remedy=remedy, also_possible=also)


def switch_on(board: BoardFacts) -> Remedy:
    """The controller; no device tree helps a kernel that has no I2C in it."""
    if board.config_value("I2C") == "n":
        return board_remedy(
            "use a kernel that is built with CONFIG_I2C; this one has no I2C at all"
        )
    return enable(board, "i2c_arm=on")


def judge_adapter(case: Case) -> Verdict | None:
    """Whether an I2C adapter is behind the node that opened."""
    observation, node = observation_of(case), node_of(case)
    evidence = evidence_of(case)
    not_opened = observation.facts.text("not_opened", "")
    if not_opened:
        told = (*evidence, f"not opened: {not_opened}")
        device_class = observation.facts.text("class", "")
        summary = f"{node.path} is a device of class {device_class}, no I2C adapter"
        return stopped(i2c_rules.NO_SUCH_ADAPTER, summary, told, remedy=map_the_right_one(case))
    functions = answer_to(observation, "I2C_FUNCS")
    if functions is None or not functions.errno:
        return None
    if functions.errno in ("ENODEV", "ENXIO"):
        return judge_no_device(node, functions, evidence)
    summary = f"{node.path} is no I2C adapter: I2C_FUNCS says {functions.errno}"
    return stopped(i2c_rules.NO_SUCH_ADAPTER, summary, evidence, remedy=map_the_right_one(case))


def judge_address(case: Case) -> Verdict | None:
    """Whether something answers at the address that the check names.

    None when it does or none is named.
    """
    address = dict(case.check.params).get("address")
    if not isinstance(address, int):
        return None
    observation = observation_of(case)
    client = known_client(case, address)
    evidence = (*evidence_of(case), *((f"the board's kernel has {client}",) if client else ()))
    not_read = observation.facts.text("not_read", "")
    if not_read:
        summary = f"{address:#04x} was not read: {not_read}"
        return stopped(i2c_rules.NOT_READ, summary, evidence, outcome=Outcome.UNKNOWN)
    claimed = answer_to(observation, "I2C_SLAVE")
    read = answer_to(observation, "I2C_SMBUS") or observation.call("read")
    if claimed is None or (read is None and not claimed.errno):
        summary = f"nothing was read from {address:#04x}"
        return stopped(i2c_rules.NOT_READ, summary, evidence, outcome=Outcome.UNKNOWN)
    return judge_claim(claimed, address, client, evidence) or (
        judge_read(read, address, evidence) if read else None
    )


def known_client(case: Case, address: int) -> str:
    """What the board's kernel has at that address of the adapter, as "1-0068 ds3231".

    "" when nothing.
    """
    minor = node_of(case).minor
    clients = (
        client
        for adapter in case.board.i2c
        if adapter.number == minor
        for client in adapter.clients
    )
    return next(
        (client for client in clients if client.split(" ")[0] == f"{minor}-{address:04x}"), ""
    )


def judge_claim(
    claimed: Call, address: int, client: str, evidence: tuple[str, ...]
) -> Verdict | None:
    """I2C_SLAVE says EBUSY when a driver of the board has the address.

    It is never taken by force.
    """
    if not claimed.errno:
        return None
    if claimed.errno == "EBUSY":
        summary = (
            f"a driver of the board's kernel owns {address:#04x}{f' ({client})' if client else ''}"
        )
        remedy = board_remedy(
            "use what the driver offers (/sys/class/hwmon, /dev/rtc0, ...), "
            "or take its overlay away"
        )
        return stopped(i2c_rules.OWNED, summary, evidence, remedy=remedy)
    summary = f"{address:#04x} cannot be used: {claimed}"
    return stopped(i2c_rules.NOT_READ, summary, evidence, outcome=Outcome.UNKNOWN)


def judge_read(read: Call, address: int, evidence: tuple[str, ...]) -> Verdict | None:
    """Whether the byte came."""
    if not read.errno:
        return None
    if read.errno not in i2c_register.SILENCE:
        summary = f"reading from {address:#04x} fits no known cause: {read.errno}"
        return stopped(i2c_rules.NOT_READ, summary, evidence, outcome=Outcome.UNKNOWN)
    also = (
        ("SDA or SCL is held low: no pull-up, no power, or a device that hangs",)
        if read.errno in STUCK
        else ()
    )
    summary = f"nothing answers at {address:#04x} ({read.errno})"
    return stopped(
        i2c_rules.NO_ANSWER, summary, evidence, also_possible=also, outcome=Outcome.ABSENT
    )


def judge_library(case: Case) -> Verdict:
    """smbus2 makes the same calls, so when it fails after they worked, it is smbus2."""
    observation = observation_of(case)
    failed = failed_library(case) or i2c_register.other_byte(case)
    if failed is not None:
        remedy = image_remedy("update smbus2 in the image: pip install --upgrade smbus2")
        summary = f"the calls work, smbus2 does not: {failed.text}"
        return stopped(i2c_rules.LIBRARY, summary, evidence_of(case), remedy=remedy)
    return reached(said(case, observation), None, *evidence_of(case))


def said(case: Case, observation: Observation) -> str:
    """What was reached, in one line."""
    name = observation.facts.text("adapter", "")
    adapter = f"I2C adapter {name or node_of(case).path}"
    if i2c_register.is_named(case):
        return f"{i2c_register.kept(case)}, on {adapter}"
    address = dict(case.check.params).get("address")
    if isinstance(address, int):
        return f"{address:#04x} answers on {adapter}"
    return f"{adapter} tells its functions"
