"""Running the real agent in a process of its own, under every Python that a container may bring."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hwaccess.agent import files as probe_files

OLDEST = (3, 9)


def pythons() -> list[str]:
    """Every Python from 3.9 on of this machine, by version, with the one that runs the tests."""
    found = {tuple(sys.version_info[:2]): sys.executable}
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders += sorted(Path("~/.pyenv/versions").expanduser().glob("*/bin"))
    for minor in range(OLDEST[1], 30):
        for folder in folders:
            candidate = folder / f"python3.{minor}"
            if (
                (3, minor) not in found
                and "shims" not in candidate.parts
                and os.access(candidate, os.X_OK)
            ):
                found[3, minor] = str(candidate)
    return [found[version] for version in sorted(found)]


def request(*probes: dict[str, Any], seconds: float = 10.0) -> str:
    """A request for these probes; each needs only what differs from a look at risk open."""
    filled = [
        {"id": f"app::{probe['probe']}", "target": "", "risk": "open", "params": {}}
        | probe
        | {"probe": probe["probe"].replace("-", "_")}
        for probe in probes
    ]
    return json.dumps({"v": 1, "nonce": "n", "seconds": seconds, "probes": filled})


def run(
    python: str, text: str, folder: Path | None = None, **options: Any
) -> subprocess.CompletedProcess[bytes]:
    """Start the agent as a container does: isolated, without site-packages."""
    agent = str((folder or probe_files.folder()) / "agent.py")
    command = [python, "-I", "-S", agent, text]
    return subprocess.run(command, capture_output=True, timeout=60, check=False, **options)


def ask(
    python: str, *probes: dict[str, Any], folder: Path | None = None, seconds: float = 10.0
) -> dict[str, Any]:
    """The agent's whole answer, as JSON."""
    done = run(python, request(*probes, seconds=seconds), folder)
    assert done.returncode == 0, done.stderr.decode()
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def probes_with(folder: Path, library: str = "", **extra: str) -> Path:
    """A copy of the probes with more of them, given as source text.

    Library stands in for smbus2.
    """
    copy = folder / "probes"
    shutil.copytree(probe_files.folder(), copy)
    if library:
        (folder / "libraries").mkdir()
        (folder / "libraries" / "smbus2.py").write_text(library)
    for name, source in extra.items():
        (copy / f"{name}.py").write_text(source)
    return copy
