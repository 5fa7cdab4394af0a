"""The names of compose's fields by section.

They are those of the specification's schema, and of older file versions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
EXTENSION: Final = "^x-"  # in the schema: a pattern of any section, not a section by name
Schema = dict[str, Any]


def older_fields() -> dict[str, dict[str, str]]:
    """By section: the fields that only file versions 2.x and 3.x had.

    Each has the versions that had it.
    """
    table: dict[str, dict[str, str]] = json.loads((HERE / "older_fields.json").read_bytes())
    return table


def schema_fields() -> dict[str, set[str]]:
    """By section: the fields of the specification's schema.

    `*` in a section is any name or list item.
    """
    schema = json.loads((HERE / "compose-spec" / "compose-spec.json").read_bytes())
    found: dict[str, set[str]] = {}
    _collect(schema, "", schema["definitions"], found)
    return found


def _collect(schema: Schema, at: str, definitions: Schema, found: dict[str, set[str]]) -> None:
    """Add the fields of a schema, which stands at a section, and of all that is below it."""
    if "$ref" in schema:
        _collect(definitions[schema["$ref"].rpartition("/")[2]], at, definitions, found)
    for alternative in schema.get("oneOf", ()):
        _collect(alternative, at, definitions, found)
    if "properties" in schema:
        found.setdefault(at, set()).update(schema["properties"])
    for below, inner in _below(schema, at):
        _collect(inner, below, definitions, found)


def _below(schema: Schema, at: str) -> list[tuple[str, Schema]]:
    """The schemas below a section, by section.

    They are those of its fields, of its values by any name and of its list items.
    """
    prefix = f"{at}." if at else ""
    fields = [(f"{prefix}{name}", inner) for name, inner in schema.get("properties", {}).items()]
    named = [
        (f"{prefix}*", inner)
        for pattern, inner in schema.get("patternProperties", {}).items()
        if pattern != EXTENSION
    ]
    return [*fields, *named, *([(f"{prefix}*", schema["items"])] if "items" in schema else ())]


def _fields() -> dict[str, frozenset[str]]:
    older = older_fields()
    return {
        section: frozenset(names.union(older.get(section, ())))
        for section, names in schema_fields().items()
    }


FIELDS: Final = _fields()
# What people write, by the names of the `docker run` options, of other tools, or of compose files
# of version 1.
MEANT: Final = {
    "cap": "cap_add",
    "capabilities": "cap_add",
    "caps": "cap_add",
    "cgroup_rules": "device_cgroup_rules",
    "destination": "target",
    "device_rules": "device_cgroup_rules",
    "dst": "target",
    "env": "environment",
    "envs": "environment",
    "groups": "group_add",
    "log_driver": "logging",
    "log_opt": "logging",
    "mount": "volumes",
    "mounts": "volumes",
    "name": "container_name",
    "net": "network_mode",
    "network": "networks",
    "privileges": "privileged",
    "readonly": "read_only",
    "security": "security_opt",
    "src": "source",
    "userns": "userns_mode",
    "workdir": "working_dir",
}
