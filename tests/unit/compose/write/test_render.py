"""A rendered file is plain compose and loads to the same grants."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from hwaccess.compose import load_project
from hwaccess.compose.grants.labels import is_feature
from hwaccess.compose.write.render import render
from hwaccess.errors import UsageError
from hwaccess.grants import MountGrant, Project
from hwaccess.words import Place

if TYPE_CHECKING:
    from hwaccess.grants import Grant, Service

ROOT = Path(__file__).parents[4]
EXAMPLES = sorted(path.name for path in (ROOT / "compose-examples").iterdir() if path.is_dir())
GOLDEN = ROOT / "tests" / "data" / "render"
NOWHERE = Place("", 1, 1)


def bare(grant: Grant) -> Grant:
    """A grant without where and how it was written."""
    plain = replace(grant, place=NOWHERE, text="", field="", label=None)
    if not isinstance(plain, MountGrant):
        return plain
    creates = plain.create_host_path and plain.type == "bind"  # means nothing for a volume
    return replace(plain, source_skipped_when_missing=False, create_host_path=creates)


def given(service: Service) -> dict[str, object]:
    """All that a service gives its container."""
    kept = replace(
        service, labels=tuple(label for label in service.labels if not is_feature(label))
    )
    found: dict[str, object] = {}
    for each in fields(kept):
        value = getattr(kept, each.name)
        if isinstance(value, tuple) and each.name != "features":
            found[each.name] = sorted(map(repr, map(bare, value)))
    build = service.build and replace(service.build, place=NOWHERE)
    expected = [replace(each, place=NOWHERE) for each in service.expectations.accesses]
    return found | {
        "name": service.name,
        "build": build,
        "expected": expected,
        "allow": service.expectations.allow,
    }


def again(project: Project, folder: Path, files: str) -> Project:
    """The project that the rendered file makes where the first one was."""
    file = folder / "compose.yaml"
    file.write_text(render(project))
    return load_project([str(file)], project_directory=files, environment={})


def written(folder: Path, text: str) -> Project:
    (folder / "docker-compose.yml").write_text(text)
    return load_project([str(folder / "docker-compose.yml")], environment={"A": "x$y", "B": ""})


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_loads_again_to_the_same_grants(tmp_path: Path, name: str) -> None:
    project = load_project([str(ROOT / "compose-examples" / name)], environment={})
    loaded = again(project, tmp_path, project.directory)
    assert [given(service) for service in loaded.services] == [
        given(service) for service in project.services
    ]
    assert {replace(each, place=NOWHERE) for each in loaded.volumes} == {
        replace(each, place=NOWHERE) for each in project.volumes
    }
    assert render(loaded).partition("\n")[2] == "\n".join(
        line
        for line in render(project).partition("\n")[2].split("\n")
        if not line.lstrip().startswith("#")
    )


EVERYTHING = """\
version: "2.4"
x-common: &common
  restart: always
  logging: {driver: json-file}
services:
  app:
    <<: *common
    image: "example.com/app:${TAG:-1}"
    profiles: [field]
    command: ["sh", "-c", "echo $$HOME ${A}"]
    ports: ["80:80", "22:22"]
    labels:
      - io.balena.features.dbus=1
      - io.balena.features.gpu=true
      - io.balena.features.extra-firmware=on
      - io.balena.features.journal-logs=1
      - io.balena.features.balena-socket=1
      - io.balena.features.sysfs=0
      - io.balena.features.nothing-known=1
      - io.balena.features.balena-api=1
      - com.example.mode=0o17
    environment:
      - MODE=on
      - EMPTY=
      - PASSED
    deploy:
      resources:
        limits: {cpus: "0.5"}
    networks: [inside]
    x-hwaccess:
      reach:
        - dbus
networks:
  inside: {internal: true}
"""


def test_every_label_becomes_plain_fields_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "docker-compose.yml").write_text(EVERYTHING)
    project = load_project(
        [str(tmp_path / "docker-compose.yml")],
        environment={"A": "x$y"},
        profiles=["field"],
        project_directory="/srv/app",
    )
    text = render(project).replace(str(tmp_path), "/srv/app")
    assert text == (GOLDEN / "every-label.yaml").read_text()
    loaded = again(project, tmp_path, "/srv/app")
    assert [given(service) for service in loaded.services] == [
        given(service) for service in project.services
    ]


@pytest.mark.parametrize(
    "value",
    ["0o17", "1e3", "22:22", "yes", "null", "~", "1_000", "2024-01-01", "a$b", "#", "- x", ""],
)
def test_a_text_stays_this_text(tmp_path: Path, value: str) -> None:
    quoted = "'" + value.replace("$", "$$") + "'"
    project = written(
        tmp_path, f"services:\n  app:\n    image: x\n    environment:\n      V: {quoted}\n"
    )
    (variable,) = again(project, tmp_path, str(tmp_path)).services[0].environment
    assert variable.value == value


def test_what_it_prints_has_no_alias_and_no_version(tmp_path: Path) -> None:
    text = "version: '3'\nservices:\n  a: &a\n    image: x\n    cap_add: [NET_RAW]\n  b: *a\n"
    made = render(written(tmp_path, text))
    assert "&" not in made
    assert "*" not in made
    assert list(yaml.safe_load(made)) == ["name", "services"]


def test_a_project_that_was_not_loaded_cannot_be_rendered() -> None:
    with pytest.raises(UsageError, match="the project p was not loaded"):
        render(Project("p", "/", (), ()))
