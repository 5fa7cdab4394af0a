"""Show which small changes of the judges no test notices: python tests/mutation/run.py [FILE...].

Works on a copy of the tree. A mutant is killed when the unit tests of its room fail or take longer
than LIMIT. Survivors are printed with file and line, then the score of each file. equivalent.txt
lists mutants that change nothing one can see, `FILE: CHANGE  # reason` a line; they do not count.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from mutator import mutants

ROOT: Final = Path(__file__).parents[2]
LIMIT: Final = 60  # seconds for the tests of one room; unchanged they take two to five
DIAGNOSE: Final = "hwaccess/diagnose"
FILES: Final = (
    "hwaccess/run/plan.py",
    *(f"{DIAGNOSE}/{name}.py" for name in ("cgroup", "permission", "path_lookup", "ladder")),
    f"{DIAGNOSE}/refusal/__init__.py",
)


def tests_of(file: str) -> str:
    """The unit tests of a file's room."""
    return "tests/unit/run/test_plan.py" if "/run/" in file else "tests/unit/diagnose"


def passes(tree: Path, tests: str) -> bool:
    """Whether the tests pass on that tree; an endless loop is a failure."""
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", tests]
    try:
        return not subprocess.run(
            command, cwd=tree, capture_output=True, timeout=LIMIT, check=False
        ).returncode
    except subprocess.TimeoutExpired:
        return False


def score(tree: Path, file: str, equivalent: set[str]) -> tuple[int, int]:
    """How many mutants of a file there are that count, and how many were killed.

    Prints the others.
    """
    target, total, killed = tree / file, 0, 0
    source = target.read_text(encoding="utf-8")
    if not passes(tree, tests_of(file)):
        sys.exit(f"the tests of {file} do not pass without a change")
    for mutant in mutants(source):
        if f"{file}: {mutant.change}" in equivalent:
            continue
        target.write_text(mutant.source, encoding="utf-8")
        total += 1
        if passes(tree, tests_of(file)):
            print(f"survived  {file}:{mutant.line}  {mutant.change}", flush=True)  # noqa: T201
        else:
            killed += 1
    target.write_text(source, encoding="utf-8")
    return total, killed


def main(files: tuple[str, ...]) -> None:
    """Try every mutant of these files and print the score."""
    listed = Path(__file__).with_name("equivalent.txt").read_text(encoding="utf-8").splitlines()
    equivalent = {line.partition("  # ")[0] for line in listed}
    sums = [0, 0]
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        for file in files:
            total, killed = score(tree, file, equivalent)
            sums = [sums[0] + total, sums[1] + killed]
            print(f"{killed:4}/{total:<4} {killed / total:6.1%}  {file}", flush=True)  # noqa: T201
    print(f"{sums[1]:4}/{sums[0]:<4} {sums[1] / sums[0]:6.1%}  in total")  # noqa: T201


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or FILES)
