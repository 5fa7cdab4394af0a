"""A project without a compose file: the labels and the listing of balena's guide."""

from __future__ import annotations

from dataclasses import replace
from textwrap import indent
from typing import TYPE_CHECKING

import pytest

from hwaccess.compose import load_project
from hwaccess.words import Place
from tests.unit.compose.grants.conftest import one, project

if TYPE_CHECKING:
    from pathlib import Path

    from hwaccess.grants import Service


GUIDE_LABELS = """\
io.resin.features.kernel-modules: '1'
io.resin.features.firmware: '1'
io.resin.features.dbus: '1'
io.resin.features.supervisor-api: '1'
io.resin.features.resin-api: '1'
io.resin.update.strategy: download-then-kill
io.resin.update.handover-timeout: ''
"""
LISTING = f"""\
version: '2.1'
networks: {{}}
volumes:
  resin-data: {{}}
services:
  main:
    build:
      context: .
    privileged: true
    restart: always
    network_mode: host
    volumes:
      - 'resin-data:/data'
    labels:
{indent(GUIDE_LABELS, "      ")}"""


def test_the_guide_s_labels(base: Path) -> None:
    service, findings = one(base, f"labels:\n{indent(GUIDE_LABELS, '  ')}")
    assert service.features == (
        "kernel-modules",
        "firmware",
        "dbus",
        "supervisor-api",
        "balena-api",
    )
    assert [finding.rule for finding in findings] == ["HW034", "HW035"]


@pytest.mark.parametrize(
    ("source", "dockerfile"),
    [
        ("Dockerfile", "Dockerfile"),
        ("Dockerfile.template", "Dockerfile.template"),
        ("package.json", "Dockerfile"),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_a_single_container_is_the_guide_s_listing(
    base: Path, source: str, dockerfile: str, named: bool
) -> None:
    listed = project(base, LISTING)
    (base / "docker-compose.yml").unlink()
    path = base / source
    path.write_text("FROM debian:12\n", encoding="utf-8")
    single = load_project([str(path if named else base)], environment={})
    assert single.single_container
    assert not listed.single_container
    assert (single.files, single.name, single.directory) == (
        (str(path),),
        listed.name,
        listed.directory,
    )
    (main,), (as_listed,) = single.services, listed.services
    places = {str(grant.place) for grant in main.grants}
    assert places == {f"{path}:1:1"}
    assert strip(main) == strip(as_listed)
    assert main.build is not None
    assert main.build.dockerfile == str(base / dockerfile)
    assert [(v.name, v.real_name) for v in single.volumes] == [
        (v.name, v.real_name) for v in listed.volumes
    ]
    assert [finding.rule for finding in single.findings] == ["HW034"]


def strip(service: Service) -> list[object]:
    """The grants without where they stand."""
    return [replace(grant, place=Place("", 1, 1)) for grant in service.grants]


def test_a_compose_file_beside_the_dockerfile_counts(base: Path) -> None:
    (base / "Dockerfile").write_text("FROM debian:12\n", encoding="utf-8")
    (base / "compose.yaml").write_text("services: {app: {image: a}}\n", encoding="utf-8")
    for loaded in (
        load_project([str(base)], environment={}),
        load_project([], project_directory=str(base), environment={}),
    ):
        assert [service.name for service in loaded.services] == ["app"]
