"""An access kind of another package: installed, planned, packed, judged for real, explained."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path

import apps
import pytest
import yaml

PACKAGE = apps.ROOT / "tests/data/hwaccess-tun"
EXAMPLE = PACKAGE / "example"


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the foreign package in it, and with ours and its libraries beside it."""
    folder = tmp_path_factory.mktemp("foreign") / "venv"
    venv.create(folder, with_pip=True)
    found = folder / "bin/python"
    (site,) = folder.glob("lib/python3*/site-packages")
    beside = [str(apps.ROOT), *(path for path in sys.path if path.endswith("-packages"))]
    (site / "beside.pth").write_text("\n".join(beside) + "\n")
    install: tuple[str, ...] = (
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
    )
    done = subprocess.run([found, *install, PACKAGE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return found


def command(python: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command of that environment."""
    line = [str(python), "-m", "hwaccess", *words]
    return subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.docker
def test_it_is_judged_in_a_real_container(python: Path) -> None:
    done = command(python, "check", str(EXAMPLE), "--format", "json")
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    expected = yaml.safe_load((EXAMPLE / "expected.yaml").read_text())["boards"]["any"]["checks"]
    seen = {result["id"]: result for result in report["results"]}
    assert set(seen) == set(expected)
    for name, row in expected.items():
        wanted = {"result": "pass", "outcome": "reachable"} if row == "pass" else row
        assert {key: seen[name][key] for key in wanted} == wanted, name
    assert seen["wrong::tun[/dev/net/tun]"]["remedy"]["patch"]


def test_its_rule_is_explained_and_in_no_other_environment(python: Path) -> None:
    assert "# TUN001: the node is not the driver" in command(python, "explain", "TUN001").stdout
    without = command(Path(sys.executable), "explain", "TUN001")
    assert without.returncode == 2
    assert "no rule is called 'TUN001'" in without.stderr


def test_a_board_can_be_asked_for_it(python: Path) -> None:
    code = "from hwaccess.testing import wanted_path; print(wanted_path('tun'))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "/dev/net/tun"


def test_a_probe_file_that_is_missing_is_an_error_that_names_it(
    python: Path, tmp_path: Path
) -> None:
    code = (
        "from pathlib import Path; import hwaccess_tun; from hwaccess.agent import files;"
        f"hwaccess_tun.PROBE = (Path({str(tmp_path)!r}, 'none.py'),); files.files()"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    assert (
        f"the access kind 'tun' (hwaccess_tun) has no probe file '{tmp_path}/none.py'"
        in done.stderr
    )
