"""What the plugin costs a pytest run that does not use it, as processor time of the start.

python tests/bench/bench_plugin.py [ROUNDS]
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def seconds(folder: Path, *options: str) -> float:
    """Processor time in which pytest starts, finds one test and ends.

    The clock would count the neighbours too.
    """
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        *options,
        "--collect-only",
        "-q",
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(rounds: int) -> None:
    """Measure in pairs and print medians."""
    plugin = ("-p", "hwaccess.pytest_plugin")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_one.py").write_text("def test_one(): pass\n")
        seconds(folder, *plugin)  # writes the bytecode, which is not what is measured
        pairs = [(seconds(folder), seconds(folder, *plugin)) for _ in range(rounds)]
    without, with_plugin = (statistics.median(column) * 1000 for column in zip(*pairs, strict=True))
    sys.stdout.write(
        f"pytest {without:.0f} ms, with the plugin {with_plugin:.0f} ms: "
        f"{with_plugin - without:.0f} more\n"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
