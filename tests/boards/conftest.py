"""One virtual PC and one virtual Raspberry Pi for all tests that only look, each started once."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import examples
import pytest
import virtual

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CACHE = {name: os.environ.get(name) for name in ("HWACCESS_CACHE", "XDG_CACHE_HOME")}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --own-rows, leave out what a further board would only show again."""
    first = next(iter(examples.VIRTUAL))
    left_out = [
        item
        for item in items
        if config.getoption("--own-rows")
        and "asked" in getattr(item, "fixturenames", ())
        and (given := item.callspec.params)["board"] != first  # type: ignore[attr-defined]
        and not examples.read(given["name"]).has_own_row(given["board"])
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@contextlib.contextmanager
def session_board(name: str, folder: Path) -> Iterator[virtual.Virtual]:
    with pytest.MonkeyPatch.context() as patch:
        give_cache(patch)
        with virtual.virtual(name, folder) as opened:
            yield opened


@pytest.fixture(scope="session")
def session_pc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtual.Virtual]:
    with session_board("pc", tmp_path_factory.mktemp("pc")) as opened:
        yield opened


@pytest.fixture(scope="session")
def session_pc_ubuntu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtual.Virtual]:
    with session_board("pc-ubuntu", tmp_path_factory.mktemp("pc-ubuntu")) as opened:
        yield opened


@pytest.fixture(scope="session")
def session_rpi3b(tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtual.Virtual]:
    with session_board("rpi3b", tmp_path_factory.mktemp("rpi3b")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, clean_environment: None) -> None:
    """Boards are looked for where whoever runs the suite built them."""
    del clean_environment
    give_cache(monkeypatch)


def give_cache(patch: pytest.MonkeyPatch) -> None:
    for name, value in CACHE.items():
        if value is not None:
            patch.setenv(name, value)


@pytest.fixture
def pc(session_pc: virtual.Virtual, tmp_path: Path) -> virtual.Virtual:
    """The running board, with a folder of the test's own."""
    return replace(session_pc, folder=tmp_path)


@pytest.fixture
def rpi3b(session_rpi3b: virtual.Virtual, tmp_path: Path) -> virtual.Virtual:
    """The running Raspberry Pi, with a folder of the test's own."""
    return replace(session_rpi3b, folder=tmp_path)
