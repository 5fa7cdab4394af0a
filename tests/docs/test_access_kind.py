"""docs/access-kind.md: its files, written into a copy of the repository, make a kind that works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import apps
import pytest

import hwaccess
from hwaccess.agent import files

DOCUMENT = apps.ROOT / "docs/access-kind.md"
FILE = re.compile(r"^`([\w./-]+)`[^\n]*:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TABLE = re.compile(r"```diff\n {5}(.*)\n\+ {4}(.*)\n")
COPIED = (
    "compose-examples",
    "docs",
    "tests",
    "conftest.py",
    "pyproject.toml",
    "README.md",
    ".github",
)


def run(folder: Path, *command: str) -> str:
    """What a command in the copy prints; it must go well."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with the kind of the document in it."""
    folder = tmp_path_factory.mktemp("copy")
    rubbish = shutil.ignore_patterns("__pycache__", "_probes")
    shutil.copytree(Path(hwaccess.__file__).parent, folder / "hwaccess", ignore=rubbish)
    shutil.copytree(files.folder(), folder / "probes", ignore=rubbish)
    for name in COPIED:
        source = apps.ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=rubbish)
        else:
            shutil.copy(source, folder / name)
    text = DOCUMENT.read_text()
    for name, content in FILE.findall(text):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    table = folder / "hwaccess/access/__init__.py"
    ((before, line),) = TABLE.findall(text)
    assert table.read_text().count(f"    {before.strip()}\n") == 1
    table.write_text(table.read_text().replace(before.strip(), f"{before.strip()}\n    {line}"))
    for command in re.findall(r"^\$ python (.*) > (docs/\S+)$", text, re.MULTILINE):
        written = run(folder, sys.executable, *command[0].split())
        (folder / command[1]).write_text(written)
    return folder


def test_it_names_every_file_that_it_makes() -> None:
    text = DOCUMENT.read_text()
    overview = text[text.index("| file |") : text.index("## The probe")]
    listed = re.findall(r"^\| `([^`]+)`", overview, re.MULTILINE)
    made = [name for name, _ in FILE.findall(text)]
    assert {name for name in listed if not name.endswith("/")} == {
        *(name for name in made if not name.startswith("compose-examples/")),
        "hwaccess/access/__init__.py",
    }
    assert {str(Path(name).parent) for name in made if name.startswith("compose-examples/")} == {
        name.rstrip("/") for name in listed if name.endswith("/")
    }


def test_its_code_is_clean(copy: Path) -> None:
    run(
        copy,
        sys.executable,
        "-m",
        "ruff",
        "check",
        "hwaccess/access",
        "probes",
        "tests/unit/access",
    )
    run(copy, sys.executable, "-m", "ruff", "format", "--check", "hwaccess", "probes", "tests/unit")


def test_its_tests_pass_and_its_pages_are_up_to_date(copy: Path) -> None:
    tests = ("tests/unit/access/test_tun.py", "tests/unit/test_rules.py", "tests/examples")
    made = run(copy, sys.executable, "-m", "pytest", "-q", *tests, "-k", "tun or rule or document")
    assert "passed" in made


@pytest.mark.docker
def test_its_example_is_judged_in_real_containers(copy: Path) -> None:
    test = "tests/examples/test_examples.py::test_an_example_gives_its_expected_matrix[tun]"
    assert "1 passed" in run(copy, sys.executable, "-m", "pytest", "-q", "--run-docker", test)
