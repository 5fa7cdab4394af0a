"""docs/reference.md, made of the command, the plugin and the table of variables below.

python tests/lib/reference.py > docs/reference.md
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import hwaccess
from hwaccess import pytest_plugin
from hwaccess.cli.running import main
from hwaccess.pytest_plugin import hookspecs

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = """\
# Reference

Every environment variable, option, ini key, mark, fixture and hook. What may change between
versions is in [versioning](versioning.md).

<!-- Made by: python tests/lib/reference.py > docs/reference.md -->
"""
VARIABLES = {
    "HWACCESS_BOARD": "the board's address, where `--board` or `--hw-board` names none",
    "HWACCESS_CACHE": "the folder of everything that can be made again: virtual boards, hashes and "
    "locks. Without it `hwaccess` in `XDG_CACHE_HOME`, or in `~/.cache`",
    "HWACCESS_PROBE_IMAGE": "an image on the board that holds a runtime, in place of the one that "
    "hwaccess makes; how to build one is said in `probes/Dockerfile`",
    "XDG_CACHE_HOME": "the folder of caches, where `HWACCESS_CACHE` is not set",
    "XDG_CONFIG_HOME": "the folder of settings: recipes of your own are in its `hwaccess/boards`",
    "DOCKER_HOST": "the engine's address, where no board is named, as for the docker command",
    "DOCKER_CONTEXT": "the docker command's context, where `DOCKER_HOST` is not set",
    "DOCKER_CONFIG": "the folder of the docker command's settings, whose contexts are read",
    "DOCKER_CERT_PATH": "the folder of `ca.pem`, `cert.pem` and `key.pem` for tcp://",
    "DOCKER_TLS_VERIFY": "whether the engine's own certificate is checked as well",
    "COMPOSE_FILE": "the compose files, where none is named, as for compose",
    "COMPOSE_PATH_SEPARATOR": "what stands between the files of `COMPOSE_FILE`; a colon without it",
    "COMPOSE_ENV_FILES": "env files in place of `.env`, with commas between them",
    "COMPOSE_PROFILES": "profiles that are active, with commas between them",
    "COMPOSE_PROJECT_NAME": "the name of the project",
}
OURS = re.compile(r"(HWACCESS|XDG|DOCKER|COMPOSE)_[A-Z_]+")


class Recorder:
    """What a plugin adds to pytest's parser, kept as it was added."""

    def __init__(self) -> None:
        self.options: dict[str, str] = {}
        self.keys: dict[str, str] = {}

    def getgroup(self, *_: str) -> Recorder:
        """The group of options: this recorder."""
        return self

    def addoption(self, name: str, **attributes: Any) -> None:
        """Keep an option as it is written on the command line."""
        value = attributes.get("metavar") or "|".join(attributes.get("choices", ()))
        self.options[f"{name} {value}".strip()] = attributes["help"]

    def addini(self, name: str, text: str, **_: Any) -> None:
        """Keep an ini key."""
        self.keys[name] = text


def variables_read() -> set[str]:
    """The environment variables of our own and of the tools beside us that the source names."""
    found = set()
    for path in Path(hwaccess.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} if OURS.fullmatch(node.value) else set()
    return found


def plugin() -> Recorder:
    """The options and ini keys of the pytest plugin."""
    recorder = Recorder()
    pytest_plugin.pytest_addoption(recorder)  # type: ignore[arg-type]
    return recorder


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command by its words, groups excepted."""
    pending: list[tuple[str, click.Command]] = [("hwaccess", main)]
    while pending:
        words, command = pending.pop(0)
        if not isinstance(command, click.Group):
            yield words, command
            continue
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            pending.append((f"{words} {name}", inner))


def command_section(words: str, command: click.Command) -> Iterator[str]:
    """One command: how it is used, what it does, its options."""
    context = click.Context(command, info_name=words)
    usage = " ".join(command.collect_usage_pieces(context))
    yield from ("", f"### `{words}`", "", f"`{words} {usage}`", "", help_of(command), "")
    rows = [parameter.get_help_record(context) for parameter in command.get_params(context)]
    yield from table("option", dict(filter(None, rows)))


def help_of(command: click.Command) -> str:
    """A command's help as one paragraph."""
    return " ".join(inspect.cleandoc(command.help or "").split())


def table(title: str, rows: dict[str, str]) -> Iterator[str]:
    """Rows of names and what they mean."""
    yield from (f"| {title} | |", "|---|---|")
    for name, text in rows.items():
        yield f"| `{cell(name)}` | {cell(text)} |"


def cell(text: str) -> str:
    """Text on one line that ends no cell."""
    return " ".join(text.split()).replace("|", "\\|")


def fixtures() -> dict[str, str]:
    """The plugin's fixtures with the first line of their docstrings."""
    found = {}
    for name, value in vars(pytest_plugin).items():
        wrapped = getattr(value, "_get_wrapped_function", None)
        if name.startswith("hw_") and wrapped:
            found[name] = (inspect.getdoc(wrapped()) or "").splitlines()[0]
    return found


def hooks() -> dict[str, str]:
    """The hooks with the first line of their docstrings."""
    named = {name: value for name, value in vars(hookspecs).items() if name.startswith("pytest_")}
    return {name: (inspect.getdoc(value) or "").splitlines()[0] for name, value in named.items()}


def page() -> str:
    """The whole page."""
    recorder = plugin()
    required, _, requiring = pytest_plugin.MARK.partition("): ")
    mark, _, meaning = pytest_plugin.HW_MARK.partition(": ")
    lines = [HEAD, "## Environment variables", "", *table("variable", VARIABLES)]
    lines += ["", "## Commands"]
    for words, command in commands():
        lines += command_section(words, command)
    for title, word, rows in (
        ("pytest options", "option", recorder.options),
        ("pytest ini keys", "key", recorder.keys),
        ("Marks", "mark", {mark: meaning, f"{required})": requiring}),
        ("Fixtures", "fixture", fixtures()),
        ("Hooks", "hook", hooks()),
    ):
        lines += ["", f"## {title}", "", *table(word, rows)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
