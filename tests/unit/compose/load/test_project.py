"""Which files make a project, its name, its directory, its profiles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.compose.conftest import Load, Refuse

A = "services: {a: {image: i}}"
B = "services: {b: {image: i}}"


@pytest.mark.parametrize(
    ("there", "arguments", "options", "files"),
    [
        (["compose.yml"], ["compose.yml"], {}, ["compose.yml"]),
        (["compose.yml", "compose.override.yml"], ["compose.yml"], {}, ["compose.yml"]),
        (
            ["compose.yml", "compose.override.yml"],
            ["."],
            {},
            ["compose.yml", "compose.override.yml"],
        ),
        (["docker-compose.yaml"], ["."], {}, ["docker-compose.yaml"]),
        (["docker-compose.yml", "compose.yaml"], ["."], {}, ["compose.yaml"]),
        (
            ["d/docker-compose.yml", "d/docker-compose.override.yaml"],
            ["d"],
            {},
            ["d/docker-compose.yml", "d/docker-compose.override.yaml"],
        ),
        (["a.yml", "b.yml"], ["b.yml", "a.yml"], {}, ["b.yml", "a.yml"]),
        (
            ["a.yml", "b.yml"],
            [],
            {"environment": {"COMPOSE_FILE": "a.yml:b.yml"}},
            ["a.yml", "b.yml"],
        ),
        (
            ["a.yml", "b.yml"],
            [],
            {"environment": {"COMPOSE_FILE": "a.yml,b.yml", "COMPOSE_PATH_SEPARATOR": ","}},
            ["a.yml", "b.yml"],
        ),
        (["a.yml"], ["a.yml"], {"environment": {"COMPOSE_FILE": "none.yml"}}, ["a.yml"]),
        (["compose.yml"], [], {}, ["compose.yml"]),
        (["p/compose.yml"], [], {"project_directory": "p"}, ["p/compose.yml"]),
    ],
)
def test_these_files_are_read(
    load: Load,
    tmp_path: Path,
    there: list[str],
    arguments: list[str],
    options: dict[str, Any],
    files: list[str],
) -> None:
    for name in there:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(A)
    if arguments:
        assert list(load({}, *arguments, **options).tree.files) == files
    else:
        assert list(load_without_arguments(options).files) == files


def load_without_arguments(options: dict[str, Any]) -> Any:
    from hwaccess.compose.load.loader import load_tree  # noqa: PLC0415 -- the fixture's load always names a file

    return load_tree([], **{"environment": {}, **options})


def test_dot_env_may_name_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("COMPOSE_FILE=x.yml\n")
    (tmp_path / "x.yml").write_text(A)
    assert load_without_arguments({}).files == ("x.yml",)


def test_env_files_that_are_named_replace_dot_env_here_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("COMPOSE_FILE=x.yml\nONLY_DOT=1\n")
    (tmp_path / "named.env").write_text("COMPOSE_FILE=y.yml\n")
    (tmp_path / "y.yml").write_text(A)
    tree = load_without_arguments({"env_files": ["named.env"]})
    assert tree.files == ("y.yml",)
    assert "ONLY_DOT" not in tree.environment


def test_the_nearest_compose_file_upwards_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one" / "two").mkdir(parents=True)
    (tmp_path / "compose.yaml").write_text(A)
    monkeypatch.chdir(tmp_path / "one" / "two")
    tree = load_without_arguments({})
    assert (tree.files, tree.directory) == ((str(tmp_path / "compose.yaml"),), str(tmp_path))


def test_a_second_compose_file_in_a_directory_is_told(load: Load) -> None:
    loaded = load({"compose.yaml": A, "docker-compose.yml": B}, ".")
    assert loaded.findings == ["HW006 docker-compose.yml:1:1"]
    assert list(loaded.services) == ["a"]


def test_a_directory_without_a_compose_file_is_an_error(refuse: Refuse, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    assert str(refuse({"d/Dockerfile": ""}, "d")) == "no compose file in the directory d"


@pytest.mark.parametrize(
    ("directory", "text", "environment", "name"),
    [
        ("plain", A, {}, "plain"),
        ("My App.v2", A, {}, "myappv2"),
        ("_-x", A, {}, "x"),
        ("Ü", A, {}, "default"),
        ("d", f"name: other\n{A}", {}, "other"),
        ("d", f"name: ${{N:-n}}1\n{A}", {}, "n1"),
        ("d", f"name: ''\n{A}", {}, "d"),
        ("d", f"name:\n{A}", {}, "d"),
        ("d", f"name: other\n{A}", {"COMPOSE_PROJECT_NAME": "mine"}, "mine"),
        ("d", f"name: 7\n{A}", {}, "7"),
    ],
)
def test_the_project_is_called(
    load: Load, directory: str, text: str, environment: dict[str, str], name: str
) -> None:
    file = f"{directory}/compose.yml"
    tree = load({file: text}, file, environment=environment).tree
    assert (tree.name, Path(tree.directory).name) == (name, directory)


def test_the_name_can_be_used_in_values_and_the_last_file_gives_it(load: Load) -> None:
    files = {
        "1.yml": "name: one\nservices: {a: {image: 'i:${COMPOSE_PROJECT_NAME}'}}",
        "2.yml": "name: two",
    }
    assert load(files, *files).services["a"]["image"] == "i:two"


def test_a_bad_name_from_the_environment_is_an_error(refuse: Refuse) -> None:
    error = refuse({"compose.yml": A}, environment={"COMPOSE_PROJECT_NAME": "My App"})
    assert str(error) == "COMPOSE_PROJECT_NAME: 'My App' is no project name"
    assert error.hint.endswith("myapp")


PROFILES = """\
services:
  always: {image: i}
  empty: {image: i, profiles: []}
  debug: {image: i, profiles: [debug], env_file: not-there.env}
  both: {image: i, profiles: [debug, hil]}
