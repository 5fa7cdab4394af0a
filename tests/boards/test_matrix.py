"""Every example on the virtual PC, held against its expected matrix, row for row."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import examples
import pytest

from hwaccess.boards.qemu.board import QemuBoard
from hwaccess.compose import load_project
from hwaccess.run import Options, Run, host_paths
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from virtual import Virtual

    from hwaccess.facts import BoardFacts

pytestmark = pytest.mark.board
WORKERS = 2  # the board has two processors


@pytest.fixture(scope="module")
def asked(request: pytest.FixtureRequest, session_pc: Virtual) -> Iterator[dict[str, Future[examples.Matrix]]]:
    """The examples that were selected, asked side by side; a test waits for its own."""
    items = (item for item in request.session.items if item.path == request.path)
    names = [item.callspec.params["name"] for item in items if hasattr(item, "callspec")]
    projects = [load_project([str(examples.read(name).folder)]) for name in names]
    board = ReadOnce(session_pc.board, {path for project in projects for path in host_paths(project)})
    with ThreadPoolExecutor(WORKERS) as pool:
        yield {name: pool.submit(ask, session_pc, board, name) for name in names}


class ReadOnce(QemuBoard):
    """The board with its facts read once for all examples, which halves the time; what they do not change stays."""

    def __init__(self, board: QemuBoard, paths: set[str]) -> None:
        self.__dict__.update(board.__dict__)
        self._facts = board.facts(paths)

    def facts(self, paths: Iterable[str] = ()) -> BoardFacts:
        del paths
        return self._facts


def ask(pc: Virtual, board: QemuBoard, name: str) -> examples.Matrix:
    example = examples.read(name)
    project = load_project([str(example.folder)])
    for volume in (volume for volume in project.volumes if volume.name in example.volumes):
        pc.client.create_volume(volume.real_name, driver=volume.driver, driver_opts=dict(volume.driver_opts))
    return examples.seen(Run(board, project, Options(allow=Risk(example.allow))).report())


@pytest.mark.parametrize("name", examples.names())
def test_an_example_gives_its_expected_matrix(
    name: str, session_pc: Virtual, asked: dict[str, Future[examples.Matrix]]
) -> None:
    expected = examples.read(name).matrix(session_pc.facts)
    assert expected is not None, f"{name} has no row that fits the board"

    seen = asked[name].result()

    assert seen.checks == expected.checks
    assert seen.findings == expected.findings
