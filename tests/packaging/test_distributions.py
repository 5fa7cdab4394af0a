"""What is built carries the probes: sdist, the wheel made from it, and an editable install."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from hwaccess.agent import files as probe_files

ROOT = Path(__file__).resolve().parents[2]
PROBES = {path.name for path in (ROOT / "probes").iterdir() if path.is_file()}
ASK = "from hwaccess.agent import files; print(files.folder()); print(len(files.files()))"


def build(*arguments: str | Path, out: Path) -> Path:
    """The one file that `python -m build` makes; the build backend is among our own tools."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.iterdir())


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("--sdist", ROOT, out=tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel made from the sdist, as an index's user would."""
    source = tmp_path_factory.mktemp("source")
    with tarfile.open(sdist) as tar:
        tar.extractall(source, filter="data")
    return build("--wheel", next(source.iterdir()), out=tmp_path_factory.mktemp("wheel"))


def names(wheel: Path, folder: str) -> set[str]:
    """The files of a folder in the wheel, by their path below it."""
    with zipfile.ZipFile(wheel) as archive:
        return {name.removeprefix(folder) for name in archive.namelist() if name.startswith(folder)}


def test_the_wheel_carries_every_probe_and_nothing_else_beside(wheel: Path) -> None:
    assert names(wheel, "hwaccess/_probes/") == PROBES
    assert {"agent.py", "calls.py", "confinement.py", "Dockerfile"} <= PROBES


def test_the_wheel_carries_the_whole_package(wheel: Path) -> None:
    files = {
        str(path.relative_to(ROOT / "hwaccess"))
        for path in (ROOT / "hwaccess").rglob("*")
        if path.is_file()
    }
    wanted = {name for name in files if "__pycache__" not in name}

    assert names(wheel, "hwaccess/") - {f"_probes/{name}" for name in PROBES} == wanted
    assert "py.typed" in wanted


def test_the_wheel_carries_the_schema_of_the_specification_with_its_licence(wheel: Path) -> None:
    folder = "compose/load/compose-spec/"
    licences = {name for name in names(wheel, "hwaccess-") if name.endswith("LICENSE")}

    assert names(wheel, f"hwaccess/{folder}") == {"LICENSE", "README.md", "compose-spec.json"}
    assert {name.partition("/licenses/")[2] for name in licences} == {
        "LICENSE",
        f"hwaccess/{folder}LICENSE",
    }


def test_the_wheel_puts_nothing_at_the_top(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"hwaccess"}


def test_the_sdist_carries_what_the_tests_need(sdist: Path) -> None:
    with tarfile.open(sdist) as tar:
        tops = {name.split("/")[1] for name in tar.getnames()}

    assert {
        ".ci",
        "hwaccess",
        "probes",
        "tests",
        "compose-examples",
        "docs",
        "conftest.py",
        "Makefile",
        "pyproject.toml",
    } <= tops


def installed(folder: Path, *arguments: str | Path) -> Path:
    """The Python of a new environment with hwaccess in it and the dependencies of this one."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    site = next((folder / "lib").glob("python3*")) / "site-packages"
    (site / "tools.pth").write_text(
        "\n".join(path for path in sys.path if path.endswith("site-packages")) + "\n",
        encoding="utf-8",
    )
    command = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean())
    assert done.returncode == 0, done.stdout + done.stderr
    return python


def clean() -> dict[str, str]:
    """Our environment without the paths that would find the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def found(python: Path, folder: Path) -> tuple[Path, int]:
    """Where an installation finds its probes, and how many."""
    done = subprocess.run(
        [python, "-c", ASK], cwd=folder, env=clean(), capture_output=True, text=True, check=True
    )
    where, count = done.stdout.split()
    return Path(where), int(count)


def test_an_installed_wheel_finds_its_probes(wheel: Path, tmp_path: Path) -> None:
    python = installed(tmp_path / "venv", "--ignore-installed", wheel)

    where, count = found(python, tmp_path)

    assert where.parent.name == "hwaccess"
    assert (tmp_path / "venv") in where.parents
    assert (where.name, count) == ("_probes", len(probe_files.files()))


def test_an_editable_install_finds_the_live_files(tmp_path: Path) -> None:
    python = installed(tmp_path / "venv", "--ignore-installed", "--editable", ROOT)

    assert found(python, tmp_path) == (ROOT / "probes", len(probe_files.files()))
