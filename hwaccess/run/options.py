"""What the user chose for a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hwaccess.words import Risk

if TYPE_CHECKING:
    from hwaccess.model import ProbeIn


@dataclass(frozen=True, slots=True)
class Options:
    """The choices; empty services or accesses mean all of them.

    allow is the highest risk that this run may take. probe_in is where probes run, None for the
    service's own image when the board has it. seconds is the time limit of each probe.
    """

    services: tuple[str, ...] = ()
    accesses: tuple[str, ...] = ()
    allow: Risk = Risk.OPEN
    probe_in: ProbeIn | None = None
    seconds: float = 10.0
