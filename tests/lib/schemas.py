"""The JSON Schemas that are shipped, and the same with every key named: what this version writes.

The shipped ones allow more keys, since a later version may write more (docs/json.md).
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def shipped(name: str) -> Any:
    """The schema of "run" or "doctor" as it lies in the package."""
    return json.loads(files("hwaccess.report").joinpath(f"{name}.schema.json").read_text())


def strict(name: str) -> Any:
    """The same, which refuses a key that it does not name."""
    return _closed(shipped(name))


def _closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    # A member of "properties" may itself be called "properties": that one has no "type".
    if closed.get("type") == "object" and "properties" in closed:
        closed.setdefault("additionalProperties", False)
    return closed
