"""`hwaccess check` beside the `docker` command, in one run: a table of figures and aims.

    python tests/bench/bench_check.py [ROUNDS [ROUNDS OF MANY SERVICES]]

Every container is of the same small image. Rounds alternate between what is compared, so that a
busy machine is unfair to neither; the figures are medians. Nothing fails when an aim is missed.
"""

from __future__ import annotations

import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from docker import APIClient

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
IMAGE: Final = "hwaccess-bench:true"
SERVICE: Final = f"""\
  bench{{number}}:
    image: {IMAGE}
    devices: ["/dev/fuse", "/dev/net/tun"]
    cap_add: [SYS_RAWIO]
    labels: {{{{io.balena.features.firmware: "1"}}}}
"""
FEW: Final = 20
MANY: Final = 100
HWACCESS: Final = [sys.executable, "-m", "hwaccess"]
DOCKER_RUN: Final = ["docker", "run", "--rm", IMAGE, "true"]
# A process counts the memory of the one that it was forked from until it became another program.
# So the command is started by an interpreter with nothing in it, about 10 MiB, which tells the
# largest memory of its child in KiB.
PEAK: Final = """
import os, resource, sys
child = os.fork()
if child == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(sys.argv[1], sys.argv[1:])
assert os.waitpid(child, 0)[1] == 0
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@dataclass(frozen=True)
class Side:
    """One of what is compared: a command, and how often it runs, one after another, in a round."""

    name: str
    command: list[str]
    times: int = 1


@dataclass(frozen=True)
class Figure:
    """One line of the table; without an aim it is told only."""

    name: str
    value: float
    unit: str = ""
    aim: float | None = None

    def __str__(self) -> str:
        """The line: what, how much, and whether the aim is met."""
        line = f"{self.name:<58} {self.value:8.2f} {self.unit:<4}"
        if self.aim is None:
            return line.rstrip()
        return f"{line} aim <= {self.aim:<5.2f} {'met' if self.value <= self.aim else 'missed'}"


def image_of_true() -> bytes:
    """A tar of this machine's own `true` with the libraries that it needs."""
    listed = subprocess.run(["ldd", "/bin/true"], capture_output=True, text=True, check=True).stdout
    files = ["/bin/true", *(word for word in listed.split() if word.startswith("/"))]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for file in files:
            tar.add(os.path.realpath(file), arcname=file.lstrip("/"))
    return packed.getvalue()


def environment() -> dict[str, str]:
    """One in which `-m hwaccess` is this checkout's wherever the command runs."""
    return os.environ | {"PYTHONPATH": str(ROOT)}


def seconds(side: Side) -> float:
    """How long a side takes in one round; each of its commands must end with 0."""
    started = time.perf_counter()
    for _ in range(side.times):
        subprocess.run(side.command, check=True, stdout=subprocess.DEVNULL, env=environment())
    return time.perf_counter() - started


def medians(sides: list[Side], rounds: int) -> list[float]:
    """The seconds of each side, with rounds that alternate between the sides."""
    taken: list[list[float]] = [[] for _ in sides]
    for number in range(rounds):
        sys.stderr.write(
            f"... round {number + 1} of {rounds}: {', '.join(s.name for s in sides)}\n"
        )
        for times, side in zip(taken, sides, strict=True):
            times.append(seconds(side))
    return [statistics.median(times) for times in taken]


def peak(command: list[str]) -> float:
    """The largest memory of a command, in MiB."""
    started = [sys.executable, "-I", "-S", "-c", PEAK, *command]
    done = subprocess.run(started, check=True, stdout=subprocess.PIPE, text=True, env=environment())
    return int(done.stdout) / 1024


def check_of(folder: Path, services: int) -> list[str]:
    """The command that checks a compose file with so many services."""
    file = folder / f"{services}.yaml"
    file.write_text(
        "services:\n" + "".join(SERVICE.format(number=number) for number in range(services))
    )
    return [*HWACCESS, "check", str(file)]


def of_one(folder: Path, rounds: int) -> Iterator[Figure]:
    """One service, with a network of its own and without, and the help text."""
    one = check_of(folder, 1)
    bare = ["docker", "run", "--rm", "--network", "none", IMAGE, "true"]
    sides = [
        Side("docker run --rm IMAGE true", DOCKER_RUN),
        Side("docker run --rm --network none IMAGE true", bare),
        Side("hwaccess check, one service", one),
    ]
    docker, without_network, check = medians(sides, rounds)
    for side, took in zip(sides, (docker, without_network, check), strict=True):
        yield Figure(side.name, took * 1000, "ms")
    yield Figure("one service: check / docker run", check / docker, aim=1.8)
    helps = [
        Side("docker --help", ["docker", "--help"]),
        Side("hwaccess --help", [*HWACCESS, "--help"]),
    ]
    docker, ours = medians(helps, rounds)
    for side, took in zip(helps, (docker, ours), strict=True):
        yield Figure(side.name, took * 1000, "ms")
    yield Figure("hwaccess --help / docker --help", ours / docker, aim=3)


def of_many(folder: Path, rounds: int) -> Iterator[Figure]:
    """Twenty services against single runs one after another, and a hundred against twenty."""
    sides = [
        Side(f"docker run, {FEW} times", DOCKER_RUN, FEW),
        Side(f"hwaccess check of one service, {FEW} times", check_of(folder, 1), FEW),
        Side(f"hwaccess check, {FEW} services", check_of(folder, FEW)),
        Side(f"hwaccess check, {MANY} services", check_of(folder, MANY)),
    ]
    docker, singles, few, many = medians(sides, rounds)
    for side, took in zip(sides, (docker, singles, few, many), strict=True):
        yield Figure(side.name, took * 1000, "ms")
    yield Figure(f"{FEW} services: check / {FEW} docker runs", few / docker, aim=0.6)
    yield Figure(f"{FEW} services: check / {FEW} checks of one", few / singles, aim=0.6)
    # Linear, with a tenth for what a median of so few rounds is worth.
    grown = (many / MANY) / (few / FEW)
    yield Figure(f"time of a service among {MANY} / among {FEW}", grown, aim=1.1)


def of_memory(folder: Path) -> Iterator[Figure]:
    """The peak of the command itself; the engine's is its own."""
    for count in (1, FEW, MANY):
        yield Figure(f"peak memory, {count} services", peak(check_of(folder, count)), "MiB")
    yield Figure("peak memory, docker run", peak(DOCKER_RUN), "MiB")


def main(rounds: int, rounds_of_many: int) -> None:
    """Measure and print."""
    client = APIClient(version="auto")
    client.import_image_from_data(image_of_true(), repository=IMAGE.partition(":")[0], tag="true")
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            seconds(Side("", check_of(folder, 1)))  # makes the probe image, once per engine
            figures = [
                *of_one(folder, rounds),
                *of_many(folder, rounds_of_many),
                *of_memory(folder),
            ]
    finally:
        client.remove_image(IMAGE, force=True)
        client.close()
    sys.stdout.write(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}\n")
    sys.stdout.writelines(f"{figure}\n" for figure in figures)


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    main(*given, *(9, 3)[len(given) :])
