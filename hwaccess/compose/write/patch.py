"""A patch of a compose file that makes a change of one service and nothing else.

It is in the file's own text. Lines are edited, YAML is never written again: comments, quotes,
indentation, anchors and line endings stay. Every edit is read back; where more than the wanted
change happened, by an anchor that others share or a merge key, there is none.
"""

from __future__ import annotations

import difflib
import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import yaml

from hwaccess.compose.grants.reader import is_null, written
from hwaccess.compose.grants.values import TRUTHS
from hwaccess.compose.write.edits import PAIRS, Location, edit_for, pair
from hwaccess.compose.write.layout import read_layout
from hwaccess.compose.yaml.parser import Document, parse
from hwaccess.compose.yaml.tree import Entry, Mapping, Node, Scalar, Sequence
from hwaccess.errors import ComposeError
from hwaccess.words import Place

if TYPE_CHECKING:
    from collections.abc import Sequence as List

    from hwaccess.compose.write.layout import Layout, Part
    from hwaccess.model import Change

HERE: Final = Place("", 1, 1)
Shape = tuple[object, ...]


def patch(text: str, file: str, service: str, changes: List[Change]) -> str | None:
    """A unified diff that applies the changes to the service, or None when none is safe.

    text is the file's own, line endings and all. `patch -p1` and `git apply` take the diff where
    hwaccess was started, or in the file's own directory when that lies elsewhere.
    """
    edited = text
    try:
        for change in changes:
            made = _changed(
                edited, service, replace(change, value=_bare(change.value), old=_bare(change.old))
            )
            if made is None:
                return None
            edited = made
    except (ComposeError, yaml.YAMLError):
        return None
    return None if edited == text else "".join(_diff(text, edited, _name(file)))


def _bare(value: str) -> str:
    """A change's value without the quotes that it may be written in.

    The file's own manner decides on quotes.
    """
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _changed(text: str, service: str, change: Change) -> str | None:
    """The text with one change made, and read back; None when there is no safe way."""
    documents = parse(text, "")
    holders = [
        index for index, document in enumerate(documents) if _body(document, service) is not None
    ]
    if len(holders) != 1:
        return None
    body = _body(documents[holders[0]], service)
    layout = read_layout(text)
    location = _location(
        layout,
        holders[0],
        service,
        None if body is None else _found(body.get(change.field), change),
    )
    if body is None or location is None:
        return None
    edit = edit_for(location, change)
    if edit is None:
        return None
    edited = edit.applied(text)
    after = parse(edited, "")
    wanted = _wanted(body, _body(after[holders[0]], service), location.found, change)
    if wanted is None or len(after) != len(documents):
        return None
    expected = [
        (
            _shape(
                _with_body(document.root, service, wanted) if index == holders[0] else document.root
            ),
            _tags(document),
        )
        for index, document in enumerate(documents)
    ]
    return (
        edited
        if [(_shape(document.root), _tags(document)) for document in after] == expected
        else None
    )


def _body(document: Document, service: str) -> Mapping | None:
    """The service's mapping as it means, or None."""
    services = document.root.get("services") if isinstance(document.root, Mapping) else None
    body = services.get(service) if isinstance(services, Mapping) else None
    return body if isinstance(body, Mapping) else None


def _location(
    layout: Layout, document: int, service: str, found: int | str | None
) -> Location | None:
    """The service's body as written; None when it, or what is around it, is an alias."""
    root = layout.documents[document]
    services: Part | None = root.get("services") if root.kind == "map" else None
    body = services.get(service) if services is not None and services.kind == "map" else None
    return (
        Location(layout, services, body, found)
        if services is not None and body is not None and body.kind == "map"
        else None
    )


def _found(field: Node | None, change: Change) -> int | str | None:
    """Where in its field the item is that the change names: index or key.

    None when it is not there exactly once.
    """
    wanted = change.old if change.op == "replace" else change.value
    name, value = pair(wanted)
    if isinstance(field, Sequence):
        items = [written(item) for item in field.items]
        if change.field in PAIRS and wanted not in items:
            items, wanted = [str(pair(item)) for item in items], str((name, value))
        return items.index(wanted) if items.count(wanted) == 1 else None
    entry = field.entry(name) if isinstance(field, Mapping) else None
    same = (
        entry is not None and isinstance(entry.value, Scalar) and value in (None, entry.value.text)
    )
    return (
        name
        if same or (entry is not None and wanted == f"{name}: {written(entry.value)}")
        else None
    )


