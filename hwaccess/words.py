"""The words that both sides of a run share: a place in a file, a risk, and a finding.

They import nothing of ours, so that errors, grants and the model can all stand on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Final

# A folder that has one of these and no compose file is balena's single-container application.
SINGLE_CONTAINER_FILES: Final = ("Dockerfile", "Dockerfile.template", "package.json")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a value stands: file as the user named it, line and column counted from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Risk(Enum):
    """What a probe may do to the board; ordered, so `risk <= allowed` reads as it should."""

    LOOK = "look"  # stat, access(2), reads of /proc and /sys
    OPEN = "open"  # open() and read-only information ioctls: nothing goes out on a bus
    READ = "read"  # a transfer that reads from the hardware
    WRITE = "write"  # a transfer or request that changes the hardware
    DISRUPT = "disrupt"  # may stop the board or another user of it

    @property
    def rank(self) -> int:
        """0 for look to 4 for disrupt."""
        return list(Risk).index(self)

    def __le__(self, other: Risk) -> bool:
        return self.rank <= other.rank

    def __lt__(self, other: Risk) -> bool:
        return self.rank < other.rank


class Severity(StrEnum):
    """How much a finding matters; an error makes the run fail."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something worth saying about the compose file itself; it is not the result of a check.

    rule is a `Rule.id`. remedy is one line in plain words. service and place are None when it is
    about no service, or stands nowhere in the file.
    """

    rule: str
    severity: Severity
    summary: str
    service: str | None = None
    place: Place | None = None
    remedy: str | None = None
