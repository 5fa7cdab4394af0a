"""Write a project's files, load them, and look at the result without its places, or at these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from hwaccess.compose.load.loader import load_tree
from hwaccess.compose.yaml.tree import LoadedTree, Mapping, Node, Scalar
from hwaccess.errors import ComposeError

if TYPE_CHECKING:
    from pathlib import Path

Files = dict[str, str]


def plain(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Mapping):
        return {entry.key.text: plain(entry.value) for entry in node}
    return [plain(item) for item in node.items]


@dataclass(frozen=True)
class Loaded:
    tree: LoadedTree

    @property
    def root(self) -> dict[str, Any]:
        value: dict[str, Any] = plain(self.tree.root)
        return value

    @property
    def services(self) -> dict[str, Any]:
        value: dict[str, Any] = self.root["services"]
        return value

    @property
    def findings(self) -> list[str]:
        return [f"{finding.rule} {finding.place}" for finding in self.tree.findings]

    def place(self, path: str) -> str:
        """Where the value at `services.a.devices.0` was written."""
        node: Node = self.tree.root
        for step in path.split("/"):
            node = next_node(node, step)
        return str(node.place)


def next_node(node: Node, step: str) -> Node:
    if isinstance(node, Mapping):
        found = node.get(step)
        assert found is not None, step
        return found
    assert not isinstance(node, Scalar), step
    return node.items[int(step)]


class Load(Protocol):
    def __call__(self, files: Files, *names: str, **options: Any) -> Loaded: ...


class Refuse(Protocol):
    def __call__(self, files: Files, *names: str, **options: Any) -> ComposeError: ...


def write(directory: Path, files: Files) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load files written into an empty directory.

    By default `compose.yml`, with no shell variable set.
    """
    monkeypatch.chdir(tmp_path)

    def loaded(files: Files, *names: str, **options: Any) -> Loaded:
        write(tmp_path, files)
        options.setdefault("environment", {})
        return Loaded(load_tree(names or ("compose.yml",), **options))

    return loaded


@pytest.fixture
def refuse(load: Load) -> Refuse:
    """The error of files that cannot be loaded; it always has a hint."""

    def refused(files: Files, *names: str, **options: Any) -> ComposeError:
        with pytest.raises(ComposeError) as caught:
            load(files, *names, **options)
        assert caught.value.hint
        assert not caught.value.hint.endswith(".") or caught.value.hint == "ls ."
        return caught.value

    return refused
