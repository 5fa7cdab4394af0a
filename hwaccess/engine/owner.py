"""Who owns a container, as labels.

They let a later start tell what a dead run left behind from what still runs.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

RUN: Final = "io.hwaccess.run"
OWNER: Final = "io.hwaccess.owner"
RUNTIME: Final = "io.hwaccess.runtime"
FOREIGN_SECONDS: Final = 3600.0  # what another machine started is left alone for so long


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, told apart from every other.

    By the machine's boot, the pid namespace, the pid and when it started.
    """

    boot: str
    namespace: str
    pid: int
    started: str

    def __str__(self) -> str:
        return f"{self.boot}/{self.namespace}/{self.pid}/{self.started}"

    @property
    def here(self) -> tuple[str, str]:
        """What two processes share that can see each other's pids."""
        return self.boot, self.namespace


def current() -> Owner:
    """This process."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    namespace = str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]")
    return Owner(boot, namespace, os.getpid(), start_time(os.getpid()))


def start_time(pid: int) -> str:
    """When a process started, in ticks since boot; "" when there is none (a zombie is none)."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The command in parentheses may itself hold spaces and parentheses; what follows the last one
    # is regular.
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in ("Z", "X") else fields[19]


def parse(text: str) -> Owner | None:
    """The owner that a label names; None when it is not one of ours."""
    fields = text.split("/")
    if len(fields) != 4 or not fields[2].isdigit():
        return None
    return Owner(fields[0], fields[1], int(fields[2]), fields[3])


def is_leftover(label: str, created: float, us: Owner, now: float | None = None) -> bool:
    """Whether the container's owner is gone.

    An owner elsewhere cannot be asked: its containers end by age.
    """
    owner = parse(label)
    if owner is not None and owner.here == us.here:
        return start_time(owner.pid) != owner.started
    return (time.time() if now is None else now) - created > FOREIGN_SECONDS


def labels(run: str) -> dict[str, str]:
    """The labels of everything that this run makes."""
    return {RUN: run, OWNER: str(current())}


def new_run() -> str:
    """A name for one run of hwaccess."""
    return os.urandom(8).hex()
