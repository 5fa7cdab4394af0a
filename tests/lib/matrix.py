"""The expected results of every example on the virtual boards, as a page.

python tests/lib/matrix.py > docs/examples.md
"""

from __future__ import annotations

import sys

import examples

HEAD = """\
# What the examples give on virtual boards

Written by `python tests/lib/matrix.py` from the `expected.yaml` beside each example. \
The suite runs every example on
each of these boards, compares every row and every finding exactly, \
and holds this page against those files.

A check passes when what is wanted is so: a device that is to be reached can be opened, \
one that is to be denied cannot.
Else the layer that stopped it and the rule follow; `hwaccess explain HW130` prints a rule's page.

| example | check | `qemu:pc` | `qemu:pc-ubuntu` | `qemu:rpi3b` |
|---|---|---|---|---|
"""


def cell(row: examples.Row | None) -> str:
    """A row of an expected matrix in a few words."""
    if row is None:
        return ""
    words = [row["layer"]] if "layer" in row else [] if row == examples.PASS else [row["outcome"]]
    return " ".join((row["result"], *words, *([row["rule"]] if "rule" in row else [])))


def page() -> str:
    """The whole page."""
    lines = []
    for name in examples.names():
        matrices = [examples.read(name).on_virtual(board) for board in examples.VIRTUAL]
        checks = dict.fromkeys(check for matrix in matrices if matrix for check in matrix.checks)
        link = f"[{name}](../compose-examples/{name})"
        for check in checks:
            cells = (cell(matrix.checks.get(check)) if matrix else "" for matrix in matrices)
            lines.append(f"| {link} | {check} | {' | '.join(cells)} |\n")
            link = ""
    return HEAD + "".join(lines)


if __name__ == "__main__":
    sys.stdout.write(page())
