"""Judging the access `spi`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.access.spi import rules as spi_rules
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

if TYPE_CHECKING:
    from hwaccess.model import Case, Verdict
from hwaccess.access.spi import NODE


def judge(case: Case) -> Verdict:
    """Causes on the board that only SPI has, the ladder, the driver, and last the library."""
    host = missing_path(case)
    missing = judge_missing(case, host) if host else None
    return missing or judge_node(case) or judge_device(case) or judge_library(case)


def judge_missing(case: Case, host: str) -> Verdict | None:
    """Why the board has no such node.

    There is no controller, it has another number, or another driver than spidev (or none).
    """
    name = NODE.fullmatch(host)
    if name is None:
        return None
    devices = dict(entry.partition(" ")[::2] for entry in case.board.spi)
    told = (
        *calls_of(case.observation),
        f"SPI devices of the board: {', '.join(case.board.spi) or 'none'}",
    )
    also = not_rebooted(case.board)
    if not devices:
        remedy = enable(case.board, "spi=on")
        if case.board.config_value("SPI") == "n":
            remedy = board_remedy(
                "use a kernel that is built with CONFIG_SPI; this one has no SPI at all"
            )
        summary = f"the board has no SPI device, so no {host}"
        return stopped(spi_rules.NO_DEVICE, summary, told, remedy=remedy, also_possible=also)
    mine = f"spi{name.group(1)}"
    if mine not in devices:
        usable = [
            f"/dev/spidev{other[3:]}" for other, driver in devices.items() if driver == "spidev"
        ]
        remedy = (
            use_instead(case, host, usable[0])
            if len(usable) == 1
            else board_remedy("see which: ls /dev/spidev*")
        )
        summary = f"the board has no {mine}; it has {', '.join(case.board.spi)}"
        return stopped(spi_rules.OTHER_NUMBER, summary, told, remedy=remedy, also_possible=also)
    return judge_driver(mine, devices[mine], host, told)


def judge_driver(device: str, driver: str, host: str, told: tuple[str, ...]) -> Verdict | None:
    """The device is there: spidev makes the node when it is bound, and only then."""
    if driver == "spidev":
        return None
    if driver:
        summary = f"{device} belongs to the driver {driver}, so there is no {host}"
        remedy = board_remedy(f"use what {driver} offers, or take the overlay away that binds it")
        return stopped(spi_rules.OTHER_DRIVER, summary, told, remedy=remedy)
    remedy = board_remedy(
        f"echo spidev | sudo tee /sys/bus/spi/devices/{device}/driver_override && "
        f"echo {device} | sudo tee /sys/bus/spi/drivers/spidev/bind"
    )
    return stopped(
        spi_rules.NOT_BOUND,
        f"{device} has no driver: spidev is not bound to it",
        told,
        remedy=remedy,
    )


def judge_device(case: Case) -> Verdict | None:
    """Whether spidev is behind the node that opened."""
    observation, node = observation_of(case), node_of(case)
    evidence = evidence_of(case)
    not_opened = observation.facts.text("not_opened", "")
    if not_opened:
        told = (*evidence, f"not opened: {not_opened}")
        summary = (
            f"{node.path} is a device of class {observation.facts.text('class', '')}, no SPI device"
        )
        return stopped(spi_rules.NOT_SPI, summary, told, remedy=map_the_right_one(case))
    mode = answer_to(observation, "SPI_IOC_RD_MODE")
    if mode is None or not mode.errno:
        return None
    if mode.errno in ("ENODEV", "ENXIO", "ESHUTDOWN"):
        return judge_no_device(node, mode, evidence)
    summary = f"{node.path} is no SPI device: SPI_IOC_RD_MODE says {mode.errno}"
    return stopped(spi_rules.NOT_SPI, summary, evidence, remedy=map_the_right_one(case))


def judge_library(case: Case) -> Verdict:
    """The library spidev asks the same questions.

    So when it fails after they worked, it is the library.
    """
    observation = observation_of(case)
    failed = failed_library(case)
    if failed is not None:
        remedy = image_remedy("update spidev in the image: pip install --upgrade spidev")
        summary = f"the calls work, the library spidev does not: {failed.text}"
        return stopped(spi_rules.LIBRARY, summary, evidence_of(case), remedy=remedy)
    facts = observation.facts
    settings = f"mode {facts.number('mode', 0)}, {facts.number('max_speed_hz', 0)} Hz"
    return reached(f"{node_of(case).path} is a SPI device: {settings}", None, *evidence_of(case))
