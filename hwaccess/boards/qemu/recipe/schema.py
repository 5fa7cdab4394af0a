"""What a recipe may say, and the first thing in one that it may not, in words that name the key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from hwaccess.boards.qemu.recipe.models import MACHINE_MODELS

if TYPE_CHECKING:
    from jsonschema import ValidationError

STUB: Final = "stub"
STUB_MODULE: Final = "i2c-stub"
STUBS: Final = 10  # MAX_CHIPS in drivers/i2c/i2c-stub.c
OWN: Final = "/usr/lib/hwaccess"  # on the board: what we put there
ENGINE: Final = "/etc/docker"
SEGMENT: Final = r"[A-Za-z0-9_+-][A-Za-z0-9_.+-]*"
# Names go into shell commands, paths and QEMU's options as they are: nothing that needs quoting is
# let in.
WORD: Final = r"^[A-Za-z0-9][A-Za-z0-9_.+-]*\Z"
DOOR: Final = (
    "hosts",
    "tls",
    "tlsverify",
    "tlscacert",
    "tlscert",
    "tlskey",
)  # of daemon.json: who may come in
NODE: Final = r"^/[A-Za-z0-9@,._+/-]*\Z"  # a path in a device tree


def table(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """A table with these keys and no others."""
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


def whole(least: int, most: int) -> dict[str, Any]:
    """A whole number in a range."""
    return {"type": "integer", "minimum": least, "maximum": most}


def named(value: dict[str, Any], names: str = WORD) -> dict[str, Any]:
    """A table from names to values."""
    return {"type": "object", "propertyNames": {"pattern": names}, "additionalProperties": value}


TEXT: Final[dict[str, Any]] = {"type": "string"}
NAME: Final[dict[str, Any]] = {"type": "string", "pattern": WORD}
NAMES: Final[dict[str, Any]] = {"type": "array", "items": NAME}
VALUE: Final[dict[str, Any]] = {
    "anyOf": [whole(-(2**31), 2**32 - 1), {"type": "string", "pattern": r"^[^\s,=\"']+\Z"}]
}
# Words of a device tree have commas in them.
CELL: Final[dict[str, Any]] = {
    "anyOf": [whole(0, 2**32 - 1), {"type": "string", "pattern": r"^[^\s\"']+\Z"}]
}
ARGUMENT: Final[dict[str, Any]] = {"type": "string", "pattern": r"^[^\s\"']+\Z"}
SCHEMA: Final = table(
    {
        "summary": TEXT,
        "machine": table(
            {
                "type": {"enum": list(MACHINE_MODELS)},
                "cpus": whole(1, 16),
                "memory": whole(512, 65536),
            }
        ),
        "root": table(
            {"suite": NAME, "kernel": NAME, "packages": NAMES},
            {
                "disk": whole(1024, 65536),
                "components": NAMES,
                "keyring": NAME,
                "groups": named(whole(1, 65533)),
                "users": named(table({"uid": whole(1000, 59999)}, {"groups": NAMES})),
                "mirror": {"type": "string", "pattern": r"^https?://\S+\Z"},
            },
        ),
        "kernel": table(
            {"cgroup": whole(1, 2), "lsm": NAMES},
            {"arguments": {"type": "array", "items": ARGUMENT}},
        ),
        "modules": table(
            {"load": NAMES},
            {"without": NAMES, "options": named({"type": "string", "pattern": r"^[^\n]+\Z"})},
        ),
    },
    {
        "nodes": named(table({"group": NAME, "mode": whole(0, 0o777)}), r'^[^"\n]+\Z'),
        "i2c": {
            "type": "array",
            "items": table(
                {"bus": NAME, "address": whole(0x03, 0x77)},
                {"device": NAME, "options": named(VALUE), "set": named(VALUE)},
            ),
        },
        "device-tree": table(
            {"file": {"type": "string", "pattern": rf"^{SEGMENT}(/{SEGMENT})*\Z"}},
            {
                "remove": {"type": "array", "items": {"type": "string", "pattern": NODE}},
                "set": named(named(CELL, r"^[A-Za-z0-9,._+?#-]+\Z"), NODE),
            },
        ),
        "engine": {"type": "object"},
        "start": named({"type": "string", "pattern": r"^[^\n]+\Z"}),
        "files": named(TEXT, r"^/[^\n]*[^/\n]\Z"),
    },
)


def first_fault(data: dict[str, Any]) -> str:
    """The first fault as `KEY: what is wrong`; "" when there is none."""
    from jsonschema import Draft202012Validator as Validator  # noqa: PLC0415 -- 100 ms that only a virtual board pays
    from jsonschema.validators import extend  # noqa: PLC0415 -- same

    # To JSON 2.0 is whole; to what the recipe is written into it is not.
    types = Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    strict = extend(Validator, type_checker=types)  # type: ignore[no-untyped-call]  # the library's own has no types
    faults = sorted(strict(SCHEMA).iter_errors(data), key=lambda fault: list(map(str, fault.path)))
    if faults:
        return described(faults[0])
    return (
        module_fault(data)
        or user_fault(data)
        or i2c_fault(data)
        or engine_fault(data)
        or files_fault(data)
        or machine_fault(data)
    )


def described(fault: ValidationError) -> str:
    """A fault in one line."""
    key = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault.absolute_path
    ).lstrip(".")
    if fault.validator == "additionalProperties":
        known = list(fault.schema["properties"]) if isinstance(fault.schema, dict) else []
        unknown = (
            sorted(set(fault.instance) - set(known)) if isinstance(fault.instance, dict) else []
        )
        where = f"{key}: " if key else ""
        return f"{where}unknown key {', '.join(unknown)}; known are {', '.join(known)}"
    return f"{key or 'recipe'}: {fault.message}"


def module_fault(data: dict[str, Any]) -> str:
    """What is left out would else be loaded."""
    modules = data["modules"]
    for name in modules.get("without", ()):
        if name not in modules["load"]:
            return f"modules.without: {name} is not in modules.load"
    return ""


def user_fault(data: dict[str, Any]) -> str:
    """Users are in groups that there are, and have an id, and a group of the same, of their own."""
    groups = data["root"].get("groups", {})
    taken = {gid: name for name, gid in groups.items()}
    for name, user in data["root"].get("users", {}).items():
        for group in user.get("groups", ()):
            if group not in groups:
                return f"root.users.{name}.groups: {group} is not in root.groups"
        if name in groups or user["uid"] in taken:
            group = taken.get(user["uid"], name)
            return f"root.users.{name}: its group would be {group}, which there is already"
        taken[user["uid"]] = name
    return ""


def files_fault(data: dict[str, Any]) -> str:
    """Paths as they are, and none below a file."""
    paths = data.get("files", {})
    for path in paths:
        own = next(
            (
                own
                for own in (OWN, ENGINE)
                if f"{path}/".startswith(f"{own}/") or own.startswith(f"{path}/")
            ),
            None,
        )
        if own:
            return (
                f"files: {path!r}: {own} is hwaccess's own; "
                "the engine's settings are in the table engine"
            )
        if {"", ".", ".."} & {*path.split("/")[1:]}:
            return f"files: {path!r} is no plain path"
        below = next((other for other in paths if other.startswith(f"{path}/")), None)
        if below:
            return f"files: {below!r} is below {path!r}, which is a file"
    return ""


def i2c_fault(data: dict[str, Any]) -> str:
    """A device of a bus that QEMU plays has a model.

    One of the kernel's stub has nothing but its address.
    """
    devices = data.get("i2c", ())
    modules = {*data["modules"]["load"]} - {*data["modules"].get("without", ())}
    stubs = sum(item["bus"] == STUB for item in devices)
    if stubs > STUBS:
        return f"i2c: the bus {STUB} takes {STUBS} addresses, and these are {stubs}"
    for index, item in enumerate(devices):
        own = {*item.get("options", ())} & {"id", "bus", "address"}
        if own:
            return f"i2c[{index}].options: {min(own)} is set by the recipe's own keys"
        if item["bus"] != STUB:
            if "device" not in item:
                return f"i2c[{index}]: a device on any other bus than {STUB} needs its kind: device"
        elif item.keys() - {"bus", "address"}:
            return f"i2c[{index}]: the bus {STUB} takes an address and no more"
        elif STUB_MODULE not in modules:
            return f"i2c[{index}]: the bus {STUB} needs {STUB_MODULE} in modules.load"
    return ""


def engine_fault(data: dict[str, Any]) -> str:
    """The engine's settings become JSON, and its door stays as it is."""
    engine = data.get("engine", {})
    for key in DOOR:
        if key in engine:
            return (
                f"engine.{key}: is set by hwaccess, so that nobody without the board's keys gets in"
            )
    try:
        json.dumps(engine, allow_nan=False)
    except (TypeError, ValueError) as error:
        return f"engine: daemon.json cannot hold it: {error}"
    return ""


def machine_fault(data: dict[str, Any]) -> str:
    """A machine that is a board has that board's processors and memory.

    It also needs its device tree.
    """
    machine = data["machine"]
    model = MACHINE_MODELS[machine["type"]]
    chosen = (machine["cpus"], machine["memory"])
    if model.fixed and chosen != model.fixed:
        return (
            f"machine: {machine['type']} has {model.fixed[0]} processors and {model.fixed[1]} MiB"
        )
    if model.memory == ("disk" in data["root"]):
        fault = "has its root in memory" if model.memory else "needs one, in MiB"
        return f"root.disk: {machine['type']} {fault}"
    if bool(model.fixed) != ("device-tree" in data):
        return f"device-tree: {machine['type']} {'needs one' if model.fixed else 'makes its own'}"
    return ""
