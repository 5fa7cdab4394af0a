"""Where the user's cache is; everything in it can be made again."""

from __future__ import annotations

import os
from pathlib import Path


def folder() -> Path:
    """The folder of hwaccess in XDG_CACHE_HOME, or in ~/.cache. It need not be there yet."""
    base = os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", "/"), ".cache")
    return Path(base, "hwaccess")
