"""Every lock there is: an flock on a file, which the kernel releases however its holder ends.

`exclusive` and `shared` hold a lock, `try_exclusive` and `is_held` ask without waiting. Who must
hold which lock, and what happens without it, is decided where it is used; only `one_writer`, which
belongs to no room more than to another, is here.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from typing import IO, TYPE_CHECKING, Final

from hwaccess import cache
from hwaccess.errors import EngineUnreachable, UsageError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator
    from pathlib import Path

POLL_SECONDS: Final = 0.05  # between two tries; no run is slowed down by so little


def exclusive(path: Path, *, wait: bool = True) -> contextlib.AbstractContextManager[IO[str]]:
    """Hold the lock file `path` alone; it is created when it is missing, its folder is not.

    Gives the open file. A child process that inherits it holds the lock on after this one.
    Raises BlockingIOError when another process holds it and `wait` is false, and OSError when the
    file cannot be written.
    """
    return _held(path, fcntl.LOCK_EX, wait=wait)


def shared(path: Path, *, wait: bool = True) -> contextlib.AbstractContextManager[IO[str]]:
    """Hold the lock file `path` beside others that hold it shared; nobody has it exclusive then.

    Raises BlockingIOError when another process has it exclusive and `wait` is false, and OSError
    when the file cannot be written.
    """
    return _held(path, fcntl.LOCK_SH, wait=wait)


@contextlib.contextmanager
def _held(path: Path, operation: int, *, wait: bool) -> Iterator[IO[str]]:
    while True:
        # Appending: whoever holds the lock may have written into the file.
        with path.open("a", encoding="utf-8") as file:
            fcntl.flock(file, operation if wait else operation | fcntl.LOCK_NB)
            # Whoever held it before may have removed the file, and the next one has another file.
            if is_at(file, path):
                yield file
                return


def try_exclusive(file: IO[str]) -> bool:
    """Lock an open file alone, without waiting; false when another process holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether a process holds the lock file exclusively; false for a file that is not there."""
    try:
        with path.open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def is_at(file: IO[str], path: Path) -> bool:
    """Whether `path` still leads to the open file; it may have been removed or replaced."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def one_writer(url: str, ended: threading.Event) -> Iterator[None]:
    """Let one run of this user at a time change the board whose engine is at `url`.

    Threads of this process wait for each other too. Raises `UsageError` when the cache folder
    cannot be written, for then no run would know of another, and `EngineUnreachable` when `ended`
    is set while it waits.
    """
    path = cache.folder() / f"writing-{hashlib.sha256(url.encode()).hexdigest()[:16]}.lock"
    with contextlib.ExitStack() as stack:
        while True:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                stack.enter_context(exclusive(path, wait=False))
                break
            except BlockingIOError:
                if ended.wait(POLL_SECONDS):
                    message = "the run was ended while another one changed the board"
                    raise EngineUnreachable(message, hint="run it again") from None
            except OSError as error:
                message = f"{path} cannot be written: {error.strerror}"
                message += "; two runs could change the board at once"
                raise UsageError(message, hint=cache.hint()) from error
        yield
