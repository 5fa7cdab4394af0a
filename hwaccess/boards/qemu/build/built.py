"""A board that is built: where it is, what it is made of, and whether it is still good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hwaccess.boards.qemu import store
from hwaccess.boards.qemu.build import probe_image, root_image
from hwaccess.boards.qemu.guest import board_files
from hwaccess.boards.qemu.machine import accelerators
from hwaccess.boards.qemu.machine.command_line import MachineSetup, command_line
from hwaccess.boards.qemu.machine.machine import CLIENT
from hwaccess.engine.digest import image_key

if TYPE_CHECKING:
    from pathlib import Path

    from hwaccess.boards.qemu.recipe.recipe import Recipe

FORMAT: Final = 6  # of a built board; another number makes all of them old
DISK: Final = "disk.qcow2"
SNAPSHOT: Final = "ram"
FILES: Final = "files.tar"
FACTS: Final = "board.json"


@dataclass(frozen=True, slots=True)
class Built:
    """A board that is built, and how."""

    recipe: Recipe
    path: Path
    accelerator: str

    @property
    def setup(self) -> MachineSetup:
        """What `up` starts."""
        root_path = root_image.root_folder(self.recipe)
        return setup_of(
            self.recipe, self.accelerator, root_path, self.path, snapshot=self.path / SNAPSHOT
        )

    @property
    def is_fresh(self) -> bool:
        """Whether the probe image in it is the one that hwaccess would make now."""
        return self.facts.get("runtime") == image_key(self.recipe.machine.model.arch)

    @property
    def can_start(self) -> bool:
        """Whether it is good for this hwaccess.

        One with its root in memory can make no other probe image by itself.

        It cannot load one over its line, and what it packed its own of is not in it any more.
        """
        return self.is_fresh or not self.recipe.machine.model.memory

    @property
    def has_root(self) -> bool:
        """Whether the root image that its disk lies on is there.

        Another one of equal inputs does not count.
        """
        model = self.recipe.machine.model
        return model.memory or self.facts.get("root_made") == made_at(
            root_image.root_folder(self.recipe)
        )

    @property
    def facts(self) -> dict[str, object]:
        """What was written down when it was built."""
        return store.read_json(self.path / FACTS) or {}


def setup_of(
    recipe: Recipe, accelerator: str, root_path: Path, path: Path, snapshot: Path | None = None
) -> MachineSetup:
    """The files of a board."""
    kernel, initrd = root_path / root_image.KERNEL, root_path / root_image.INITRD
    if recipe.machine.model.memory:
        tree = path / root_image.TREE if recipe.tree else None
        return MachineSetup(
            recipe,
            accelerator,
            kernel,
            path / root_image.INITRD,
            path / FILES,
            path / CLIENT,
            tree=tree,
            snapshot=snapshot,
        )
    return MachineSetup(
        recipe,
        accelerator,
        kernel,
        initrd,
        path / FILES,
        path / CLIENT,
        path / DISK,
        snapshot=snapshot,
    )


def board_folder(recipe: Recipe, accelerator: str, qemu: str) -> Path:
    """Where a board is kept, by the hash of all that its memory depends on."""
    nowhere = store.folder()
    line = command_line(setup_of(recipe, accelerator, nowhere, nowhere), 0)
    more = (
        recipe.tree,
        recipe.i2c,
        probe_image.makers(recipe.machine.model) if recipe.machine.model.memory else (),
    )
    made = store.key(
        FORMAT,
        root_image.root_folder(recipe).name,
        board_files.board_files(recipe),
        line,
        qemu,
        *map(repr, more),
    )
    return store.folder() / f"board-{recipe.name}-{made}"


def find_built(recipe: Recipe) -> Built | None:
    """The board, if it is built for this machine."""
    qemu = accelerators.version(recipe)
    accelerator = accelerators.remembered(recipe, qemu)
    built = (
        Built(recipe, board_folder(recipe, accelerator, qemu), accelerator) if accelerator else None
    )
    return built if built and built.path.exists() and built.has_root else None


def made_at(root_path: Path) -> int:
    """What tells a root image from another one at the same place, in nanoseconds; 0 for none."""
    try:
        return (root_path / root_image.KERNEL).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def source_of(recipe: Recipe) -> str:
    """What tells recipes of one name apart.

    It is the name itself where there is one such, else the file.
    """
    return recipe.name if recipe.address == recipe.name else str(recipe.source.resolve())
