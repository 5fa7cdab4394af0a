"""A board's recipe: TOML, checked key by key, with what it extends folded in."""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hwaccess.boards.qemu.kinds import KINDS
from hwaccess.boards.qemu.schema import first_fault
from hwaccess.errors import BoardAddressError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hwaccess.boards.qemu.kinds import Kind

OWN: Final = Path(__file__).with_name("recipes")
KEYRINGS: Final = Path("/usr/share/keyrings")
DEPTH: Final = 8  # of `extends`; more is a circle
HINT: Final = f"see what a recipe may say: {OWN / 'pc.toml'}"
NAME: Final = re.compile(
    r"[a-z0-9][a-z0-9-]{0,40}"
)  # it becomes the host name and part of file names


@dataclass(frozen=True, slots=True)
class Machine:
    """What QEMU emulates, by its own name for it. memory in MiB."""

    type: str
    cpus: int
    memory: int

    @property
    def kind(self) -> Kind:
        """What is known of machines of this type."""
        return KINDS[self.type]


@dataclass(frozen=True, slots=True)
class Tree:
    """The device tree that the machine is given. file: below the kernel's own; remove: paths of nodes.

    set: node, property, value; what the firmware of a real board writes there when it starts.
    """

    file: str
    remove: tuple[str, ...] = ()
    set: tuple[tuple[str, str, int | str], ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    """A user of the board itself, with a group of its own whose gid is the uid. groups: the others that it is in."""

    name: str
    uid: int
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Root:
    """What is installed. disk in MiB, 0 for a root in memory; groups: name -> gid; mirror "" is Debian's own.

    components: of the archive; keyring: what its signatures are checked with, below
    /usr/share/keyrings.
    """

    suite: str
    disk: int
    kernel: str
    packages: tuple[str, ...]
    groups: tuple[tuple[str, int], ...]
    mirror: str = ""
    components: tuple[str, ...] = ("main",)
    keyring: str = "debian-archive-keyring"
    users: tuple[User, ...] = ()

    @property
    def keys(self) -> Path:
        """The keyring's file."""
        return KEYRINGS / f"{self.keyring}.gpg"


@dataclass(frozen=True, slots=True)
class I2cDevice:
    """A device on a bus: of the kernel's i2c-stub (bus "stub"), or one that QEMU emulates on one of its buses.

    options: the device's own, for QEMU; set: properties that are given to it while the board is
    built.
    """

    bus: str
    address: int
    device: str = ""
    options: tuple[tuple[str, int | str], ...] = ()
    set: tuple[tuple[str, int | str], ...] = ()

    @property
    def id(self) -> str:
        """Its name in QEMU."""
        return f"{self.bus}-{self.address:#04x}"

    @property
    def words(self) -> str:
        """What QEMU is told."""
        options = "".join(f",{name}={value}" for name, value in self.options)
        return f"{self.device},id={self.id},bus={self.bus},address={self.address:#x}{options}"


@dataclass(frozen=True, slots=True)
class NodeRule:
    """Group and mode of the nodes whose kernel name fits the pattern."""

    pattern: str
    group: str
    mode: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """A board as it is built. options: module -> parameters; engine: keys of daemon.json; files: path -> text."""

    name: str
    source: Path
    summary: str
    machine: Machine
    root: Root
    cgroup: int
    lsm: tuple[str, ...]
    arguments: tuple[str, ...]
    modules: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    nodes: tuple[NodeRule, ...]
    i2c: tuple[I2cDevice, ...]
    engine: Mapping[str, Any]
    start: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]
    tree: Tree | None = None

    @property
    def address(self) -> str:
        """What comes after `qemu:`, and what `hwaccess board build` takes."""
        return self.name if self.source.parent in (OWN, user_folder()) else str(self.source)


def user_folder() -> Path:
    """Where a user's own recipes are."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path(os.environ.get("HOME", "/"), ".config")
    return Path(base, "hwaccess", "boards")


def known() -> dict[str, Path]:
    """Every recipe that has a name, ours and the user's; a name that both have is an error."""
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
    """The recipe's file: a path when the name looks like one, else by name."""
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
    return build(path, data)


def folded(path: Path, depth: int = 0) -> dict[str, Any]:
    """A recipe with what it extends: tables are merged, lists are added to, anything else is replaced."""
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
    """The TOML of a file."""
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
    """Two devices at one place of a bus are a slip, and only one would be there."""
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
    """More after old; what says the same, or is an I2C device at the same place, takes the other's place."""
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


def build(path: Path, data: dict[str, Any]) -> Recipe:
    """A recipe of checked data."""
    root, kernel, modules = data["root"], data["kernel"], data["modules"]
    return Recipe(
        name=path.stem,
        source=path,
        summary=data["summary"],
        machine=Machine(**data["machine"]),
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
        i2c=tuple(map(i2c_device, data.get("i2c", ()))),
        engine=data.get("engine", {}),
        start=tuple(data.get("start", {}).items()),
        files=tuple(data.get("files", {}).items()),
        tree=device_tree(data["device-tree"]) if "device-tree" in data else None,
    )


def i2c_device(data: dict[str, Any]) -> I2cDevice:
    """A device of checked data."""
    pairs = {key: tuple(data[key].items()) for key in ("options", "set") if key in data}
    return I2cDevice(data["bus"], data["address"], data.get("device", ""), **pairs)


def device_tree(data: dict[str, Any]) -> Tree:
    """A tree of checked data."""
    nodes = data.get("set", {}).items()
    values = tuple(
        (node, name, value) for node, properties in nodes for name, value in properties.items()
    )
    return Tree(data["file"], tuple(data.get("remove", ())), values)
