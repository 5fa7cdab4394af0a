"""Gates of our own suite: what needs an engine or a board is asked for, and once asked for it fails, never skips."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ["pytester"]

# Mark -> what its tests need; --run-MARK asks for them.
GATES = {
    "docker": "a Docker engine",
    "board": "the virtual PCs",
    "rpi3b": "the virtual Raspberry Pi",
    "virt": "the virtual ARM machine",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hwaccess' own suite")
    for mark, needed in GATES.items():
        group.addoption(f"--run-{mark}", action="store_true", help=f"run the tests that need {needed}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    closed = [mark for mark in GATES if not config.getoption(f"--run-{mark}")]
    left_out = [item for item in items if any(item.get_closest_marker(mark) for mark in closed)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees a board address, a compose variable or a proxy of whoever runs the suite."""
    for name in list(os.environ):
        if name.startswith(("HWACCESS_", "COMPOSE_")):
            monkeypatch.delenv(name)
