"""Drivers that share a major: /proc/devices lists it once for each range of minors."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import cases
import pytest
from probe_modules import load

board_probe, calls, node_class = (load(name) for name in ("board", "calls", "node_class"))

SHARED = """Character devices:
  1 mem
  4 /dev/vc/0
  4 tty
  4 ttyS
  5 /dev/tty

Block devices:
  4 nothing-char
  8 sd
"""


@pytest.mark.parametrize(
    ("kind", "major", "names"),
    [
        ("char", 4, "/dev/vc/0, tty, ttyS"),
        ("char", 1, "mem"),
        ("char", 8, ""),
        ("block", 4, "nothing-char"),
        ("block", 8, "sd"),
    ],
)
def test_probe_and_board_name_every_driver_of_a_major(
    tmp_path: Path, kind: str, major: int, names: str
) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/devices").write_text(SHARED)
    told = board_probe.read_majors(str(tmp_path))
    pairs = {key: tuple((row["major"], row["driver"]) for row in told[key]) for key in told}
    facts = replace(cases.BOARD, char_majors=pairs["char"], block_majors=pairs["block"])

    assert calls.driver_of(kind, major, SHARED) == names
    assert facts.driver(kind, major) == names


def test_a_node_of_a_shared_tty_major_is_a_tty_even_without_sysfs() -> None:
    node = {"kind": "char", "driver": "/dev/vc/0, tty, ttyS", "in_sysfs": False}
    assert node_class.class_of({**node, "major": 4000, "minor": 64}) == "tty"


def test_the_kernels_own_list_is_read_whole() -> None:
    text = Path("/proc/devices").read_text(encoding="ascii")
    lines = [line for line in text.splitlines() if re.match(r" *\d+ ", line)]
    majors = calls.majors_of(text)
    assert len(majors["char"]) + len(majors["block"]) == len(lines)
