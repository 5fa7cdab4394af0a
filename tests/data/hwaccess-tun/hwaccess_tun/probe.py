"""The driver of virtual network interfaces: which features it has. No interface is made."""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, Any

from .. import node_class

if TYPE_CHECKING:
    from .. import calls

TUNGETFEATURES = 0x800454CF  # linux/if_tun.h: _IOR('T', 207, unsigned int)


def probe(record: calls.Record, target: str, params: dict[str, Any]) -> None:
    """Open the node unless another device is behind it, and ask the driver what it can do."""
    del params
    fd = node_class.open_unless_harmful(record, target)
    if fd is None:
        return
    data = record.ioctl(fd, "TUNGETFEATURES", TUNGETFEATURES, bytes(4), bytes.hex)
    if data is not None:
        record.facts["features"] = struct.unpack("I", data)[0]
    os.close(fd)
