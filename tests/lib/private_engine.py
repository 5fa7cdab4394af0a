"""A second Docker engine beside the machine's own, started and stopped by the set-up script."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).parents[2] / ".ci" / "engine"


def settings(folder: Path, **more: str) -> dict[str, str]:
    """The environment in which `.ci/engine` means an engine of its own in `folder`."""
    options = f"--data-root {folder}/data --exec-root {folder}/exec --bridge=none --iptables=false"
    return (
        os.environ
        | {
            "DOCKER_HOST": f"unix://{folder}/engine.sock",
            "HWACCESS_ENGINE_DIR": str(folder),
            "HWACCESS_ENGINE_OPTIONS": options,
            # In a network of its own: `--bridge=none` deletes the docker0 that it sees.
            "HWACCESS_ENGINE_WRAPPER": "unshare --net",
            "HWACCESS_ENGINE_PYTHON": sys.executable,
            "PYTHONPATH": str(SCRIPT.parents[1]),
        }
        | more
    )


def script(word: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """One command of `.ci/engine`."""
    return subprocess.run(
        [SCRIPT, word], env=environment, capture_output=True, text=True, check=False
    )


@contextmanager
def private_engine(folder: Path) -> Iterator[dict[str, str]]:
    """Run the engine until the end of the block; yield the environment that leads to it."""
    environment = settings(folder)
    done = script("start", environment)
    assert done.returncode == 0, done.stderr
    try:
        yield environment
    finally:
        stopped = script("stop", environment)
        assert stopped.returncode == 0, stopped.stderr
