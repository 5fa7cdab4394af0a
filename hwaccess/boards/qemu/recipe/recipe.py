"""A board's recipe as frozen records."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hwaccess.boards.qemu.recipe.models import MACHINE_MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hwaccess.boards.qemu.recipe.models import MachineModel

OWN: Final = Path(__file__).parents[1] / "recipes"
KEYRINGS: Final = Path("/usr/share/keyrings")


@dataclass(frozen=True, slots=True)
class MachineSettings:
    """What QEMU emulates, by its own name for it. memory in MiB."""

    type: str
    cpus: int
    memory: int

    @property
    def model(self) -> MachineModel:
        """What is known of machines of this type."""
        return MACHINE_MODELS[self.type]


@dataclass(frozen=True, slots=True)
class Tree:
    """The device tree that the machine is given.

    file: below the kernel's own; remove: paths of nodes. set: node, property, value; what the
    firmware of a real board writes there when it starts.
    """

    file: str
    remove: tuple[str, ...] = ()
    set: tuple[tuple[str, str, int | str], ...] = ()


@dataclass(frozen=True, slots=True)
class User:
    """A user of the board itself, with a group of its own whose gid is the uid.

    groups: the others that it is in.
    """

    name: str
    uid: int
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Root:
    """What is installed.

    disk in MiB, 0 for a root in memory; groups: name -> gid; mirror "" is Debian's own. components:
    of the archive; keyring: what its signatures are checked with, below /usr/share/keyrings.
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
    """A device on a bus of the board.

    It is of the kernel's i2c-stub (bus "stub"), or one that QEMU emulates on one of its buses.
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
    """A board as it is built. options: module -> parameters.

    Engine: keys of daemon.json; files: path -> text.
    """

    name: str
    source: Path
    summary: str
    machine: MachineSettings
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
