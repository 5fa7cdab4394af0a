"""The probe image of a board whose network is slow, or whose processor is another one.

It is made on the board, while that is built. By the board's own engine, of what comes with its
files: this machine's runtime, or the packer, the probes and the libraries, for the board's own
Python to pack.
"""

from __future__ import annotations

import json
import platform
from typing import TYPE_CHECKING, Final

from hwaccess.boards.qemu.guest.board_files import guest
from hwaccess.boards.qemu.recipe.schema import OWN
from hwaccess.engine.digest import IMAGE, context_files, image_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.boards.qemu.recipe.models import MachineModel

FOLDER: Final = f"{OWN}/pack"
RUNTIME: Final = "runtime.tar"


def files(arch: str) -> dict[str, bytes]:
    """Path on the board -> content."""
    from hwaccess.engine import pack, runtime  # noqa: PLC0415 -- only building a board packs

    key = image_key(arch)
    wanted = {"repo": IMAGE, "tag": key, "changes": runtime.image_changes(key)}
    if arch == platform.machine():
        made = {RUNTIME: pack.archive(pack.collect())}
    else:
        made = {name: data for name, data in context_files() if name.endswith(".py")} | dict(
            libraries()
        )
    made |= {"image.json": json.dumps(wanted).encode(), "pack.py": guest("pack.py").encode()}
    return {f"{FOLDER}/{name}": data for name, data in made.items()}


def makers(model: MachineModel) -> tuple[str, ...]:
    """What the image in a board is made with and by, as far as its own name does not say it."""
    if model.arch == platform.machine():
        return (guest("pack.py"),)
    from importlib.metadata import distributions  # noqa: PLC0415 -- only boards of another processor ask

    from hwaccess.engine import pack  # noqa: PLC0415 -- same

    found = {
        f"{each.name} {each.version}" for each in distributions() if each.name in pack.LIBRARIES
    }
    return (guest("pack.py"), *sorted(found))


def libraries() -> Iterator[tuple[str, bytes]]:
    """The sources of the libraries; what is compiled is the board's own, when its root has it."""
    from hwaccess.engine import pack  # noqa: PLC0415 -- see files

    for item in pack.library_items():
        if item.compiled and item.source:
            yield item.name.removesuffix("c"), item.source.read_bytes()
        elif item.data:
            yield item.name, item.data
