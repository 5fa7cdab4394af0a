"""How long a virtual board takes: build, cold start, start from its snapshot, one check.

    python tests/bench/bench_board.py [NAME] [ROUNDS]

The build is made in a folder of its own and taken away again; what is built for this user is not
touched.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from hwaccess.boards import open_board
from hwaccess.boards.qemu.build.building import build_board
from hwaccess.boards.qemu.recipe.loading import load
from hwaccess.compose import load_project
from hwaccess.run.run import check_project

if TYPE_CHECKING:
    from collections.abc import Callable

COMPOSE = "services: {sensor: {image: 'example.com/sensor:1', devices: [/dev/i2c-1]}}\n"


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def tell(line: str) -> None:
    """Progress."""
    sys.stderr.write(f"... {line}\n")


def medians(name: str, folder: Path, rounds: int) -> tuple[float, float]:
    """Of starting a board from its snapshot and of one check on it."""
    (folder / "compose.yaml").write_text(COMPOSE)
    starts, checks = [], []
    for _ in range(rounds):
        started = time.perf_counter()
        with open_board(f"qemu:{name}") as board:
            starts.append(time.perf_counter() - started)
            checks.append(seconds(lambda: check_project(board, load_project([str(folder)]))))
    return statistics.median(starts), statistics.median(checks)


def main(name: str, rounds: int) -> None:
    """Build in a fresh cache, then start and check a few times."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("HWACCESS_CACHE")) as made:
        os.environ["HWACCESS_CACHE"] = made
        recipe = load(name)
        whole = seconds(lambda: build_board(recipe, tell))
        built = build_board(recipe, lambda _line: None)
        facts = built.facts
        start, check = medians(name, Path(made), rounds)
    rows = {
        "build, root image and board": whole,
        "of that the board": float(str(facts["seconds"])),
        "of that the cold start": float(str(facts["cold"])),
        "start from the snapshot": start,
        "one check of one service": check,
    }
    sys.stdout.write(
        f"{name}, {built.accelerator}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n"
    )
    for what, took in rows.items():
        sys.stdout.write(f"  {what:<30} {took:7.1f} s\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "pc", int(sys.argv[2]) if len(sys.argv) > 2 else 3)
