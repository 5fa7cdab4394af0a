"""What names the probe image for a processor.

The name is the hash of its content, or of what a board builds it of. It is found
without the Docker SDK, and without reading anything again while no input has changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess import cache
from hwaccess.agent import files as probe_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hwaccess.engine.pack import Runtime

# What packs is an input as well: leaving out one more module is another content.
RECIPE: Final = tuple(Path(__file__).with_name(name) for name in ("elf.py", "inside.py", "pack.py"))
LENGTH: Final = 16  # hexadecimal digits of the hash in names
IMAGE: Final = "hwaccess-probe"
PACKAGE: Final = Path(__file__).resolve().parent.parent
# The packer and what it imports, no more: the context is its own content and so the image's name.
PACKER: Final = (
    "__init__.py",
    "errors.py",
    "plugins.py",
    "agent/__init__.py",
    "agent/files.py",
    "engine/__init__.py",
    "engine/elf.py",
    "engine/inside.py",
    "engine/pack.py",
)


def image_key(arch: str) -> str:
    """What comes after the image's name, for a processor as `uname -m` says it."""
    return runtime_hash() if arch == platform.machine() else f"{context_hash()}-{arch}"


def context_files() -> Iterator[tuple[str, bytes]]:
    """Name and content of everything that the build gets."""
    yield "Dockerfile", (probe_files.folder() / "Dockerfile").read_bytes()
    for name in PACKER:
        yield f"hwaccess/{name}", (PACKAGE / name).read_bytes()
    for file in probe_files.files():
        yield f"probes/{file.name}", file.source.read_bytes()


def context_hash() -> str:
    """The hash of the build's context."""
    digest = hashlib.sha256()
    for name, data in context_files():
        digest.update(f"{name}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()[:LENGTH]


def runtime_hash() -> str:
    """The hash of what this interpreter's runtime would consist of."""
    known = remembered()
    if known:
        return known
    from hwaccess.engine.pack import collect  # noqa: PLC0415 -- 60 ms that a remembered hash saves

    runtime = collect()
    found = content_hash(runtime)
    remember(runtime, found)
    return found


def content_hash(runtime: Runtime) -> str:
    """Over sorted names and contents, as they lie on disk."""
    digest = hashlib.sha256(sys.version.encode())
    for path in RECIPE:
        digest.update(path.read_bytes())
    for item in runtime.items:
        data = item.raw()
        digest.update(f"{item.name}\0{item.mode}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()[:LENGTH]


def cache_file() -> Path:
    """One file for each interpreter and each installation of hwaccess."""
    key = "\0".join((sys.executable, sys.version, str(probe_files.folder())))
    return cache.folder() / f"runtime-{hashlib.sha256(key.encode()).hexdigest()[:LENGTH]}.json"


def remembered() -> str:
    """The hash that is still true, or "".

    It is "" when an input or its folder has changed or nothing is known.
    """
    try:
        document = json.loads(cache_file().read_text(encoding="utf-8"))
        same = all(stamp(path) == [path, *rest] for path, *rest in document["inputs"])
        return str(document["hash"]) if same else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def remember(runtime: Runtime, found: str) -> None:
    """Note the hash with the state of every input.

    A cache that cannot be written is done without.
    """
    text = json.dumps({"hash": found, "inputs": [stamp(path) for path in sorted(inputs(runtime))]})
    with contextlib.suppress(OSError):
        file = cache_file()
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(f".{os.getpid()}")
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)


def inputs(runtime: Runtime) -> set[str]:
    """Every file that is packed and the folder that it is in.

    With the folder, a new file beside it is noticed too.
    The folders of sys.path tell whether a package with an access kind of its own came or went.
    """
    sources = {item.source for item in runtime.items if item.source} | set(RECIPE)
    searched = {path for path in sys.path if Path(path).is_dir()}
    return set(texts(sources)) | set(texts(source.parent for source in sources)) | searched


def texts(paths: Iterable[Path]) -> Iterator[str]:
    """Paths as texts."""
    return (str(path) for path in paths)


def stamp(path: str) -> list[object]:
    """A path with the time and size that tell one state of it from another."""
    status = Path(path).stat()
    return [path, status.st_mtime_ns, status.st_size]
