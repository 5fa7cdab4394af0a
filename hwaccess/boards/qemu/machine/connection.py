"""Connections to the sockets in a machine's folder."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def connected(path: Path, seconds: float | None = None) -> Iterator[socket.socket]:
    """A connection to a socket, by way of its folder's descriptor.

    A path in a socket's address has 107 bytes, a cache's more.
    """
    with contextlib.ExitStack() as stack:
        descriptor = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
        stack.callback(os.close, descriptor)
        client = stack.enter_context(socket.socket(socket.AF_UNIX))
        client.settimeout(seconds)
        client.connect(f"/proc/self/fd/{descriptor}/{path.name}")
        yield client


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
