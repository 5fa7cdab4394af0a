"""The `x-hwaccess` block of a service: what must and must not be reached.

It is written in the words of the access kinds.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from hwaccess.access import kind, names
from hwaccess.compose.grants.reader import is_null
from hwaccess.compose.yaml.tree import Mapping, Scalar, Sequence
from hwaccess.errors import UsageError
from hwaccess.grants import Expectations, ExpectedAccess
from hwaccess.model import Layer
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Mapping as Dict

    from jsonschema.exceptions import ValidationError

    from hwaccess.access.base import Kind
    from hwaccess.compose.grants.reader import Reader
    from hwaccess.compose.yaml.tree import Node

KEYS: Final = ("allow", "reach", "deny")


def expectations(reader: Reader, node: Node, kind_of: Callable[[str], Kind] = kind) -> Expectations:
    """The typed block.

    Every error stands at the value that is wrong and says what may stand there.

    Raises `ComposeError` when a key or a value is none of the block's.
    """
    block = reader.mapping(node)
    for entry in block:
        if entry.key.text not in KEYS:
            raise reader.error(
                entry.key.place, f"unknown key {entry.key.text!r}", f"use one of: {', '.join(KEYS)}"
            )
    reach = tuple(_items(reader, block, kind_of, reach=True))
    deny = tuple(_items(reader, block, kind_of, reach=False))
    _check_both(reader, reach, deny)
    return Expectations((*reach, *deny), _allowed(reader, block.get("allow")), block.place)


def _allowed(reader: Reader, node: Node | None) -> Risk | None:
    if node is None or is_null(node):
        return None
    risks = [risk.value for risk in Risk]
    if isinstance(node, Scalar) and node.text in risks:
        return Risk(node.text)
    raise reader.error(
        node.place, f"allow: {_shown(node)} is no risk", f"use one of: {', '.join(risks)}"
    )


def _items(
    reader: Reader, block: Mapping, kind_of: Callable[[str], Kind], *, reach: bool
) -> Iterator[ExpectedAccess]:
    key = "reach" if reach else "deny"
    node = block.get(key)
    if node is None:
        return
    if not (isinstance(node, Sequence) or is_null(node)):
        raise reader.error(node.place, f"{key} is a list", f"write {key}: [{{i2c: /dev/i2c-1}}]")
    for item in reader.items(node):
        yield _item(reader, item, kind_of, reach=reach)


def _item(
    reader: Reader, item: Node, kind_of: Callable[[str], Kind], *, reach: bool
) -> ExpectedAccess:
    if isinstance(item, Scalar):
        _kind(reader, item, kind_of)
        return ExpectedAccess(item.text, "", reach, item.place)
    if not isinstance(item, Mapping):
        raise reader.error(
            item.place, "an access is a name or a mapping, not a list", "write - i2c: /dev/i2c-1"
        )
    access = _access(reader, item)
    _validate(
        reader, item, _schema(access.text, _kind(reader, access, kind_of).PARAMS, layer=not reach)
    )
    params = _plain(item)
    target, layer = params.pop(access.text), params.pop("layer", None) if not reach else None
    frozen = tuple((name, _frozen(value)) for name, value in params.items())
    return ExpectedAccess(
        access.text,
        str(target or ""),
        reach,
        item.place,
        frozen,
        None if layer is None else str(layer),
    )


def _kind(reader: Reader, access: Scalar, kind_of: Callable[[str], Kind]) -> Kind:
    """The kind that a name stands for; an unknown one is an error at its place."""
    try:
        return kind_of(access.text)
    except UsageError as error:
        raise reader.error(access.place, error.message, error.hint) from error


def _access(reader: Reader, item: Mapping) -> Scalar:
    """The one key that names an access."""
    known = names()
    found = [entry.key for entry in item if entry.key.text in known]
    if len(found) == 1:
        return found[0]
    if found:
        message = f"two accesses in one item: {found[0].text} and {found[1].text}"
        raise reader.error(found[1].place, message, f"begin a new item: - {found[1].text}: ...")
    keys = ", ".join(entry.key.text for entry in item) or "an empty mapping"
    raise reader.error(item.place, f"no access is named: {keys}", f"use one of: {', '.join(known)}")


def _schema(access: str, params: Dict[str, object], *, layer: bool) -> dict[str, object]:
    """The schema of one item.

    It has the access with its target, the kind's own words, and for deny the layer.
    """
    properties: dict[str, object] = {access: {"type": ["string", "null"]}, **params}
    if layer:
        properties["layer"] = {"enum": [str(value) for value in Layer]}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _validate(reader: Reader, item: Mapping, schema: dict[str, object]) -> None:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 -- 60 ms that a file without the block need not pay
    from jsonschema.exceptions import best_match  # noqa: PLC0415 -- same

    error: ValidationError | None = best_match(
        Draft202012Validator(schema).iter_errors(_plain(item))
    )
    if error is None:
        return
    properties = schema["properties"]
    words = list(properties) if isinstance(properties, dict) else []
    if error.validator == "additionalProperties" and not error.absolute_path:
        key = next(entry.key for entry in item if entry.key.text not in words)
        raise reader.error(
            key.place, f"unknown key {key.text!r}", f"use one of: {', '.join(words)}"
        )
    node = _at(item, list(error.absolute_path))
    name = next((step for step in reversed(error.absolute_path) if isinstance(step, str)), "")
    raise reader.error(node.place, f"{name}: {error.message}", _allowed_values(name, error))


def _allowed_values(name: str, error: ValidationError) -> str:
    """What the schema takes at the place of an error, in one line."""
    rules = error.schema if isinstance(error.schema, dict) else {}
    if "enum" in rules:
        return f"use one of: {', '.join(str(value) for value in rules['enum'])}"
    described = f" ({rules['description']})" if "description" in rules else ""
    item = rules.get("items", rules)
    if "properties" in item:
        return f"each of {name} has: {', '.join(item['properties'])} ({item['description']})"
    shown = {
        key: value
        for key, value in rules.items()
        if key not in ("description", "examples", "title")
    }
    return f"{name} takes {json.dumps(shown)}{described}"


def _at(node: Node, path: list[str | int]) -> Node:
    """The node that a schema error's path leads to."""
    for step in path:
        match node, step:
            case Mapping(), str():
                node = node.get(step) or node
            case Sequence(), int():
                node = node.items[step]
    return node


def _plain(node: Mapping) -> dict[str, object]:
    return {entry.key.text: _value(entry.value) for entry in node}


def _value(node: Node) -> object:
    """A node as the JSON value that a schema speaks of."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [_value(item) for item in node.items]
        case Mapping():
            return _plain(node)


def _frozen(value: object) -> object:
    """A JSON value that can be part of a frozen dataclass: lists as tuples, mappings as pairs."""
    match value:
        case list():
            return tuple(_frozen(item) for item in value)
        case dict():
            return tuple((key, _frozen(item)) for key, item in value.items())
        case _:
            return value


def _check_both(
    reader: Reader, reach: tuple[ExpectedAccess, ...], deny: tuple[ExpectedAccess, ...]
) -> None:
    """One thing cannot be both wanted and forbidden."""
    wanted = {(item.access, item.target): item.place for item in reach}
    for item in deny:
        first = wanted.get((item.access, item.target))
        if first is not None:
            name = f"{item.access} {item.target}".rstrip()
            raise reader.error(
                item.place, f"{name} is denied here and reached at {first}", "remove one of the two"
            )


def _shown(node: Node) -> str:
    return repr(node.text) if isinstance(node, Scalar) else "this"