"""


@pytest.mark.parametrize(
    ("profiles", "environment", "active", "inactive"),
    [
        ([], {}, ["always", "empty"], ("debug", "both")),
        (["hil"], {}, ["always", "empty", "both"], ("debug",)),
        ([], {"COMPOSE_PROFILES": "x, hil"}, ["always", "empty", "both"], ("debug",)),
        (["hil"], {"COMPOSE_PROFILES": "debug"}, ["always", "empty", "both"], ("debug",)),
    ],
)
def test_profiles_choose_the_services(
    load: Load,
    profiles: list[str],
    environment: dict[str, str],
    active: list[str],
    inactive: tuple[str, ...],
) -> None:
    loaded = load({"compose.yml": PROFILES}, profiles=profiles, environment=environment)
    assert (list(loaded.services), loaded.tree.inactive) == (active, inactive)


def test_a_star_switches_every_profile_on(load: Load) -> None:
    loaded = load({"compose.yml": PROFILES, "not-there.env": ""}, profiles=["*"])
    assert loaded.tree.inactive == ()
    assert loaded.findings == []


def test_a_profile_that_no_service_has_is_told(load: Load) -> None:
    (finding,) = load({"compose.yml": PROFILES}, profiles=["hill"]).tree.findings
    assert (finding.rule, finding.remedy) == ("HW007", "the profiles are: debug, hil")


def test_the_environment_of_the_tree_is_what_interpolation_saw(load: Load) -> None:
    tree = load({"compose.yml": A, ".env": "X=dot\nY=dot\n"}, environment={"X": "shell"}).tree
    assert {key: tree.environment[key] for key in ("X", "Y")} == {"X": "shell", "Y": "dot"}


def test_the_environment_of_the_process_is_the_default(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARDWARE_BUS", "/dev/i2c-7")
    loaded = load({"compose.yml": "services: {a: {devices: ['$HARDWARE_BUS']}}"}, environment=None)
    assert loaded.services["a"]["devices"] == ["/dev/i2c-7"]
