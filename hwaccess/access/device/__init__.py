"""Any device node that no other kind claims: serial, video, sound, disks, watchdog, ..."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.device import rules
from hwaccess.access.nodes import expected_wants, node_wants
from hwaccess.errors import ComposeError
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.access.base import Want
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "device"
SUMMARY: Final = "any device node: asked with access(2), opened where opening it does nothing"
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = ("device.py",)
PARAMS: Final[Mapping[str, object]] = {
    "open": {
        "type": "boolean",
        "description": "open it although hwaccess does not know what opening it does",
    },
}
IMPLIES_DENY: Final = True
ON_BOARD: Final = ""  # only a path that the user names can tell
# The rest of /dev (terminals, memory disks, loop devices) is not what an app is after.
NOTABLE: Final = re.compile(
    r"/dev/(tty(USB|ACM|AMA|S|mxc|THS|O)\d|serial|video|media|dri/|snd/|input/event|watchdog|rtc|tpm"
    r"|fuse$|net/tun|bus/usb/|hidraw|usbtmc|can|pps|iio|vchiq|vcio|ttyprintk|kvm|nvidia|apex"
    r"|dma_heap/)"
)


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """The nodes of `devices` and `volumes`.

    Looking is enough: how far the probe goes depends on what the node is.
    """
    for want in node_wants(service, board, NAME):
        yield replace(want, risk=Risk.LOOK)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The node that is named, or those that the grants bring in; no node stands for all of them.

    Raises `ComposeError` when the node is named by something else than a path.
    """
    nothing_granted = expectation.reach and not any(wanted(service, board))
    if not expectation.target and (nothing_granted or not expectation.reach):
        message = "device needs the path of a node"
        raise ComposeError(message, hint="write device: /dev/ttyUSB0", place=expectation.place)
    for want in expected_wants(expectation, service, board, NAME, ""):
        yield replace(want, risk=Risk.LOOK, params=dict(expectation.params))


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess.access.device.judging import judge as work  # noqa: PLC0415 -- a plan needs none of it

    return work(case)


def notable(path: str) -> bool:
    """Whether an app is likely to be after a node of this path."""
    return NOTABLE.match(path) is not None
