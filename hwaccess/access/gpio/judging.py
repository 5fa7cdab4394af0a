"""Judging the access `gpio`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.access.gpio import library as gpiozero_view
from hwaccess.access.gpio import rules as gpio_rules
from hwaccess.diagnose.ladder import judge_no_device, node_of, observation_of
from hwaccess.diagnose.node_judge import (
    answer_to,
    evidence_of,
    judge_node,
    map_the_right_one,
    missing_path,
    not_rebooted,
    use_instead,
)
from hwaccess.diagnose.verdicts import board_remedy, calls_of, reached, stopped
from hwaccess.model import Expect, Outcome

if TYPE_CHECKING:
    from hwaccess.model import Case, Remedy, Verdict
    from hwaccess.typed_json import JsonObject
from hwaccess.access.gpio import CHIP, MEMORY


def judge(case: Case) -> Verdict:
    """Causes on the board that only GPIO has, the ladder, the chip, its lines, last gpiozero."""
    host = missing_path(case)
    missing = judge_missing(case, host) if host else None
    stop = missing or judge_node(case) or judge_chip(case) or judge_lines(case)
    return stop or gpiozero_view.judge(case, reached(said(case), None, *evidence_of(case)))


def judge_missing(case: Case, host: str) -> Verdict | None:
    """Why the board has no such node: no chip at all, others, or no gpiomem driver."""
    board, evidence = case.board, calls_of(case.observation)
    told = (*evidence, f"GPIO chips of the board: {', '.join(board.gpio_chips) or 'none'}")
    also = not_rebooted(board)
    if MEMORY.fullmatch(host):
        others = ", ".join(node.path for node in board.nodes if MEMORY.fullmatch(node.path))
        remedy = board_remedy(
            "map /dev/gpiochip* instead and use lgpio or gpiod: hwaccess explain HW223"
        )
        summary = f"the board has no {host}; it has {others or 'no gpiomem at all'}"
        return stopped(gpio_rules.NO_MEMORY, summary, evidence, remedy=remedy, also_possible=also)
    if CHIP.fullmatch(host) is None or host.removeprefix("/dev/") in board.gpio_chips:
        return None
    if not board.gpio_chips:
        remedy = board_remedy(
            "load the driver of the board's GPIO controller; it must show in: gpiodetect"
        )
        if board.config_value("GPIOLIB") == "n":
            remedy = board_remedy(
                "use a kernel that is built with CONFIG_GPIOLIB and CONFIG_GPIO_CDEV; "
                "this one knows no GPIO chips"
            )
        summary = f"the board has no GPIO chip, so no {host}"
        return stopped(gpio_rules.NO_CHIP, summary, told, remedy=remedy, also_possible=also)
    summary = f"the board has no {host}; its chips are {', '.join(board.gpio_chips)}"
    return stopped(
        gpio_rules.OTHER_NUMBER, summary, told, remedy=use_chip(case, host), also_possible=also
    )


def use_chip(case: Case, host: str) -> Remedy:
    """The board's only chip under the name that the app knows; among several the labels decide."""
    chips = case.board.gpio_chips
    if len(chips) == 1:
        return use_instead(case, host, f"/dev/{chips[0]}")
    return board_remedy(
        "see which chip has the header's lines (on a Raspberry Pi pinctrl-...): gpiodetect"
    )


def judge_chip(case: Case) -> Verdict | None:
    """Whether a GPIO chip is behind the node that opened.

    Gpiomem has nothing that could be asked.
    """
    observation, node = observation_of(case), node_of(case)
    evidence = evidence_of(case)
    not_opened = observation.facts.text("not_opened", "")
    if not_opened:
        told = (*evidence, f"not opened: {not_opened}")
        summary = (
            f"{node.path} is a device of class {observation.facts.text('class', '')}, no GPIO chip"
        )
        return stopped(gpio_rules.NOT_A_CHIP, summary, told, remedy=map_the_right_one(case))
    info = answer_to(observation, "GPIO_GET_CHIPINFO")
    if info is None or not info.errno:
        return None
    if info.errno in ("ENODEV", "ENXIO"):
        return judge_no_device(node, info, evidence)
    summary = f"{node.path} is no GPIO chip: GPIO_GET_CHIPINFO says {info.errno}"
    return stopped(gpio_rules.NOT_A_CHIP, summary, evidence, remedy=map_the_right_one(case))


def judge_lines(case: Case) -> Verdict | None:
    """Whether the lines that the compose file names are there and free."""
    wanted_lines = dict(case.check.params).get("lines", ())
    facts, evidence = observation_of(case).facts, evidence_of(case)
    if (
        not isinstance(wanted_lines, (tuple, list))
        or not wanted_lines
        or case.check.expect is Expect.DENY
    ):
        return None  # a line that is missing or busy keeps nobody from the chip
    if "lines" not in facts:
        summary = "the kernel did not tell the chip's lines"
        return stopped(gpio_rules.LINES_UNKNOWN, summary, evidence, outcome=Outcome.UNKNOWN)
    found = {line: find_line(facts, line) for line in wanted_lines}
    chip = facts.table("chip")
    missing = [str(line) for line, told in found.items() if told is None]
    if missing:
        name = f"{chip.text('name', '')} [{chip.text('label', '')}]"
        summary = f"{name} has no line {', '.join(missing)}"
        remedy = board_remedy("see the names of all lines: gpioinfo")
        return stopped(gpio_rules.LINE_MISSING, summary, evidence, remedy=remedy)
    users = [f"{line} by {told}" for line, told in found.items() if told]
    if users:
        summary = f"a line is in use: {', '.join(users)}"
        remedy = board_remedy(
            "stop the other user or remove the overlay that takes the line, or choose another line"
        )
        return stopped(gpio_rules.LINE_BUSY, summary, evidence, remedy=remedy)
    return None


def find_line(facts: JsonObject, wanted_line: object) -> str | None:
    """Who uses a line, "" when it is free; None when the chip has none of that name or offset."""
    for line in facts.tables("lines"):
        if wanted_line in (line.number("offset"), line.text("name") or None):
            return (line.text("consumer") or "an unnamed user") if line.flag("used") else ""
    by_number = isinstance(wanted_line, int) and wanted_line < facts.table("chip").number("lines")
    return "" if by_number else None


def said(case: Case) -> str:
    """What was reached, in one line."""
    facts = observation_of(case).facts
    if "chip" not in facts:
        return f"{node_of(case).path} opens for reading and writing"
    chip = facts.table("chip")
    used = sum(line.flag("used") for line in facts.tables("lines"))
    return (
        f"{chip.text('name')} [{chip.text('label')}]: {chip.number('lines')} lines, {used} in use"
    )
