"""The items of the plugin beside other plugins, each really installed: green, red, rerun.

The others are installed into a folder of their own, from the package index, once a session.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import apps
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.docker
# Distribution -> the module that is its plugin, and options that make it act.
PEERS = {
    "labgrid": ("labgrid.pytestplugin", ()),
    "pytest-docker-tools": ("pytest_docker_tools.plugin", ()),
    "pytest-html": (
        "pytest_html.plugin",
        ("-p", "pytest_metadata.plugin", "--html", "report.html"),
    ),
    "pytest-rerunfailures": ("pytest_rerunfailures", ("--reruns", "1")),
    "pytest-timeout": ("pytest_timeout", ("--timeout", "100")),
    "pytest-randomly": ("pytest_randomly", ()),
    "pytest-github-actions-annotate-failures": ("pytest_github_actions_annotate_failures", ()),
}


@pytest.fixture(scope="session")
def peers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with all of them; pytest itself is that of this suite."""
    folder = tmp_path_factory.mktemp("peers")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder), *PEERS],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def beside(
    app: Callable[..., pytest.RunResult], peers: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., pytest.RunResult]:
    """Run the app's pytest beside one of them, and no other plugin."""
    paths = [*filter(None, [os.environ.get("PYTHONPATH")]), str(peers)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")  # for the one that annotates

    def run(peer: str, *options: str, **files: str) -> pytest.RunResult:
        plugin, acting = PEERS[peer]
        loaded = ("-p", "hwaccess.pytest_plugin", "-p", plugin, *acting)
        return app(*loaded, "--hw-compose", ".", *options, **files)

    return run


@pytest.mark.parametrize("peer", PEERS)
def test_a_check_passes_beside(beside: Callable[..., pytest.RunResult], peer: str) -> None:
    beside(peer, compose=apps.PORT).assert_outcomes(passed=4)


@pytest.mark.parametrize("peer", sorted(set(PEERS) - {"pytest-rerunfailures"}))
def test_a_check_fails_with_its_verdict_beside(
    beside: Callable[..., pytest.RunResult], peer: str
) -> None:
    result = beside(peer, "--hw-require", compose=apps.ABSENT)

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*the board has no /dev/hwaccess-none*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_a_rerun_starts_a_new_container(
    beside: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    record = """
def pytest_hwaccess_result(item, result):
    with open("results.txt", "a") as file:
        print(item.name, id(result), file=file)
"""
    result = beside(
        "pytest-rerunfailures",
        "--hw-require",
        "--hw-access",
        "device",
        compose=apps.ABSENT,
        conftest=record,
    )

    result.stdout.fnmatch_lines(["*1 failed, 1 rerun*"])
    lines = [line.split() for line in (pytester.path / "results.txt").read_text().splitlines()]
    assert [name for name, _ in lines] == ["device[/dev/hwaccess-none]"] * 2
    assert len({identity for _, identity in lines}) == 2