def _wanted(
    before: Mapping, after: Mapping | None, found: int | str | None, change: Change
) -> Mapping | None:
    """The service's body as it must be afterwards; None when the change makes no sense there.

    after only decides between a list and a map where the field is new.
    """
    field = before.get(change.field)
    new = after.get(change.field) if after is not None else None
    match change.op:
        case "set":
            return _put(before, change.field, _value(change))
        case "add":
            if field is None or is_null(field):
                field = Mapping((), HERE) if isinstance(new, Mapping) else Sequence((), HERE)
            return _put(before, change.field, _appended(field, change))
        case "remove":
            return _put(before, change.field, _without(field, found))
        case "replace":
            return _put(before, change.field, _exchanged(field, found, change))


def _value(change: Change) -> Scalar:
    truth = change.value == "true" if change.field in TRUTHS else None
    return Scalar(change.value if truth is None else truth, change.value, HERE)


def _item(change: Change) -> Scalar:
    name, value = pair(change.value)
    text = change.value if change.field not in PAIRS or value is None else f"{name}={value}"
    return Scalar(text, text, HERE)


def _entry(change: Change) -> Entry:
    name, value = pair(change.value)
    return Entry(Scalar(name, name, HERE), Scalar(value, value or "", HERE))


def _appended(field: Node, change: Change) -> Node | None:
    """The field with the new item; None when it is there already, or a variable of that name is."""
    if isinstance(field, Mapping):
        entry = _entry(change)
        return None if field.entry(entry.key.text) else Mapping((*field.entries, entry), HERE)
    if not isinstance(field, Sequence):
        return None
    item = _item(change)
    if change.field in PAIRS:
        taken = any(pair(written(other))[0] == pair(item.text)[0] for other in field.items)
    else:
        taken = item.text in [written(other) for other in field.items]
    return None if taken else Sequence((*field.items, item), HERE)


def _without(field: Node | None, found: int | str | None) -> Node | None:
    """The field without the item; None when nothing is left of it."""
    if isinstance(field, Sequence):
        return Sequence(
            tuple(item for index, item in enumerate(field.items) if index != found), HERE
        )
    if isinstance(field, Mapping):
        return Mapping(tuple(entry for entry in field if entry.key.text != found), HERE)
    return Sequence((), HERE)


def _exchanged(field: Node | None, found: int | str | None, change: Change) -> Node | None:
    if isinstance(field, Sequence):
        return Sequence(
            tuple(
                _item(change) if index == found else item for index, item in enumerate(field.items)
            ),
            HERE,
        )
    if isinstance(field, Mapping):
        return Mapping(
            tuple(_entry(change) if entry.key.text == found else entry for entry in field), HERE
        )
    return _value(change)


def _put(body: Mapping, name: str, value: Node | None) -> Mapping | None:
    """The body with the field so.

    Without it when it holds no item, None when there is no value at all.
    """
    if value is None:
        return None
    others = tuple(entry for entry in body if entry.key.text != name)
    kept = isinstance(value, Scalar) or (
        value.items if isinstance(value, Sequence) else value.entries
    )
    return Mapping((*others, Entry(Scalar(name, name, HERE), value)) if kept else others, HERE)


def _with_body(root: Node, service: str, body: Mapping) -> Node:
    """The document with another body of one service."""
    services = root.get("services") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or not isinstance(services, Mapping):
        return root
    swapped = _put(services, service, body) if body.entries else None
    whole = _put(root, "services", swapped)
    return root if whole is None else whole


def _shape(node: Node) -> Shape:
    """A node without its places and without the order of its keys, to be compared."""
    match node:
        case Scalar():
            return (type(node.value).__name__, node.text)
        case Sequence():
            return ("list", *(_shape(item) for item in node.items))
        case Mapping():
            return ("map", *sorted((entry.key.text, _shape(entry.value)) for entry in node))


def _tags(document: Document) -> tuple[str, ...]:
    return tuple(document.tags.values())


def _name(file: str) -> str:
    """The file's name for the diff.

    No program takes a patch for a path that leads out of where it stands.
    """
    name = posixpath.normpath(file)
    return posixpath.basename(name) if name.startswith(("/", "..")) else name


def _diff(before: str, after: str, name: str) -> List[str]:
    """The lines of a unified diff. A name with a space is ended by a tab, as git writes it."""
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", text) for text in (before, after))
    tab = "\t" if " " in name else ""
    lines = [
        f"--- a/{name}{tab}\n",
        f"+++ b/{name}{tab}\n",
        *list(difflib.unified_diff(old, new))[2:],
    ]
    return [
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    ]
