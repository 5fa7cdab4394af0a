"""`hwaccess check` on one service with all its checks, beside `docker run --rm IMAGE true`: prints medians.

    python tests/bench/bench_check.py [ROUNDS]

Both start one container of the same small image. Rounds alternate, so that a busy machine is unfair
to neither.
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
from pathlib import Path

from docker import APIClient

IMAGE = "hwaccess-bench:true"
SERVICE = f"""\
services:
  bench:
    image: {IMAGE}
    devices: ["/dev/fuse", "/dev/net/tun"]
    cap_add: [SYS_RAWIO]
    labels: {{io.balena.features.firmware: "1"}}
"""


def image_of_true() -> bytes:
    """A tar of the board's own `true` with the libraries that it needs."""
    listed = subprocess.run(["ldd", "/bin/true"], capture_output=True, text=True, check=True).stdout
    files = ["/bin/true", *(word for word in listed.split() if word.startswith("/"))]
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for file in files:
            tar.add(os.path.realpath(file), arcname=file.lstrip("/"))
    return packed.getvalue()


def seconds(command: list[str]) -> float:
    """How long a command takes; it must end with 0."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def row(name: str, times: list[float], base: float) -> str:
    """One line of the table."""
    middle = statistics.median(times)
    return f"{name:<44} {middle * 1000:7.0f} ms  {min(times) * 1000:7.0f} ms  {middle / base:5.2f}"


def main(rounds: int) -> None:
    """Measure and print."""
    client = APIClient(version="auto")
    client.import_image_from_data(image_of_true(), repository=IMAGE.partition(":")[0], tag="true")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "compose.yaml"
        file.write_text(SERVICE)
        check = [sys.executable, "-m", "hwaccess", "check", str(file)]
        commands = {
            "docker run --rm IMAGE true": ["docker", "run", "--rm", IMAGE, "true"],
            "docker run --rm --network none IMAGE true": [
                "docker",
                "run",
                "--rm",
                "--network",
                "none",
                IMAGE,
                "true",
            ],
            "hwaccess check (one service)": check,
        }
        times: dict[str, list[float]] = {name: [] for name in commands}
        try:
            seconds(check)  # makes the probe image, once per engine
            for _ in range(rounds):
                for name, command in commands.items():
                    times[name].append(seconds(command))
        finally:
            client.remove_image(IMAGE, force=True)
    base = statistics.median(next(iter(times.values())))
    sys.stdout.write(f"{'':<44} {'median':>10}  {'best':>10}  ratio\n")
    sys.stdout.writelines(row(name, taken, base) + "\n" for name, taken in times.items())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
