"""A project of one compose file in an empty directory."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

import pytest

from hwaccess.compose import load_project

if TYPE_CHECKING:
    from pathlib import Path

    from hwaccess.grants import Project, Service
    from hwaccess.words import Finding


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path


def project(base: Path, text: str) -> Project:
    file = base / "docker-compose.yml"
    file.write_text(text, encoding="utf-8")
    return load_project([str(file)], environment={})


def one(base: Path, fields: str) -> tuple[Service, tuple[Finding, ...]]:
    loaded = project(
        base, f"version: '2.1'\nservices:\n  app:\n    image: a\n{indent(fields, '    ')}\n"
    )
    return loaded.services[0], loaded.findings
