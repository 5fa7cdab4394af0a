"""The cache of virtual boards.

What is built is whole or not there, and made by one process at a time.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hwaccess import cache, locks
from hwaccess.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH: Final = 12  # hexadecimal digits of a key


def folder() -> Path:
    """The folder of all boards, created when it is missing.

    Only this user may read it: it has keys.

    Raises `UsageError` when it cannot be created.
    """
    path = cache.folder() / "boards"
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        message = f"{path} cannot be used as cache: {error.strerror}"
        raise UsageError(message, hint=cache.hint()) from error
    return path


def key(*parts: Any) -> str:  # noqa: ANN401 -- anything that JSON can hold
    """The name of what is made of these inputs."""
    text = json.dumps(parts, sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


def lock_of(path: Path) -> Path:
    """The lock file of what is, or will be, at `path`."""
    return path.with_name(f"{path.name}.lock")


def use_lock_of(path: Path) -> Path:
    """The lock file that the users of what is at `path` hold, shared."""
    return path.with_name(f"{path.name}.used.lock")


@contextlib.contextmanager
def making(path: Path, megabytes: int, *, again: bool = False) -> Iterator[Path | None]:
    """A folder to fill that becomes `path` at the end; None when `path` is there already.

    It vanishes on an error. Others who want the same wait until it is made. again: what is there is
    replaced; machines that run go on with it, for they have its files open.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with locks.exclusive(lock_of(path)):
        # Whoever made these died: the lock is ours.
        for rest in path.parent.glob(f"{path.name}.part-*"):
            shutil.rmtree(rest, ignore_errors=True)
        if path.exists() and not again:
            yield None
            return
        need_space(path.parent, megabytes)
        part = Path(tempfile.mkdtemp(prefix=f"{path.name}.part-", dir=path.parent))
        try:
            yield part
            with locks.exclusive(use_lock_of(path)):
                shutil.rmtree(path, ignore_errors=True)
                part.rename(path)
        finally:
            shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def using(path: Path) -> Iterator[None]:
    """Nobody takes `path` away, or replaces it, meanwhile.

    Another one may be made to replace it.
    """
    with locks.shared(use_lock_of(path)):
        yield


def remove_unused(path: Path) -> bool:
    """Take a built thing away, unless somebody makes or uses it at this moment.

    What was left of making it goes too.
    """
    try:
        with (
            locks.exclusive(lock_of(path), wait=False),
            locks.exclusive(use_lock_of(path), wait=False),
        ):
            for each in (path, *path.parent.glob(f"{path.name}.part-*")):
                shutil.rmtree(each, ignore_errors=True)
            lock_of(path).unlink()
            use_lock_of(path).unlink()
    except BlockingIOError:
        return False
    return True


def clear_away() -> None:
    """What builds that were killed left behind, and locks of nothing."""
    for part in folder().glob("*.part-*"):
        with (
            contextlib.suppress(BlockingIOError),
            locks.exclusive(lock_of(target_of(part)), wait=False),
        ):
            shutil.rmtree(part, ignore_errors=True)
    for lock in folder().glob("*.lock"):
        made = lock.with_name(lock.name.removesuffix(".lock").removesuffix(".used"))
        if not made.exists():
            remove_unused(made)


def target_of(part: Path) -> Path:
    """What a part was to become."""
    return part.with_name(part.name.rpartition(".part-")[0])


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder beside the built things, gone afterwards; one at a time."""
    path = folder() / "scratch"
    with (
        locks.exclusive(lock_of(path)),
        tempfile.TemporaryDirectory(prefix="scratch.part-", dir=folder()) as part,
    ):
        yield Path(part)


def need_space(where: Path, megabytes: int, variable: str = cache.VARIABLE) -> None:
    """Say that the disk is too small before it is full.

    Raises `EngineError` when less is free.
    """
    free = shutil.disk_usage(where).free // 2**20
    if free < megabytes:
        message = f"{where} has {free} MiB free, and this takes {megabytes} MiB"
        raise EngineError(
            message,
            hint=f"make space, or choose another folder: export {variable}=/var/tmp/hwaccess",
        )


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    part.replace(path)


def read_json(path: Path) -> dict[str, Any] | None:
    """What a file of ours says; None when there is none that can be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) else None
