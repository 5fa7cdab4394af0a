"""Services typed from a few lines of YAML."""

from __future__ import annotations

from textwrap import indent
from typing import TYPE_CHECKING

from hwaccess.compose.grants.services import typed_project
from hwaccess.compose.yaml.parser import parse
from hwaccess.compose.yaml.tree import LoadedTree, Mapping

if TYPE_CHECKING:
    from hwaccess.grants import Project, Service
    from hwaccess.words import Finding, Severity


def project(text: str, directory: str = "/srv/demo") -> Project:
    root = parse(text, "compose.yml")[0].root
    assert isinstance(root, Mapping)
    return typed_project(LoadedTree(root, "demo", directory, ("compose.yml",), {"FROM_SHELL": "7"}))


def one(fields: str) -> tuple[Service, tuple[Finding, ...]]:
    text = f"services:\n  app:\n{indent(fields, '    ')}\nvolumes:\n  data:\n"
    loaded = project(text)
    return loaded.services[0], loaded.findings


def rules(findings: tuple[Finding, ...]) -> list[tuple[str, Severity]]:
    return [(finding.rule, finding.severity) for finding in findings]
