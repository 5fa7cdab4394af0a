"""Words that must be the same where one list cannot be imported from the other."""

from __future__ import annotations

import ast

from hwaccess import pytest_plugin
from hwaccess.agent import files as probe_files
from hwaccess.words import Risk

RISKS = tuple(risk.value for risk in Risk)


def test_the_plugin_knows_every_risk() -> None:
    assert (
        pytest_plugin.RISKS == RISKS
    )  # it imports nothing of ours, so that other suites do not pay for it


def test_the_probes_know_every_risk() -> None:
    source = ast.parse((probe_files.folder() / "calls.py").read_text())
    (found,) = (
        ast.literal_eval(node.value)
        for node in source.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "RISKS"
    )
    assert found == RISKS
