"""Where the probes are: package data when installed, the folder beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from hwaccess.errors import ProbeImageError

PACKAGE: Final = Path(__file__).resolve().parent.parent
MARKER: Final = "agent.py"


def folder() -> Path:
    """The folder that holds agent.py; the marker keeps a stray `probes` folder from being taken for ours."""
    for candidate in (PACKAGE.parent / "probes", PACKAGE / "_probes"):
        if (candidate / MARKER).is_file() and (candidate / "confinement.py").is_file():
            return candidate
    message = f"the probes are missing from this installation ({PACKAGE})"
    raise ProbeImageError(message, hint="install again: pip install --force-reinstall hwaccess")


def files() -> tuple[Path, ...]:
    """Every probe file, sorted by name."""
    return tuple(sorted(folder().glob("*.py")))
