"""The shared ladder: why open(2) of a device node failed, in the order in which the kernel decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hwaccess.model import Case, Verdict


def judge_open(case: Case) -> Verdict | None:
    """Why the node in facts "node" could not be opened; None when open(2) for reading and writing succeeded."""
    raise NotImplementedError
