"""Every example on each kind of virtual board, held against its expected matrix, row for row."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import examples
import pytest
import virtual

from hwaccess.boards.qemu.board import QemuBoard
from hwaccess.compose import load_project
from hwaccess.run.options import Options
from hwaccess.run.prepare import host_paths
from hwaccess.run.run import check_project
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from virtual import Virtual

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import Project

# Examples asked at once: two leave half of two processors idle on pc, three are slower on others.
WORKERS = {"pc": 3}
BOARDS = [pytest.param(name, marks=pytest.mark.board(name)) for name in examples.VIRTUAL]


@pytest.fixture(scope="module", params=BOARDS)
def board(request: pytest.FixtureRequest) -> Virtual:
    opened: Virtual = request.getfixturevalue(f"session_{request.param.replace('-', '_')}")
    return opened


@pytest.fixture(scope="module")
def asked(
    request: pytest.FixtureRequest, board: Virtual
) -> Iterator[dict[str, Future[examples.Matrix]]]:
    """The examples that were selected, asked side by side; a test waits for its own."""
    items = (item for item in request.session.items if item.path == request.path)
    names = {item.callspec.params["name"]: None for item in items if hasattr(item, "callspec")}
    # Loaded here: they read the environment, which pytest changes from test to test.
    projects = {name: load_project([str(examples.read(name).folder)]) for name in names}
    paths = {path for project in projects.values() for path in host_paths(project)}
    once = ReadOnce(board.board, paths)
    with ThreadPoolExecutor(WORKERS.get(board.facts.name, 2)) as pool:
        yield {
            name: pool.submit(ask, board, once, name, project) for name, project in projects.items()
        }


class ReadOnce(QemuBoard):
    """The board with its facts read once for all examples, which halves the time.

    What they do not change stays.
    """

    def __init__(self, board: QemuBoard, paths: set[str]) -> None:
        self.__dict__.update(board.__dict__)
        self._facts = board.facts(paths)

    def facts(self, paths: Iterable[str] = ()) -> BoardFacts:
        del paths
        return self._facts


def ask(board: Virtual, once: QemuBoard, name: str, project: Project) -> examples.Matrix:
    example = examples.read(name)
    for volume in (volume for volume in project.volumes if volume.name in example.volumes):
        board.client.create_volume(
            volume.real_name, driver=volume.driver, driver_opts=dict(volume.driver_opts)
        )
    options = Options(allow=Risk(example.allow), seconds=virtual.SECONDS)
    return examples.seen(check_project(once, project, options))


@pytest.mark.parametrize("name", examples.names())
def test_an_example_gives_its_expected_matrix(
    name: str, board: Virtual, asked: dict[str, Future[examples.Matrix]]
) -> None:
    expected = examples.read(name).matrix(board.facts)
    assert expected is not None, f"{name} has no row that fits the board"
    assert expected == examples.read(name).on_virtual(
        board.facts.name
    )  # which docs/examples.md shows

    seen = asked[name].result()

    assert seen.checks == expected.checks
    assert seen.findings == expected.findings
