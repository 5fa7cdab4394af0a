"""/dev/mem, /dev/port, /dev/kmem: opened.

One page is mapped only when an address is named, and never read.
"""

from __future__ import annotations

import mmap
import os
from typing import Any

from . import calls


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """Open the node, and map the page of params["address"].

    The target is a path, with or without "@ADDRESS".

    O_SYNC asks for an uncached mapping, as every library that uses /dev/mem does. The mapping is
    not read from: an address without a device can stop the whole board, and some registers change
    when they are read. Whether the kernel lets the page be mapped is decided by mmap(2) alone.
    """
    fd = calls.open_node(record, target.partition("@")[0], os.O_SYNC)
    if fd is None:
        return
    address = params.get("address")
    if isinstance(address, int) and record.may("read"):
        map_page(record, fd, address)
    os.close(fd)


def map_page(record: calls.Record, fd: int, address: int) -> None:
    """Map the page that holds the address for reading, and let go of it again."""
    page = address & ~(mmap.PAGESIZE - 1)
    text = f"{mmap.PAGESIZE}, PROT_READ, MAP_SHARED, {page:#x}"
    mapped = record.call(
        "mmap",
        text,
        lambda: mmap.mmap(
            fd, mmap.PAGESIZE, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ, offset=page
        ),
        lambda _: "mapped",
    )
    if mapped is not None:
        mapped.close()
