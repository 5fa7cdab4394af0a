"""The console blocks of README.md and docs/: found, run, and filled with what was really printed.

    python tests/lib/documents.py    # writes the output of each block that prints something else

A block after `<!-- needs: WHAT -->` is not run. One after `<!-- output: WHOSE -->` is run, and its
output, which is a certain machine's, is not compared.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import apps

DOCUMENTS = [
    apps.ROOT / "README.md",
    apps.ROOT / ".github/CONTRIBUTING.md",
    *sorted((apps.ROOT / "docs").glob("*.md")),
]
BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>needs|output): (?P<text>[^\n]+) -->\n)?^```console\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
SEPARATOR = "----8<----"
# What differs from machine to machine and from run to run, and what is compared in its place.
VARYING = [
    (re.compile(r"\bon \S+ \((?:unix|ssh|tcp)://[^)]*\)"), "on BOARD"),
    (re.compile(r"^hwaccess: board .*$", re.MULTILINE), "hwaccess: board BOARD"),
    (re.compile(r"^  board      .*$", re.MULTILINE), "  board      BOARD"),
    (re.compile(r"^Docker \S+, Linux \S+ \S+, cgroup v\d.*$", re.MULTILINE), "ENGINE"),
    (re.compile(r"\bin \d+\.\d+ ?s\b"), "in N s"),
    (re.compile(r"=+ (.*) =+"), r"== \1 =="),
    (re.compile(r"^(platform|rootdir:|plugins:) .*$", re.MULTILINE), r"\1"),
    (re.compile(r"^(FAILED \S+) - .*$", re.MULTILINE), r"\1"),  # pytest 8.2 tells no reason here
    (re.compile(r"\b(CapEff|CapBnd) [0-9a-f]{16}"), r"\1 SET"),
    (re.compile(r"mode 0\d{3}, uid \d+, gid \d+"), "MODE"),
    (re.compile(r"ioperm.*"), "ioperm"),
]


@dataclass(frozen=True)
class Block:
    """One console block: its commands, each with the lines that are printed under it."""

    document: Path
    line: int
    mark: str
    text: str
    body: str

    @property
    def name(self) -> str:
        """Where it is."""
        return f"{self.document.relative_to(apps.ROOT)}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """What stands after the prompts."""
        return [line[2:] for line in self.body.splitlines() if line.startswith("$ ")]


def blocks() -> list[Block]:
    """Every console block of every document."""
    return [block for document in DOCUMENTS for block in blocks_of(document)]


def blocks_of(document: Path) -> list[Block]:
    """The console blocks of one document."""
    text = document.read_text()
    return [
        Block(
            document,
            text.count("\n", 0, match.start()) + 1,
            match["mark"] or "",
            match["text"] or "",
            match["body"],
        )
        for match in BLOCK.finditer(text)
    ]


def real_body(block: Block, folder: Path) -> str:
    """The block with what its commands print now, in a folder that has the examples."""
    shutil.copytree(apps.ROOT / "compose-examples", folder / "compose-examples", dirs_exist_ok=True)
    script = "\n".join(f"echo '{SEPARATOR}'\n{command}" for command in block.commands)
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        check=False,
    )
    printed = done.stdout.decode().split(f"{SEPARATOR}\n")[1:]
    assert len(printed) == len(block.commands), done.stdout.decode()
    return "".join(
        f"$ {command}\n{text}" for command, text in zip(block.commands, printed, strict=True)
    )


def environment(folder: Path) -> dict[str, str]:
    """One in which `hwaccess` and `pytest` are those of this checkout."""
    tools = folder / ".tools"
    tools.mkdir(exist_ok=True)
    commands = {"hwaccess": ["-m", "hwaccess"], "pytest": ["-m", "pytest", *apps.plugin_options()]}
    for name, words in commands.items():
        tool = tools / name
        tool.write_text(f'#!/bin/sh\nexec {sys.executable} {" ".join(words)} "$@"\n')
        tool.chmod(0o755)
    path = f"{tools}:{os.environ['PATH']}"
    fixed = {"PYTHONPATH": str(apps.ROOT), "PYTEST_ADDOPTS": "-p no:cacheprovider", "COLUMNS": "80"}
    # pytest prints more where it finds these.
    ours = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    return ours | {"PATH": path} | fixed


def without_varying(text: str) -> str:
    """A text with what may differ replaced."""
    for pattern, replacement in VARYING:
        text = pattern.sub(replacement, text)
    return text


def fill(document: Path) -> None:
    """Write what is printed now into a document."""
    text = document.read_text()
    for block in blocks_of(document):
        if block.mark != "needs":
            with tempfile.TemporaryDirectory() as folder:
                body = real_body(block, Path(folder))
            if without_varying(body) != without_varying(block.body):
                text = text.replace(f"```console\n{block.body}```", f"```console\n{body}```", 1)
    document.write_text(text)


if __name__ == "__main__":
    for each in DOCUMENTS:
        fill(each)
