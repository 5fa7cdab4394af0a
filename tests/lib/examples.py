"""The examples and their expected matrices, read strictly: an unknown word is an error.

boards:
  any:                                  # a class of boards, see CLASSES; the first that fits counts
    checks:
      SERVICE::ACCESS[TARGET]: pass     # short for {result: pass, outcome: reachable}
      SERVICE::ACCESS: {result: fail, outcome: blocked, layer: device-cgroup, rule: HW130}
    findings: {HW070: [SERVICE]}        # rule -> services; FILE for a finding about the whole file
volumes: [NAME]                         # of the compose file: made before the run, as compose would
allow: read                             # the risk of the run; open when left out
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

    from hwaccess.facts import BoardFacts
    from hwaccess.model import CheckResult, Report

Row = dict[str, str]

FOLDER = Path(__file__).parents[2] / "compose-examples"
PASS: Row = {"result": "pass", "outcome": "reachable"}
WORDS = {"result", "outcome", "layer", "rule"}
HARDWARE = ("/dev/i2c-1", "/dev/spidev0.0", "/dev/gpiochip0")
PATHS = (
    "/run/dbus",
    "/run/dbus/system_bus_socket",
    "/lib/firmware",
)  # what the classes ask a board about
LABELLING = {"apparmor", "selinux"}  # security modules that have a word in who talks to a bus
WHOLE_FILE = "FILE"


def is_bare(board: BoardFacts) -> bool:
    """A machine without the usual buses, such as a server or a laptop."""
    return not any(board.node(path) for path in HARDWARE)


def is_capped() -> bool:
    """Whether this whole machine lacks capabilities, so that no container can be privileged."""
    status = Path("/proc/self/status").read_text()
    bounding = next(
        int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapBnd")
    )
    return bounding.bit_count() <= int(Path("/proc/sys/kernel/cap_last_cap").read_text())


def is_sandbox(board: BoardFacts) -> bool:
    """A small virtual machine: no modules, no bus, and a set of capabilities that somebody cut."""
    kinds = [board.path_kind(path) for path in PATHS]
    return (
        is_bare(board)
        and not board.has_modules
        and kinds == ["directory", "absent", "directory"]
        and is_capped()
    )


# The first class that an example has and that fits the board is the one that counts.
CLASSES: dict[str, Callable[[BoardFacts], bool]] = {
    "qemu:pc-ubuntu": lambda board: board.name == "pc-ubuntu",
    "qemu:pc": lambda board: board.name in ("pc", "pc-ubuntu") and board.model.startswith("QEMU"),
    "qemu:rpi3b": lambda board: board.name == "rpi3b",
    "qemu": lambda board: board.name in ("pc", "pc-ubuntu", "rpi3b"),
    "sandbox": is_sandbox,
    "bare": is_bare,
    "bus": lambda board: (
        board.path_kind("/run/dbus/system_bus_socket") == "socket" and not {*board.lsm} & LABELLING
    ),
    "firmware": lambda board: board.path_kind("/lib/firmware") == "directory",
    "ports": lambda board: board.arch == "x86_64" and board.config_value("X86_IOPL_IOPERM") == "y",
    "any": lambda _board: True,
}


# Virtual board -> the classes that it is of; the suite sees whether it is.
VIRTUAL = {
    "pc": ("qemu:pc", "qemu", "bus", "firmware", "ports", "any"),
    "pc-ubuntu": ("qemu:pc-ubuntu", "qemu:pc", "qemu", "firmware", "ports", "any"),
    "rpi3b": ("qemu:rpi3b", "qemu", "bus", "firmware", "any"),
}


@dataclass(frozen=True)
class Matrix:
    """What each check and finding of an example is expected to be, on one class of boards."""

    checks: dict[str, Row]
    findings: Counter[tuple[str, str]]


@dataclass(frozen=True)
class Example:
    """A folder of compose-examples/."""

    name: str
    boards: dict[str, Matrix]
    volumes: list[str] = field(default_factory=list)
    allow: str = "open"

    @property
    def folder(self) -> Path:
        """Where it is."""
        return FOLDER / self.name

    def matrix(self, board: BoardFacts) -> Matrix | None:
        """The matrix for a board; None when it is of no class that the example knows."""
        return next(
            (
                self.boards[name]
                for name, fits in CLASSES.items()
                if name in self.boards and fits(board)
            ),
            None,
        )

    def on_virtual(self, name: str) -> Matrix | None:
        """The matrix for a virtual board, which need not run for it."""
        return next((self.boards[known] for known in VIRTUAL[name] if known in self.boards), None)

    def has_own_row(self, name: str) -> bool:
        """Whether the virtual board is expected to show something that the first one does not.

        On another processor that is what not every board shows; on another PC, what `pc` does not.
        """
        row = self.on_virtual(name)
        like_the_first = name.startswith("pc-") and row is self.on_virtual("pc")
        return row is not self.boards.get("any") and not like_the_first


def names() -> list[str]:
    """Every example."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def read(name: str) -> Example:
    """The expectations of an example; its file must be there."""
    data = yaml.safe_load((FOLDER / name / "expected.yaml").read_text())
    boards = {known(board, CLASSES): matrix(rows) for board, rows in data.pop("boards").items()}
    return Example(name, boards, **data)


def known(word: str, words: Any) -> str:
    """The word, which must be one of these."""
    assert word in words, f"{word} is none of {', '.join(words)}"
    return word


def matrix(data: dict[str, Any]) -> Matrix:
    """One board's rows."""
    assert set(data) <= {"checks", "findings"}, f"unknown words in {sorted(data)}"
    findings = data.get("findings") or {}
    counted = Counter(
        (rule, service) for rule, services in findings.items() for service in services
    )
    return Matrix({check: row(value) for check, value in data["checks"].items()}, counted)


def row(value: str | Row) -> Row:
    """The long form of a row; layer and rule are there whenever something stopped it."""
    if value == "pass":
        return PASS
    assert isinstance(value, dict), f"{value!r} is neither `pass` nor a mapping"
    return {known(word, WORDS): text for word, text in value.items()}


def seen_row(result: CheckResult) -> Row:
    """What a result is, in the words of a row."""
    verdict = result.verdict
    words = {
        "result": result.result,
        "outcome": verdict.outcome,
        "layer": verdict.layer,
        "rule": verdict.rule,
    }
    return {word: str(text) for word, text in words.items() if text}


def seen(report: Report) -> Matrix:
    """What a run showed, in the form of an expected matrix."""
    found = Counter((finding.rule, finding.service or WHOLE_FILE) for finding in report.findings)
    return Matrix({result.check.id: seen_row(result) for result in report.results}, found)
