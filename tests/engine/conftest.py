"""The real engine, connected once, and what the tests must leave as they found it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import engines
import pytest
from docker import APIClient

from hwaccess.engine import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.engine.docker_engine import DockerEngine


@pytest.fixture(scope="session")
def client() -> Iterator[APIClient]:
    """The SDK itself, to look at the engine behind hwaccess's back."""
    with_default = APIClient(version="auto")
    yield with_default
    with_default.close()


@pytest.fixture(scope="session")
def engine() -> Iterator[DockerEngine]:
    """The engine with the real probes."""
    connected = connect()
    connected.prepare(lambda _line: None)
    yield connected
    connected.close()


@pytest.fixture(scope="session")
def code(client: APIClient) -> Iterator[DockerEngine]:
    """The engine with an agent that runs its request as Python code."""
    with engines.code_engine(client) as connected:
        yield connected
