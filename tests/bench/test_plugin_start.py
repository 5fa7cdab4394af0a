"""What the plugin costs a pytest run that does not use it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import apps

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ROUNDS = 7
MOST_SECONDS = 0.020


def seconds(folder: Path, *options: str) -> float:
    """The processor time in which pytest starts, finds one test and ends; the clock would count the neighbours too."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "--collect-only", "-q"]
    environment = os.environ | {"PYTHONPATH": str(apps.ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_plugin_adds_less_than_20_ms_to_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    plugin = ("-p", "hwaccess.pytest_plugin")
    seconds(tmp_path, *plugin)  # writes the bytecode, which is not what is measured
    pairs = [(seconds(tmp_path), seconds(tmp_path, *plugin)) for _ in range(ROUNDS)]
    without, with_plugin = (min(column) for column in zip(*pairs, strict=True))  # the least disturbed of each
    with capsys.disabled():
        print(f"\npytest without the plugin {without * 1000:.0f} ms, with it {with_plugin * 1000:.0f} ms")  # noqa: T201 -- a measurement is to be seen
    assert with_plugin - without < MOST_SECONDS
