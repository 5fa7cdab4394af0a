"""Gates of our own suite: what needs an engine or a board is asked for, and once asked for it fails, never skips."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

BOARDS = sorted(
    path.stem for path in Path(__file__).parent.glob("hwaccess/boards/qemu/recipes/*.toml")
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hwaccess' own suite")
    group.addoption(
        "--run-docker", action="store_true", help="run the tests that need a Docker engine"
    )
    group.addoption(
        "--run-board",
        action="append",
        default=[],
        choices=BOARDS,
        help="run the tests on this virtual board; repeatable",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    boards = {*config.getoption("--run-board")}
    left_out = [
        item
        for item in items
        if (item.get_closest_marker("docker") and not config.getoption("--run-docker"))
        or {name for mark in item.iter_markers("board") for name in mark.args} - boards
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees a board address, a compose variable or a proxy of whoever runs the suite."""
    for name in list(os.environ):
        if name.startswith(("HWACCESS_", "COMPOSE_")):
            monkeypatch.delenv(name)
