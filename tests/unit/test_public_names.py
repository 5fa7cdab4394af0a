"""The public names: what `hwaccess` exports, what it costs to import, and what the docs list."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import hwaccess
from hwaccess.engine.digest import context_files

ROOT = Path(__file__).parents[2]
SOURCE = (ROOT / "hwaccess" / "__init__.py").read_text()
PAGE = (ROOT / "docs" / "versioning.md").read_text()
HEAVY = {"click", "docker", "jsonschema", "pytest", "requests", "rich", "yaml"}


def python(code: str, *options: str, cwd: Path = ROOT) -> str:
    done = subprocess.run(
        [sys.executable, *options, "-c", code],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def lazy() -> dict[str, str]:
    homes: dict[str, str] = vars(hwaccess)["_HOMES"]
    return homes


def for_type_checkers() -> dict[str, str]:
    """Name -> module of the imports that only a type checker follows."""
    blocks = [node for node in ast.parse(SOURCE).body if isinstance(node, ast.If)]
    imports = [node for node in blocks[0].body if isinstance(node, ast.ImportFrom)]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def documented() -> dict[str, str]:
    """Name -> module of the table in the docs."""
    rows = re.findall(r"^\| `([\w.]+)` \| ((?:`\w+`(?:, )?)+) \|", PAGE, re.MULTILINE)
    return {name: module for module, names in rows for name in re.findall(r"`(\w+)`", names)}


def test_all_is_sorted_and_names_nothing_twice() -> None:
    assert hwaccess.__all__ == sorted(set(hwaccess.__all__))


def test_all_is_the_lazy_table_and_the_version() -> None:
    assert set(hwaccess.__all__) == {*lazy(), "__version__"}


def test_type_checkers_see_the_names_from_the_modules_that_they_come_from() -> None:
    assert for_type_checkers() == lazy()


def test_the_docs_list_every_public_name_with_its_module_and_no_other() -> None:
    assert documented() == lazy()


@pytest.mark.parametrize("name", sorted(lazy()))
def test_a_public_name_is_the_object_of_its_module(name: str) -> None:
    value = getattr(hwaccess, name)

    assert value is getattr(import_module(lazy()[name]), name)
    assert value.__module__ == lazy()[name]
    assert value.__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'hwaccess' has no attribute 'Nothing'"):
        getattr(hwaccess, "Nothing")  # noqa: B009 -- mypy knows that there is none


def test_dir_lists_names_that_nobody_has_used_yet() -> None:
    told = python("import hwaccess; print(set(hwaccess.__all__) <= set(dir(hwaccess)))")

    assert told == "True\n"


def test_importing_the_package_imports_nothing_heavy_and_nothing_else_of_ours() -> None:
    loaded = set(python("import sys, hwaccess; print(*sys.modules)").split())

    assert {name for name in loaded if name.partition(".")[0] == "hwaccess"} == {"hwaccess"}
    assert not loaded & HEAVY


def test_a_name_imports_its_module_at_its_first_use() -> None:
    code = "import sys, hwaccess; hwaccess.Layer; print('hwaccess.model' in sys.modules)"

    assert python(code) == "True\n"


def test_the_packer_runs_on_a_board_that_has_its_own_files_only(tmp_path: Path) -> None:
    for name, data in context_files():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    assert not (tmp_path / "hwaccess" / "model.py").exists()

    code = (
        "import sys; sys.path.insert(0, '.'); import hwaccess.engine.pack; print(hwaccess.__file__)"
    )
    where = python(code, "-I", "-S", cwd=tmp_path)

    assert Path(where.strip()) == tmp_path / "hwaccess" / "__init__.py"


def test_the_version_stands_in_one_place() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert "version" not in project["project"]
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"] == {"path": "hwaccess/__init__.py"}
    assert re.findall(r'^__version__ = "(.+)"$', SOURCE, re.MULTILINE) == [hwaccess.__version__]
