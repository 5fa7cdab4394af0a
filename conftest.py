"""Gates of our own suite: what needs an engine or a board is asked for, and once asked for it fails, never skips."""

from __future__ import annotations

import os

import pytest

pytest_plugins = ["pytester"]

GATES = {"docker": "--run-docker", "board": "--run-board", "rpi3b": "--run-rpi3b", "virt": "--run-virt"}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hwaccess' own suite")
    group.addoption("--run-docker", action="store_true", help="run the tests that need a Docker engine")
    group.addoption("--run-board", action="store_true", help="run the tests that need the virtual PCs")
    group.addoption("--run-rpi3b", action="store_true", help="run the tests that need the virtual Raspberry Pi")
    group.addoption("--run-virt", action="store_true", help="run the tests that need the virtual ARM machine")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    closed = [mark for mark, option in GATES.items() if not config.getoption(option)]
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
