"""The user's cache folder, and the one place that decides where it is.

All in it can be made again.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

VARIABLE: Final = "HWACCESS_CACHE"


def folder() -> Path:
    """The cache folder, absolute: HWACCESS_CACHE, else `hwaccess` in XDG_CACHE_HOME or ~/.cache.

    It need not exist yet. An empty variable counts as one that is not set.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", "/"), ".cache")
    return Path(base, "hwaccess").absolute()


def hint() -> str:
    """What to paste when the cache folder cannot be used."""
    return f"choose another folder: export {VARIABLE}=/var/tmp/hwaccess"
