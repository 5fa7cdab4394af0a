"""Capability truth: granted or not, and whether the process that needs it ever gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hwaccess.model import Case, Verdict


def judge_capability(case: Case, name: str) -> Verdict | None:
    """Why the container's process lacks capability NAME (without CAP_); None when it is effective on the board."""
    raise NotImplementedError
