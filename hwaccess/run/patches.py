"""Remedies as patches of the service's own compose file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hwaccess.model import Result

if TYPE_CHECKING:
    from hwaccess.grants import Service
    from hwaccess.model import CheckResult


def with_patch(result: CheckResult, service: Service) -> CheckResult:
    """A result with its remedy's changes as a patch of the service's own file.

    The result is as it was where no patch can be made.
    """
    remedy = result.verdict.remedy
    if remedy is None or not remedy.changes or result.result is not Result.FAIL:
        return result
    from hwaccess.compose.write.patch import patch  # noqa: PLC0415 -- only a failed check needs an editor

    text = read_source(service.place.file)
    made = (
        patch(text, service.place.file, service.name, remedy.changes) if text is not None else None
    )
    return replace(result, verdict=replace(result.verdict, remedy=replace(remedy, patch=made)))


def read_source(path: str) -> str | None:
    """The text of a compose file, or None when it cannot be read (any more)."""
    try:
        return (
            Path(path).read_bytes().decode("utf-8")
        )  # with its own line ends, which a patch must meet
    except (OSError, UnicodeDecodeError):
        return None
