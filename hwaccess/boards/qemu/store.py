"""The cache of virtual boards: what is built is whole or not there, and made by one process at a time."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hwaccess import cache
from hwaccess.errors import EngineError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE: Final = "HWACCESS_CACHE"
LENGTH: Final = 12  # hexadecimal digits of a key


def folder() -> Path:
    """Where boards are kept: HWACCESS_CACHE, else the user's cache. Only this user may look inside: keys are there."""
    base = os.environ.get(VARIABLE)
    path = (Path(base).absolute() if base else cache.folder().absolute()) / "boards"
    try:
        path.mkdir(parents=True, exist_ok=True)
        path.chmod(0o700)
    except OSError as error:
        message = f"{path} cannot be used as cache: {error.strerror}"
        raise UsageError(
            message, hint=f"choose another folder: {VARIABLE}=/var/tmp/hwaccess"
        ) from error
    return path


def key(*parts: Any) -> str:  # noqa: ANN401 -- anything that JSON can hold
    """The name of what is made of these inputs."""
    text = json.dumps(parts, sort_keys=True, default=list)
    return hashlib.sha256(text.encode()).hexdigest()[:LENGTH]


@contextlib.contextmanager
def locked(path: Path, kind: int) -> Iterator[None]:
    """The lock of what is, or will be, at `path`; its file may be taken away. Raises BlockingIOError with LOCK_NB."""
    file = path.with_name(f"{path.name}.lock")
    while True:
        with file.open("w") as lock:
            fcntl.flock(lock, kind)
            # Whoever held it before may have taken the file away, and the next one has another
            # file.
            if is_same(lock.fileno(), file):
                yield
                return


def is_same(descriptor: int, path: Path) -> bool:
    """Whether the path still leads to the open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def making(path: Path, megabytes: int, *, again: bool = False) -> Iterator[Path | None]:
    """A folder to fill that becomes `path` at the end and vanishes on an error; None when `path` is there already.

    Others who want the same wait until it is made. again: what is there is replaced; machines that
    run go on with it, for they have its files open.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with locked(path, fcntl.LOCK_EX):
        for rest in path.parent.glob(
            f"{path.name}.part-*"
        ):  # whoever made it died: the lock is ours
            shutil.rmtree(rest, ignore_errors=True)
        if path.exists() and not again:
            yield None
            return
        need_space(path.parent, megabytes)
        part = Path(tempfile.mkdtemp(prefix=f"{path.name}.part-", dir=path.parent))
        try:
            yield part
            with locked(used(path), fcntl.LOCK_EX):
                shutil.rmtree(path, ignore_errors=True)
                part.rename(path)
        finally:
            shutil.rmtree(part, ignore_errors=True)


@contextlib.contextmanager
def using(path: Path) -> Iterator[None]:
    """Nobody takes `path` away, or replaces it, meanwhile; another one may be made to replace it."""
    with locked(used(path), fcntl.LOCK_SH):
        yield


def used(path: Path) -> Path:
    """What the lock of those who use `path` is named after."""
    return path.with_name(f"{path.name}.used")


def remove_unused(path: Path) -> bool:
    """Take a built thing, and what was left of making it, away, unless somebody makes or uses it at this moment."""
    try:
        now = fcntl.LOCK_EX | fcntl.LOCK_NB
        with locked(path, now), locked(used(path), now):
            for each in (path, *path.parent.glob(f"{path.name}.part-*")):
                shutil.rmtree(each, ignore_errors=True)
            for each in (path, used(path)):
                each.with_name(f"{each.name}.lock").unlink()
    except BlockingIOError:
        return False
    return True


def clear_away() -> None:
    """What builds that were killed left behind, and locks of nothing."""
    for part in folder().glob("*.part-*"):
        with (
            contextlib.suppress(BlockingIOError),
            locked(made_of(part), fcntl.LOCK_EX | fcntl.LOCK_NB),
        ):
            shutil.rmtree(part, ignore_errors=True)
    for lock in folder().glob("*.lock"):
        made = lock.with_name(lock.name.removesuffix(".lock").removesuffix(".used"))
        if not made.exists():
            remove_unused(made)


def made_of(part: Path) -> Path:
    """What a part was to become."""
    return part.with_name(part.name.rpartition(".part-")[0])


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A folder beside the built things, gone afterwards; one at a time."""
    path = folder() / "scratch"
    with (
        locked(path, fcntl.LOCK_EX),
        tempfile.TemporaryDirectory(prefix="scratch.part-", dir=folder()) as part,
    ):
        yield Path(part)


def is_locked(path: Path) -> bool:
    """Whether some process holds this lock."""
    try:
        with path.open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def need_space(where: Path, megabytes: int, variable: str = VARIABLE) -> None:
    """Say that the disk is too small before it is full."""
    free = shutil.disk_usage(where).free // 2**20
    if free < megabytes:
        message = f"{where} has {free} MiB free, and this takes {megabytes} MiB"
        raise EngineError(
            message, hint=f"make space, or choose another folder: {variable}=/var/tmp/hwaccess"
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
