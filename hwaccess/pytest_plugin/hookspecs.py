"""Hooks that a conftest.py or a plugin may implement to change what the pytest plugin does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from hwaccess.boards.base import Board
    from hwaccess.grants import Project
    from hwaccess.model import Check, CheckResult


@pytest.hookspec(firstresult=True)
def pytest_hwaccess_open_board(config: pytest.Config, address: str | None) -> Board | None:
    """Open the board of this run, for a rack that hands boards out itself.

    None leaves it to hwaccess.
    address is --hw-board's, HWACCESS_BOARD's or the ini file's. The board is entered and left by
    the plugin.
    """


@pytest.hookspec
def pytest_hwaccess_modify_checks(
    config: pytest.Config, project: Project, checks: list[Check]
) -> None:
    """Change a project's checks in place before they become items: remove, reorder, or replace one.

    Called once per compose file. What is removed is not asked of the container either.
    """


@pytest.hookspec
def pytest_hwaccess_result(item: pytest.Item, result: CheckResult) -> None:
    """A check that became an item has its result.

    Called before the item passes or fails, for records of your own.
    """
