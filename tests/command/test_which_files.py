"""Without a file on the command line, the command reads what compose would read from there."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import apps
import pytest

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "compose.yaml": "services: {app: {image: a}, debug: {image: d, profiles: [debug]}}",
    "compose.override.yaml": "services: {app: {privileged: true}}",
    "other.yaml": "services: {other: {image: o}}",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "below").mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def rendered(folder: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hwaccess", "render", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(apps.ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_the_file_of_the_folder_and_its_override_file(project: Path) -> None:
    text = rendered(project)
    assert "from compose.yaml, compose.override.yaml\n" in text
    assert "privileged: true" in text
    assert "debug" not in text


def test_the_file_in_a_folder_above(project: Path) -> None:
    assert f"from {project}/compose.yaml, {project}/compose.override" in rendered(project / "below")


def test_a_dockerfile_above_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "Dockerfile").touch()
    assert "from Dockerfile\n" in rendered(tmp_path)
    assert "no compose file in " in rendered(tmp_path / "below")


@pytest.mark.parametrize("place", ["environment", ".env"])
def test_the_files_name_and_profiles_of_the_variables(project: Path, place: str) -> None:
    variables = {
        "COMPOSE_FILE": "compose.yaml:other.yaml",
        "COMPOSE_PROFILES": "debug",
        "COMPOSE_PROJECT_NAME": "named",
    }
    if place == ".env":
        (project / ".env").write_text("".join(f"{name}={variables[name]}\n" for name in variables))
    text = rendered(project, **(variables if place == "environment" else {}))
    assert "from compose.yaml, other.yaml\n" in text
    assert "name: named\n" in text
    assert all(f"  {service}:\n" in text for service in ("app", "debug", "other"))
    assert "privileged" not in text


def test_a_file_on_the_command_line_comes_before_the_variable(project: Path) -> None:
    text = rendered(project, "other.yaml", COMPOSE_FILE="compose.yaml")
    assert "from other.yaml\n" in text
