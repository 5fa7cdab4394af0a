"""The ladder's step of owner, group and mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.diagnose import rules
from hwaccess.diagnose.capability import confinement_of
from hwaccess.diagnose.verdicts import board_remedy, compose_remedy, stopped
from hwaccess.facts import OVERFLOW_ID
from hwaccess.model import Change

if TYPE_CHECKING:
    from hwaccess.facts import Confinement, NodeFacts
    from hwaccess.model import Case, Remedy, Verdict

READ_WRITE = 0o6


def judge(case: Case, node: NodeFacts, evidence: tuple[str, ...]) -> Verdict | None:
    """Why owner and mode refuse.

    None when they would allow it, so that the EACCES is not theirs.
    """
    who = confinement_of(case)
    told = (
        *evidence,
        f"uid {who.euid}, gid {who.egid}, groups {' '.join(map(str, who.groups)) or 'none'}",
    )
    if not who.initial_user_namespace and OVERFLOW_ID in (node.uid, node.gid):
        summary = f"{node.path} belongs to ids outside of the container's user namespace"
        remedy = compose_remedy(
            "start the service in the board's user namespace", Change("set", "userns_mode", "host")
        )
        return stopped(rules.UNMAPPED_IDS, summary, told, remedy=remedy)
    if who.has("DAC_OVERRIDE") or allows(node, who):
        return None
    return judge_user(case, node, who, told)


def judge_user(case: Case, node: NodeFacts, who: Confinement, told: tuple[str, ...]) -> Verdict:
    """Why this user may not, whom the mode refuses."""
    remedy = join_group(case, node)
    owner = f"{node.path} is {node.uid}:{node.gid} {node.mode:04o}"
    if who.euid == 0:
        return stopped(
            rules.NO_DAC_OVERRIDE, f"root lacks DAC_OVERRIDE, and {owner}", told, remedy=remedy
        )
    if case.service.privileged:
        return stopped(
            rules.PRIVILEGED_USER,
            f"privileged does not help uid {who.euid}: {owner}",
            told,
            remedy=remedy,
        )
    names = [group for group in case.service.groups if group.gid is None]
    board_name = group_name(case, node.gid)
    wrong = next((group for group in names if group.group == board_name), None)
    if wrong is not None:
        summary = (
            f"group {wrong.group} of the image is not gid {node.gid}, which the board calls so"
        )
        change = Change("replace", "group_add", str(node.gid), old=wrong.text)
        fix = compose_remedy(f'name the number: group_add: ["{node.gid}"]', change)
        return stopped(rules.OTHER_GID, summary, told, remedy=fix)
    return stopped(rules.PERMISSION, f"uid {who.euid} may not: {owner}", told, remedy=remedy)


def allows(node: NodeFacts, who: Confinement) -> bool:
    """Whether the mode gives this user reading and writing.

    The first class that fits decides alone.
    """
    if node.uid == who.euid:
        bits = node.mode >> 6
    elif node.gid == who.egid or node.gid in who.groups:
        bits = node.mode >> 3
    else:
        bits = node.mode
    return bits & READ_WRITE == READ_WRITE


def group_name(case: Case, gid: int) -> str:
    """The board's name for a gid, "" when it has none."""
    return next((name for name, number in case.board.groups if number == gid), "")


def join_group(case: Case, node: NodeFacts) -> Remedy:
    """group_add when the group may read and write.

    Else the node needs a group first, by a rule on the board.
    """
    name = group_name(case, node.gid)
    if node.mode >> 3 & READ_WRITE == READ_WRITE:
        known = f" ({name} on the board)" if name else ""
        text = f'join the node\'s group{known}: group_add: ["{node.gid}"]'
        return compose_remedy(text, Change("add", "group_add", str(node.gid)))
    kernel_name = node.devname or node.path.rsplit("/", 1)[-1]
    return board_remedy(
        "no group may use it; give it one on the board, then join it with group_add:\n"
        f'echo \'KERNEL=="{kernel_name}", GROUP="GROUP", MODE="0660"\''
        " | sudo tee /etc/udev/rules.d/90-hwaccess.rules\n"
        "sudo udevadm control --reload && sudo udevadm trigger"
    )
