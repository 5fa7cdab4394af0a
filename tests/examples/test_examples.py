"""Every example is run on the real engine and held against its expected matrix, row for row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import examples
import pytest

from hwaccess.boards import open_board
from hwaccess.compose import load_project
from hwaccess.model import Layer, Outcome, Result
from hwaccess.run.options import Options
from hwaccess.run.run import check_project
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.boards.base import Board
    from hwaccess.grants import Project


@pytest.fixture(scope="module")
def board() -> Iterator[Board]:
    with open_board(None) as opened:
        yield opened


@pytest.fixture
def volumes() -> Iterator[Any]:
    """Make a project's named volumes as `docker compose up` would, and remove them at the end."""
    import docker  # noqa: PLC0415 -- only the example with a volume needs a client of its own

    client = docker.from_env()
    made = []

    def make(project: Project, names: list[str]) -> None:
        for volume in (volume for volume in project.volumes if volume.name in names):
            options = dict(volume.driver_opts)
            made.append(
                client.volumes.create(volume.real_name, driver=volume.driver, driver_opts=options)
            )

    yield make
    for volume in made:
        volume.remove()
    client.close()


@pytest.mark.docker
@pytest.mark.parametrize("name", examples.names())
def test_an_example_gives_its_expected_matrix(name: str, board: Board, volumes: Any) -> None:
    example = examples.read(name)
    expected = example.matrix(board.facts(examples.PATHS))
    if expected is None:
        pytest.skip(
            f"{name} is about boards of the kind {' or '.join(example.boards)}; this one is another"
        )
    project = load_project([str(example.folder)])
    volumes(project, example.volumes)
    report = check_project(board, project, Options(allow=Risk(example.allow)))
    seen = examples.seen(report)
    assert seen.checks == expected.checks
    assert seen.findings == expected.findings


@pytest.mark.parametrize("name", examples.names())
def test_an_example_is_whole(name: str) -> None:
    example = examples.read(name)
    readme = (example.folder / "README.md").read_text()
    assert readme.startswith("# ")
    assert len(readme.splitlines()) >= 3
    assert example.boards


@pytest.mark.parametrize("name", examples.names())
def test_an_expected_row_uses_the_words_of_the_model(name: str) -> None:
    for matrix in examples.read(name).boards.values():
        for row in matrix.checks.values():
            Result(row["result"])
            outcome = Outcome(row["outcome"])
            if outcome is Outcome.REACHABLE:
                assert "layer" not in row
            elif row["result"] != "skip":
                Layer(row["layer"])
                assert row["rule"].startswith("HW")


@pytest.mark.parametrize("name", [name for name in examples.names() if name.startswith("broken-")])
def test_a_mistake_shows_as_a_red_row_or_a_finding_and_its_layer_is_in_the_readme(
    name: str,
) -> None:
    example = examples.read(name)
    readme = (example.folder / "README.md").read_text()
    for matrix in example.boards.values():
        red = [row for row in matrix.checks.values() if row["result"] in ("fail", "error")]
        assert red or matrix.findings
        for layer in {row["layer"] for row in red if "layer" in row}:
            assert f"`{layer}`" in readme
