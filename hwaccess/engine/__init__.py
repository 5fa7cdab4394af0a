"""The engine: the only place that knows the Docker SDK."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hwaccess.engine.docker_engine import DockerEngine


def connect(address: str | None = None) -> DockerEngine:
    """The engine at an address, or the one that the docker command would use.

    It has answered once.
    """
    from hwaccess.engine.address import resolve  # noqa: PLC0415 -- the next line costs 100 ms: only who connects pays
    from hwaccess.engine.docker_engine import DockerEngine  # noqa: PLC0415 -- same

    return DockerEngine(resolve(address, os.environ))
