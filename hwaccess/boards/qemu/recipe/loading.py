"""Recipes found and read: TOML, checked key by key, with what it extends merged in."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from hwaccess.boards.qemu.recipe.recipe import (
    OWN,
    I2cDevice,
    MachineSettings,
    NodeRule,
    Recipe,
    Root,
    Tree,
    User,
    user_folder,
)
from hwaccess.boards.qemu.recipe.schema import first_fault
from hwaccess.errors import BoardAddressError, UsageError

DEPTH: Final = 8  # of `extends`; more is a circle
HINT: Final = f"see what a recipe may say: {OWN / 'pc.toml'}"
# It becomes the host name and part of file names.
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")


def known() -> dict[str, Path]:
    """Every recipe that has a name, ours and the user's; a name that both have is an error.

    Raises `UsageError` when a recipe of the user's has the name of one of ours.
    """
    ours = {path.stem: path for path in sorted(OWN.glob("*.toml"))}
    users = {path.stem: path for path in sorted(user_folder().glob("*.toml"))}
    for name in ours.keys() & users.keys():
        message = f"{users[name]}: hwaccess has a board {name!r} itself"
        raise UsageError(
            message,
            hint=f"give it another name: mv {users[name]} {users[name].with_stem(f'my-{name}')}",
        )
    return ours | users


def find(name: str) -> Path:
    """The recipe's file: a path when the name looks like one, else by name.

    Raises `BoardAddressError` when there is none.
    """
    if name.endswith(".toml") or "/" in name:
        return Path(name)
    paths = known()
    if name not in paths:
        message = f"no virtual board is called {name!r}"
        raise BoardAddressError(
            message, hint=f"use one of {', '.join(paths)}, or the path of a recipe: ./{name}.toml"
        )
    return paths[name]


def load(name: str) -> Recipe:
    """The recipe of a name or path. Raises `UsageError` that names file and key."""
    path = find(name)
    if not NAME.fullmatch(path.stem):
        message = f"{path}: {path.stem!r} cannot be the name of a board"
        raise UsageError(message, hint="use small letters, digits and hyphens")
    data = folded(path)
    fault = first_fault(data)
    if fault:
        message = f"{path}: {fault}"
        raise UsageError(message, hint=HINT)
    return recipe_of(path, data)


def folded(path: Path, depth: int = 0) -> dict[str, Any]:
    """A recipe with what it extends.

    Tables are merged, lists are added to, anything else is replaced.

    Raises `UsageError` when `extends` names no recipe or goes in a circle.
    """
    data = read(path)
    refuse_twice(path, data)
    parent = data.pop("extends", None)
    if parent is None:
        return data
    if not isinstance(parent, str) or depth == DEPTH:
        message = (
            f"{path}: extends: {'goes in a circle' if depth == DEPTH else 'is no name of a recipe'}"
        )
        raise UsageError(message, hint='extend one that stands alone: extends = "pc"')
    base = find(str(path.parent / parent) if parent.endswith(".toml") else parent)
    return merge(folded(base, depth + 1), data)


def read(path: Path) -> dict[str, Any]:
    """The TOML of a file.

    Raises `BoardAddressError` when there is no such file, `UsageError` when it is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        message = f"no such recipe: {path}"
        raise BoardAddressError(
            message, hint="see the ones there are: hwaccess board ls"
        ) from error
    except (OSError, ValueError) as error:
        message = f"{path}: {error}"
        raise UsageError(message, hint=HINT) from error


def refuse_twice(path: Path, data: dict[str, Any]) -> None:
    """Two devices at one place of a bus are a slip, and only one would be there.

    Raises `UsageError` when there are two.
    """
    devices = data.get("i2c")
    places = [place(item) for item in devices] if isinstance(devices, list) else []
    for index, each in enumerate(places):
        if isinstance(each, tuple) and each in places[:index]:
            message = f"{path}: i2c[{index}]: a second device at the same address of the same bus"
            raise UsageError(message, hint=HINT)


def merge(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """More on top of base."""
    result = dict(base)
    for key, value in more.items():
        old = base.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            result[key] = merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            result[key] = joined(old, value)
        else:
            result[key] = value
    return result


def joined(old: list[Any], more: list[Any]) -> list[Any]:
    """The list that more makes of old: more comes after it.

    What says the same, or is an I2C device at the same place, takes the other's place.
    """
    places = [place(item) for item in old]
    result = [*old, *(item for item in more if place(item) not in places)]
    for item in more:
        if place(item) in places:
            result[places.index(place(item))] = item
    return result


def place(item: object) -> object:
    """The bus and address of an I2C device; of anything else, itself."""
    return (
        (item["bus"], item["address"])
        if isinstance(item, dict) and {"bus", "address"} <= item.keys()
        else item
    )


def recipe_of(path: Path, data: dict[str, Any]) -> Recipe:
    """A recipe of checked data."""
    root, kernel, modules = data["root"], data["kernel"], data["modules"]
    return Recipe(
        name=path.stem,
        source=path,
        summary=data["summary"],
        machine=MachineSettings(**data["machine"]),
        root=Root(
            suite=root["suite"],
            disk=root.get("disk", 0),
            kernel=root["kernel"],
            packages=tuple(sorted(set(root["packages"]))),
            groups=tuple(sorted(root.get("groups", {}).items())),
            mirror=root.get("mirror", ""),
            components=tuple(root.get("components", ("main",))),
            keyring=root.get("keyring", "debian-archive-keyring"),
            users=tuple(
                User(name, user["uid"], tuple(user.get("groups", ())))
                for name, user in sorted(root.get("users", {}).items())
            ),
        ),
        cgroup=kernel["cgroup"],
        lsm=tuple(kernel["lsm"]),
        arguments=tuple(kernel.get("arguments", ())),
        modules=tuple(name for name in modules["load"] if name not in modules.get("without", ())),
        options=tuple(sorted(modules.get("options", {}).items())),
        nodes=tuple(
            NodeRule(pattern, rule["group"], rule["mode"])
            for pattern, rule in data.get("nodes", {}).items()
        ),
        i2c=tuple(map(i2c_device_of, data.get("i2c", ()))),
        engine=data.get("engine", {}),
        start=tuple(data.get("start", {}).items()),
        files=tuple(data.get("files", {}).items()),
        tree=tree_of(data["device-tree"]) if "device-tree" in data else None,
    )


def i2c_device_of(data: dict[str, Any]) -> I2cDevice:
    """A device of checked data."""
    pairs = {key: tuple(data[key].items()) for key in ("options", "set") if key in data}
    return I2cDevice(data["bus"], data["address"], data.get("device", ""), **pairs)


def tree_of(data: dict[str, Any]) -> Tree:
    """A tree of checked data."""
    nodes = data.get("set", {}).items()
    values = tuple(
        (node, name, value) for node, properties in nodes for name, value in properties.items()
    )
    return Tree(data["file"], tuple(data.get("remove", ())), values)
