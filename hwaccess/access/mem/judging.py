"""Judging the access `mem`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from hwaccess.diagnose import rules
from hwaccess.diagnose.capability import capability_evidence, confinement_of
from hwaccess.diagnose.ladder import judge_open, lockdown_line, node_of, observation_of
from hwaccess.diagnose.verdicts import board_remedy, calls_of, reached, stopped
from hwaccess.model import Layer, Outcome

if TYPE_CHECKING:
    from hwaccess.facts import BoardFacts
    from hwaccess.model import Case, Verdict
from hwaccess.access.mem import OPTIONS
from hwaccess.access.mem.rules import BAD_ADDRESS, MAP_FORBIDDEN, NOT_BUILT, STRICT_DEVMEM

STRICT: Final = ("STRICT_DEVMEM", "IO_STRICT_DEVMEM")


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
        return reached(
            f"{path} opens, and {case.check.target.partition('@')[2]} can be mapped",
            case.observation,
        )
    return judge_mapping(case, mapped.errno)


def explain(case: Case, refused: Verdict) -> Verdict:
    """What the ladder cannot know: a kernel without the node, and that GPIO needs no raw memory."""
    node = node_of(case)
    option = OPTIONS.get(node.path, "DEVMEM")
    missing = refused.layer is Layer.BOARD and node.kind in ("absent", "char")
    if missing and case.board.config_value(option) == "n":
        evidence = (*refused.evidence, f"CONFIG_{option} is not set")
        remedy = board_remedy(
            "use the nodes of gpiochip, i2c-dev or spidev instead, "
            f"or a kernel with CONFIG_{option}=y"
        )
        return stopped(
            NOT_BUILT, f"the board's kernel is built without {node.path}", evidence, remedy=remedy
        )
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
    return next(
        (
            path
            for start in ("/dev/gpiomem", "/dev/gpiochip")
            for path in paths
            if path.startswith(start)
        ),
        "",
    )


def judge_mapping(case: Case, errno: str) -> Verdict:
    """Why a page cannot be mapped although the node opens."""
    target = case.check.target
    strict = (f"CONFIG_{name}={case.board.config_value(name) or 'not told'}" for name in STRICT)
    evidence = (*calls_of(case.observation), *strict, lockdown_line(case))
    match errno:
        case "EPERM":
            told = (*evidence, capability_evidence(confinement_of(case), "SYS_RAWIO"))
            remedy = board_remedy(
                "use the driver that owns the region: sudo cat /proc/iomem; "
                "or boot with iomem=relaxed"
            )
            summary = f"the kernel does not let {target} be mapped"
            return stopped(STRICT_DEVMEM, summary, told, remedy=remedy, outcome=Outcome.BLOCKED)
        case "EACCES":
            return stopped(
                MAP_FORBIDDEN, f"the security module does not let {target} be mapped", evidence
            )
        case "EINVAL" | "ENXIO":
            remedy = board_remedy("find the address on the board: sudo cat /proc/iomem")
            summary = f"there is nothing to map at {target} ({errno})"
            return stopped(BAD_ADDRESS, summary, evidence, remedy=remedy)
        case _:
            summary = f"mmap of {target} fits no known cause ({errno})"
            return stopped(rules.UNEXPLAINED, summary, evidence, outcome=Outcome.UNKNOWN)
