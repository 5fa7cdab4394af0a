"""Imports point down only, between the rooms of docs/design.md: no circle, no arrow upwards."""

from __future__ import annotations

import ast
from pathlib import Path

import hwaccess

PACKAGE = Path(hwaccess.__file__).parent
# From the top down. Rooms on one floor do not import each other. Imports for types alone count too.
FLOORS = (
    ("__main__",),
    ("cli", "pytest_plugin"),
    ("rules", "run"),
    ("compose", "report", "testing"),
    ("access", "boards"),
    ("diagnose", "engine"),
    ("agent",),
    ("model",),
    ("plugins", "locks", "typed_json"),
    ("cache", "errors", "grants"),
    ("facts", "plain", "words"),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
BESIDE = {("rules", "run")}  # the catalogue of rules has those of a run


def imports(path: Path) -> set[str]:
    """The rooms that a module imports from, at its top or inside."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "hwaccess":
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hwaccess."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {name.name.split(".")[1] for name in node.names if "hwaccess." in name.name}
    return found & set(FLOOR)


def arrows() -> set[tuple[str, str]]:
    """Every pair of rooms of which the first imports the second; the public face is none."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        room = path.relative_to(PACKAGE).with_suffix("").parts[0]
        if room != "__init__":
            found |= {(room, other) for other in imports(path) if other != room}
    return found


def test_every_module_and_package_has_its_floor() -> None:
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert {room for room in rooms if room not in ("__init__", "__pycache__")} == set(FLOOR)


def test_no_arrow_points_up() -> None:
    upwards = {
        f"{room} -> {other}" for room, other in arrows() - BESIDE if FLOOR[other] <= FLOOR[room]
    }
    assert upwards == set()


def test_probes_import_nothing_of_ours() -> None:
    probes = PACKAGE.parent / "probes"
    files = list((probes if probes.is_dir() else PACKAGE / "_probes").glob("*.py"))
    assert len(files) > 15
    assert {path.name for path in files if imports(path)} == set()
