"""Firmware: what this container sees, and where the kernel looks.

The kernel opens files in the board's own tree.
"""

from __future__ import annotations

import os
from typing import Any

from . import calls

FOLDER = "/lib/firmware"
SUFFIXES = ("", ".xz", ".zst")
KERNEL_PATH = "/sys/module/firmware_class/parameters/path"
ENTRY_LIMIT = 4096


def search_folders(release: str, extra: str) -> list[str]:
    """Where the kernel looks, in its order.

    `extra` is the parameter firmware_class.path, "" when unset.
    """
    own = [f"{FOLDER}/updates/{release}", f"{FOLDER}/updates", f"{FOLDER}/{release}", FOLDER]
    return ([extra.rstrip("/")] if extra else []) + own


def find(name: str, folders: list[str]) -> list[dict[str, Any]]:
    """Every file of that name in the folders, plain or compressed, with its size."""
    found = []
    for folder in folders:
        for suffix in SUFFIXES:
            path = f"{folder}/{name}{suffix}"
            try:
                size = os.stat(path).st_size
            except OSError:
                continue
            found.append(
                {"path": path, "suffix": suffix, "size": size, "readable": os.access(path, os.R_OK)}
            )
    return found


def folder_facts(path: str) -> dict[str, Any]:
    """Whether a folder is there, how many entries it has, and the mount that it is on."""
    try:
        count = len(os.listdir(path)[:ENTRY_LIMIT])
        errno = ""
    except OSError as error:
        count, errno = 0, calls.errno_name(error.errno)
    real = os.path.realpath(path)
    return {
        "path": path,
        "real": real,
        "errno": errno,
        "entries": count,
        "mount": calls.mount_of(real),
    }


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """Ask about the firmware folder, about another folder or about one file.

    The target is "" (the folder), a folder that starts with "/", or a file name as a driver asks
    for it.
    """
    del params
    extra = (calls.read_text(KERNEL_PATH) or "").strip()
    record.facts["kernel_path"] = extra
    record.facts["folder"] = folder_facts(target if target.startswith("/") else FOLDER)
    if target and not target.startswith("/"):
        release = os.uname().release
        record.facts["files"] = find(target, search_folders(release, extra))
