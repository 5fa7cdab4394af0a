"""What a board lacks, seen in its facts alone, whatever the hardware.

Each access kind adds its own (`lacks`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.diagnose.board.rules import (
    BUS_OFF,
    ENGINE_ELSEWHERE,
    LOCKED_DOWN,
    NO_MODULE_TREE,
    NOT_BUILT,
    NOT_READ,
    ROOT_ONLY,
)
from hwaccess.words import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hwaccess.facts import BoardFacts, BoardNode
    from hwaccess.model import Rule


def missing(facts: BoardFacts) -> Iterator[Finding]:
    """What the engine and the kernel lack; the remedies are commands for a shell on the board."""
    yield from _engine(facts)
    if facts.complete:
        yield from _modules(facts)


def warning(
    rule: Rule, summary: str, remedy: str, severity: Severity = Severity.WARNING
) -> Finding:
    """A finding about the board, with the command that shows or changes it."""
    return Finding(rule.id, severity, summary, remedy=remedy)


def _engine(facts: BoardFacts) -> Iterator[Finding]:
    if not facts.complete:
        yield warning(
            NOT_READ, "the board's own files could not be read", "run hwaccess on the board itself"
        )
    if "docker desktop" in facts.engine_os.lower():
        summary = "the engine is Docker Desktop's: its hardware is that of a virtual machine"
        yield warning(ENGINE_ELSEWHERE, summary, "docker context use default")
    elif facts.daemon_user_namespace:
        summary = "the engine runs containers in a user namespace: their root is not the board's"
        yield warning(ENGINE_ELSEWHERE, summary, "docker context use default")
    if facts.lockdown not in ("", "none"):
        summary = (
            f"kernel lockdown is at {facts.lockdown}: no raw memory, ports or unsigned modules"
        )
        yield warning(LOCKED_DOWN, summary, "mokutil --sb-state", Severity.NOTE)


def _modules(facts: BoardFacts) -> Iterator[Finding]:
    if facts.has_modules and facts.kernel not in facts.module_trees:
        there = (
            f"it has {', '.join(facts.module_trees)}"
            if facts.module_trees
            else "it has none at all"
        )
        yield warning(NO_MODULE_TREE, f"no /lib/modules/{facts.kernel}: {there}", "sudo reboot")


def no_node(facts: BoardFacts, rule: Rule, summary: str, option: str, module: str) -> Finding:
    """A bus without its nodes: the driver is to be loaded.

    It cannot be when the kernel was built without CONFIG_<option>.
    """
    if facts.config_value(option) == "n":
        told = f"{summary}, and the kernel was built without CONFIG_{option}"
        return warning(NOT_BUILT, told, f"zcat /proc/config.gz | grep {option}")
    return warning(rule, summary, f"sudo modprobe {module}")


def bus_off(facts: BoardFacts, bus: str, setting: str) -> Iterator[Finding]:
    """A Raspberry Pi without the bus: its firmware was not told to switch it on."""
    if facts.model.startswith("Raspberry Pi"):
        remedy = f"echo dtparam={setting} | sudo tee -a /boot/firmware/config.txt && sudo reboot"
        yield warning(BUS_OFF, f"the {bus} bus of this Raspberry Pi is off", remedy, Severity.NOTE)


def root_only(
    facts: BoardFacts, subsystem: str, group: str, claims: Callable[[str], bool]
) -> Iterator[Finding]:
    """The nodes of a bus, when only root may use them: with the rule that gives them to a group."""
    nodes = [node for node in facts.nodes if claims(node.path) and not node.link]
    if nodes and all(map(_for_root_alone, nodes)):
        rule = f'SUBSYSTEM=="{subsystem}", GROUP="{group}", MODE="0660"'
        remedy = (
            f"getent group {group} || sudo groupadd --system {group}; "
            f"echo '{rule}' | sudo tee /etc/udev/rules.d/60-{group}.rules && sudo udevadm trigger"
        )
        names = ", ".join(node.path for node in nodes)
        yield warning(ROOT_ONLY, f"only root may use {names}", remedy, Severity.NOTE)


def _for_root_alone(node: BoardNode) -> bool:
    """Whether neither a group other than root's nor everybody may read and write."""
    by_group = node.gid != 0 and node.mode & 0o060 == 0o060
    return not by_group and node.mode & 0o006 != 0o006
