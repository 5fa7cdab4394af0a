"""Loading one module with what it needs, and unloading again whatever was not there before.

Risk: disrupt.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable

from . import kernel_modules

if TYPE_CHECKING:
    from . import calls

COMPRESSED_FILE = 4  # MODULE_INIT_COMPRESSED_FILE: the kernel unpacks it itself
ALREADY = "EEXIST"
CANNOT_UNPACK = (
    "EOPNOTSUPP",
    "EINVAL",
    "ENOEXEC",
)  # flag 4: without decompression, unknown flag, other compression


def load_and_unload(record: calls.Record, tree: str, module: dict[str, Any], modprobe: str) -> None:
    """Load the module's needs and itself, in order, until one fails; then undo what came in.

    A packed file that neither this interpreter nor the kernel unpacks is left to the image's own
    modprobe, if any. facts "came_in": what was loaded by this. facts "left": what could not be
    unloaded again, and so stays.
    """
    if module["loaded"] or not module["file"]:
        return
    before = set(kernel_modules.loaded_names())
    chain = [*reversed(module["needs"]), module["file"]]
    for path in chain:
        if kernel_modules.kernel_name(path) not in before and not load_file(
            record, os.path.join(tree, path)
        ):
            if modprobe and record.calls[-1]["errno"] in CANNOT_UNPACK:
                record.library(
                    "kmod",
                    "modprobe " + module["name"],
                    lambda: modprobe_it(modprobe, module["name"]),
                )
            break
    mine = {kernel_modules.kernel_name(path) for path in chain}
    came_in = [
        name for name in kernel_modules.loaded_names() if name in mine and name not in before
    ]
    record.facts["came_in"] = came_in
    record.facts["left"] = [name for name in came_in if not unload(record, name)]


def modprobe_it(modprobe: str, name: str) -> str:
    """Load it as the app would; modprobe says nothing when it worked."""
    return kernel_modules.output_of(modprobe, name) or "loaded"


def load_file(record: calls.Record, path: str) -> bool:
    """Load one module file, unpacked here when the standard library can.

    True when it is loaded now.
    """
    fd = record.open(path, os.O_RDONLY)
    if fd is None:
        return False
    try:
        compression = kernel_modules.compression_of(path)
        unpacked = unpack(path, compression)
        if unpacked is not None:
            done = record.call(
                "init_module", f'"{path}" unpacked, {len(unpacked)}, ""', make_init_module(unpacked)
            )
        else:
            flags = 0 if compression == "none" else COMPRESSED_FILE
            finit_module = kernel_modules.make_finit_module()
            if finit_module is None:
                return False
            done = record.call(
                "finit_module", f'"{path}", "", {flags}', lambda: finit_module(fd, flags)
            )
    finally:
        os.close(fd)
    return bool(done) or record.calls[-1]["errno"] == ALREADY


def unpack(path: str, compression: str) -> bytes | None:
    """The module in a .xz or .gz file.

    None when there is nothing to unpack or no way to do it here.
    """
    try:
        with open(path, "rb") as file:
            data = file.read()
        if compression == "xz":
            import lzma

            return lzma.decompress(data)
        if compression == "gz":
            import zlib

            return zlib.decompress(data, 47)  # 47: any size of window, gzip header
    except (
        ImportError,
        OSError,
        ValueError,
    ):  # an interpreter without lzma or zlib: let the kernel unpack it
        pass
    return None


def make_init_module(data: bytes) -> Callable[[], None]:
    """A function that makes init_module(2) of a module in memory and raises its errno."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def call() -> None:
        if libc.init_module(data, ctypes.c_ulong(len(data)), b"") != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return call


def unload(record: calls.Record, name: str) -> bool:
    """delete_module(2), not waiting for users; True when it is gone."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def call() -> None:
        if libc.delete_module(name.encode(), os.O_NONBLOCK) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return bool(record.call("delete_module", f'"{name}", O_NONBLOCK', call))
