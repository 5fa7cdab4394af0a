"""Gates of our own suite: what needs an engine or a board is asked for, and then never skips."""

from __future__ import annotations

import os
import signal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["pytester"]


def recipes() -> list[str]:
    """The virtual boards of the hwaccess under test: this checkout's, or that of a wheel."""
    package = find_spec("hwaccess")
    folders = package.submodule_search_locations if package else None
    found = (path for name in folders or () for path in Path(name).glob("boards/qemu/recipes/*"))
    return sorted(path.stem for path in found if path.suffix == ".toml")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that ask for an engine and for boards."""
    group = parser.getgroup("hwaccess' own suite")
    group.addoption(
        "--run-docker", action="store_true", help="run the tests that need a Docker engine"
    )
    group.addoption(
        "--run-board",
        action="append",
        default=[],
        choices=recipes(),
        help="run the tests on this virtual board; repeatable",
    )
    group.addoption(
        "--own-rows",
        action="store_true",
        help="of the examples' matrix, run on further boards what is theirs: on pc all, on others "
        "the examples that are expected to end otherwise there",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what was not asked for; on a worker of xdist, put the long units of work first."""
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
    if hasattr(config, "workerinput"):
        import share  # noqa: PLC0415 -- tests/lib is in the path by now, and xdist is here

        items.sort(key=lambda item: share.rank(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(
    config: pytest.Config,
    log: Any,  # noqa: ANN401 -- xdist's
) -> object | None:
    """Keep what shares a board, or the whole engine, on one worker; another --dist is obeyed."""
    if config.getoption("dist") != "load":  # what -n alone means
        return None
    import share  # noqa: PLC0415 -- xdist need not be installed

    config.option.loadscopereorder = False  # the order is that of rank()
    return share.Sharing(config, log)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide a board address, a compose variable or a proxy of whoever runs the suite."""
    for name in list(os.environ):
        if name.startswith(("HWACCESS_", "COMPOSE_")):
            monkeypatch.delenv(name)


@pytest.fixture
def nothing_is_ignored() -> Iterator[None]:
    """Signals as at a terminal: children of nohup, or of a background job, ignore some."""
    from hwaccess.errors import ENDING  # noqa: PLC0415 -- for these tests

    ignored = [number for number in ENDING if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number in ignored:
        signal.signal(number, signal.SIG_IGN)
