"""What the judges of device nodes share.

The ladder comes first, then questions to the driver, then the app's library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.diagnose import ladder, path_lookup
from hwaccess.diagnose.verdicts import board_remedy, calls_of, compose_remedy
from hwaccess.model import Change, Expect

if TYPE_CHECKING:
    from hwaccess.facts import BoardFacts
    from hwaccess.model import Call, Case, LibraryCall, Observation, Remedy, Verdict

PI = "Raspberry Pi"


def judge_node(case: Case) -> Verdict | None:
    """Why there is no node or it does not open. A plain file opens, and is no node all the same."""
    node = ladder.node_of(case)
    return ladder.judge_open(case) if node.is_node else path_lookup.judge(case, node)


def missing_path(case: Case) -> str | None:
    """The board's path of a node that neither the container nor the board has.

    None when it is not so, or unknown.
    """
    node = ladder.node_of(case)
    host = case.service.host_path(node.path)
    absent = node.kind == "absent" and not node.link
    return host if absent and case.board.complete and case.board.node(host) is None else None


def evidence_of(case: Case) -> tuple[str, ...]:
    """The calls and the node, as every verdict after the ladder shows them."""
    return (*calls_of(case.observation), ladder.describe(ladder.node_of(case)))


def answer_to(observation: Observation, question: str) -> Call | None:
    """The ioctl whose arguments begin so."""
    ioctls = (call for call in observation.calls if call.call == "ioctl")
    return next((call for call in ioctls if call.args.startswith(question)), None)


def failed_library(case: Case) -> LibraryCall | None:
    """The first library call that failed.

    A library that is merely not installed says nothing about the hardware.

    None for a denial: what a library fails to do after the calls worked keeps nobody out.
    """
    if case.check.expect is Expect.DENY:
        return None
    library = ladder.observation_of(case).library
    return next((call for call in library if not (call.ok or is_not_installed(call))), None)


def is_not_installed(call: LibraryCall) -> bool:
    """Whether the library, or one that it needs, is not in the place where the probe ran."""
    return call.text.startswith("not installed")


def enable(board: BoardFacts, parameter: str) -> Remedy:
    """How to switch on a controller in the board's device tree.

    `parameter` is the Raspberry Pi's.
    """
    if board.balena:
        return board_remedy(
            f'add "{parameter}" to the device or fleet variable BALENA_HOST_CONFIG_dtparam'
        )
    if PI in board.model:
        return board_remedy(
            f"echo dtparam={parameter} | sudo tee -a /boot/firmware/config.txt && sudo reboot"
        )
    return board_remedy(
        "enable the controller in the board's device tree (an overlay, /boot/uEnv.txt), then reboot"
    )


def not_rebooted(board: BoardFacts) -> tuple[str, ...]:
    """The running kernel's modules are gone: nothing that is a module loads any more."""
    if board.module_trees and board.kernel not in board.module_trees:
        return (
            f"the kernel was upgraded and the board not rebooted: no /lib/modules/{board.kernel}",
        )
    return ()


def use_instead(case: Case, host: str, found: str) -> Remedy:
    """Map the board's node `found` in the place of `host`, under the name that the app knows."""
    device = next((grant for grant in case.service.devices if grant.host == host), None)
    bind = next(
        (mount for mount in case.service.mounts if mount.type == "bind" and mount.source == host),
        None,
    )
    target = case.check.target.partition("@")[0]
    if device is not None:
        target = device.container
    elif bind is not None:
        target = bind.target
    line = found if found == target else f"{found}:{target}"
    text = f'map the one that the board has: devices: ["{line}"]'
    if device is not None:
        return compose_remedy(text, Change("replace", "devices", line, old=device.text))
    removed = (Change("remove", "volumes", bind.text),) if bind else ()
    return compose_remedy(text, *removed, Change("add", "devices", line))


def map_the_right_one(case: Case) -> Remedy:
    """For a node with another device behind it: the board's node of that name.

    It is given when another one was mapped there.
    """
    node = ladder.node_of(case)
    host = case.service.host_path(node.path)
    if host != node.path and case.board.node(node.path) is not None:
        return use_instead(case, host, node.path)
    kind = "char" if node.kind == "char" else "block"
    return board_remedy(
        f"see what it is, and map the right node: cat /sys/dev/{kind}/{node.number}/uevent"
    )
