"""The formats of a report: one file each, all from the same `Report`, loaded when asked for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, Protocol, cast

from hwaccess.errors import UsageError

if TYPE_CHECKING:
    from hwaccess.model import Report

FORMATS: Final = {
    "text": "hwaccess.report.text",
    "json": "hwaccess.report.json",
    "markdown": "hwaccess.report.markdown",
}
LATE: Final = {"text": ("rich.console", "rich.text")}


class Format(Protocol):
    """The name that a format's module must have."""

    @staticmethod
    def render(report: Report, *, width: int | None = None, color: bool = False) -> str:
        """The whole report as text. width is that of the terminal, None when there is none."""


def load(format_: str) -> Format:
    """The module of a format, and what it imports late: worth doing while containers start.

    Raises `UsageError` when there is no such format.
    """
    if format_ not in FORMATS:
        message = f"no report format is called {format_!r}"
        raise UsageError(message, hint=f"use one of: {', '.join(FORMATS)}")
    for name in LATE.get(format_, ()):
        importlib.import_module(name)
    return cast("Format", importlib.import_module(FORMATS[format_]))


def render(report: Report, format_: str, *, width: int | None = None, color: bool = False) -> str:
    """The report in the format of that name."""
    return load(format_).render(report, width=width, color=color)
