"""`env_file` and `label_file` of a service, put into `environment` and `labels`.

What stands in `environment` and `labels` wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hwaccess.compose.load import paths
from hwaccess.compose.load.extends import without
from hwaccess.compose.load.merge import keyed
from hwaccess.compose.load.source import exists
from hwaccess.compose.yaml.parser import kind_of
from hwaccess.compose.yaml.tree import Entry, Mapping, Node, Scalar, Sequence
from hwaccess.errors import ComposeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Variables

    from hwaccess.compose.load.findings import Findings

FOLDED: Final = (("env_file", "environment"), ("label_file", "labels"))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One file of the list."""

    path: Scalar
    required: bool
    raw: bool


def fold_files(
    service: Mapping, directory: str, environment: Variables[str, str], findings: Findings
) -> Mapping:
    """The service with the lines of its files among its variables and labels.

    Each has its place in the file.
    """
    for source, target in FOLDED:
        node = service.get(source)
        if node is None:
            continue
        # A line may name the shell's variables and then the service's own.
        known = {**_texts(service.get("environment")), **environment}
        entries: dict[str, Entry] = {}
        for wanted in _wanted(node, source):
            entries |= _entries(wanted, paths.join(directory, wanted.path.text), known, findings)
        service = without(service, source)
        if entries:
            service = _with(service, target, entries, node)
    return service


def _wanted(node: Node, source: str) -> Iterator[_Wanted]:
    items = node.items if isinstance(node, Sequence) else (node,)
    for item in items:
        path = item.get("path") if isinstance(item, Mapping) else item
        if isinstance(path, Scalar) and path.value is None and item is node:
            return
        if not isinstance(path, Scalar) or not path.text:
            message = f"{source} takes the path of a file, and this is {kind_of(path or item)}"
            raise ComposeError(message, hint=f"write {source}: FILE", place=item.place)
        required = item.get("required") if isinstance(item, Mapping) else None
        form = item.get("format") if isinstance(item, Mapping) else None
        optional = isinstance(required, Scalar) and required.value is False
        yield _Wanted(path, not optional, isinstance(form, Scalar) and form.text == "raw")


def _entries(
    wanted: _Wanted, path: str, environment: Variables[str, str], findings: Findings
) -> dict[str, Entry]:
    if not exists(path):
        if not wanted.required:
            return {}
        message = f"the file {path} is not there"
        hint = f"create it (touch {path}), or write - {{path: {wanted.path.text}, required: false}}"
        raise ComposeError(message, hint=hint, place=wanted.path.place)
    from hwaccess.compose.load.env_file import read_env_file  # noqa: PLC0415 -- most have none

    variables = read_env_file(path, environment, findings, raw=wanted.raw)
    return {
        each.name: Entry(
            Scalar(each.name, each.name, each.place),
            Scalar(each.value, each.value, each.value_place),
        )
        for each in variables
    }


def _texts(node: Node | None) -> dict[str, str]:
    """The variables that an `environment` sets."""
    own = keyed(node) if node is not None else None
    values = {entry.key.text: entry.value for entry in own} if isinstance(own, Mapping) else {}
    return {
        name: value.text
        for name, value in values.items()
        if isinstance(value, Scalar) and value.value is not None
    }


def _with(service: Mapping, target: str, entries: dict[str, Entry], source: Node) -> Mapping:
    """The service with more entries in a field that may be a mapping, a list, null or not there.

    Its own ones win.
    """
    old = service.entry(target)
    if old is None:
        key = Scalar(target, target, source.place)
        return Mapping(
            (*service.entries, Entry(key, Mapping(tuple(entries.values()), source.place))),
            service.place,
        )
    own = keyed(old.value)
    if not isinstance(own, Mapping):
        return service
    joined = entries | {entry.key.text: entry for entry in own}
    value = Mapping(tuple(joined.values()), own.place)
    return Mapping(
        tuple(Entry(each.key, value) if each is old else each for each in service), service.place
    )
