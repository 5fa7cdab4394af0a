"""The ladder's first steps: is the node in the container at all, and is it a node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.diagnose import rules
from hwaccess.diagnose.verdicts import board_remedy, calls_of, compose_remedy, stopped
from hwaccess.model import Change

if TYPE_CHECKING:
    from hwaccess.facts import NodeFacts
    from hwaccess.model import Case, Remedy, Verdict


def judge(case: Case, node: NodeFacts) -> Verdict | None:
    """Why the path is no device node of the container; None when it is one."""
    match node.kind:
        case "char" | "block":
            return None
        case "absent":
            return judge_absent(case, node)
        case "hidden":
            evidence = calls_of(case.observation)
            return stopped(
                rules.HIDDEN, f"a directory above {node.path} may not be searched", evidence
            )
        case "directory":
            remedy = board_remedy(
                f"on the board, when it is empty: sudo rmdir {case.service.host_path(node.path)}"
            )
            summary = f"{node.path} is a directory"
            return stopped(rules.DIRECTORY, summary, calls_of(case.observation), remedy=remedy)
        case other:
            return stopped(
                rules.NOT_A_NODE,
                f"{node.path} is a {other}, not a device",
                calls_of(case.observation),
            )


def map_it(case: Case, path: str) -> Remedy:
    """The smallest grant of one node: a line under `devices` instead of a bind of the same node."""
    host = case.service.host_path(path)
    line = path if host == path else f"{host}:{path}"
    bind = next(
        (mount for mount in case.service.mounts if mount.type == "bind" and mount.target == path),
        None,
    )
    if bind is None:
        return compose_remedy(f'map the node: devices: ["{line}"]', Change("add", "devices", line))
    return compose_remedy(
        f'move it from volumes to devices: devices: ["{line}"]',
        Change("remove", "volumes", bind.text),
        Change("add", "devices", line),
    )


def mount_folder(case: Case, folder: str, feature: str) -> Remedy:
    """The smallest grant of a folder of the board.

    It is a label or a volume, whichever the service already uses.
    """
    if case.service.features:
        label = f'io.balena.features.{feature}: "1"'
        return compose_remedy(f"ask for it by its label: {label}", Change("add", "labels", label))
    line = f"{folder}:{folder}:ro"
    return compose_remedy(f'mount it: volumes: ["{line}"]', Change("add", "volumes", line))


def judge_absent(case: Case, node: NodeFacts) -> Verdict:
    """ENOENT: a link to nowhere, missing on the board, or not mapped."""
    evidence = calls_of(case.observation)
    if node.link:
        told = (
            *evidence,
            f"{node.path} is a link to {node.link}, which the container does not have",
        )
        remedy = map_it(case, node.path)
        return stopped(
            rules.DANGLING_LINK, f"{node.path} is a link to {node.link}", told, remedy=remedy
        )
    host = case.service.host_path(node.path)
    there = case.board.node(host)
    if there is not None:
        told = (*evidence, f"the board has {host}: {there.kind} {there.major}:{there.minor}")
        remedy = map_it(case, node.path)
        return stopped(
            rules.NOT_MAPPED, f"the board has {host}, the container does not", told, remedy=remedy
        )
    if case.board.complete:
        told = (*evidence, f"the board's /dev has no {host}")
        remedy = board_remedy("see what the board has and what it lacks: hwaccess doctor")
        return stopped(rules.MISSING_ON_BOARD, f"the board has no {host}", told, remedy=remedy)
    also = (f"the board has no {host}",)
    summary = f"{node.path} is not in the container"
    return stopped(
        rules.NOT_THERE, summary, evidence, remedy=map_it(case, node.path), also_possible=also
    )
