"""One at a time on a board: who changes it waits for the others of this user, such as pytest-xdist's workers."""

from __future__ import annotations

import fcntl
import hashlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Final

from hwaccess import cache
from hwaccess.errors import EngineUnreachable, UsageError

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

WAIT_SECONDS: Final = 0.05


@contextmanager
def alone_on(url: str, ended: threading.Event) -> Iterator[None]:
    """Nobody else of this user, on this machine, is in here for the same engine; threads of this process neither.

    Raises `UsageError` when the user's cache cannot be written: nobody would know of anybody.
    `EngineUnreachable` when the run is ended while it waits.
    """
    path = cache.folder() / f"writing-{hashlib.sha256(url.encode()).hexdigest()[:16]}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("w")
    except OSError as error:
        message = (
            f"{path} cannot be written: {error.strerror}; two runs could change the board at once"
        )
        raise UsageError(
            message, hint="choose another folder: export XDG_CACHE_HOME=/var/tmp/cache"
        ) from error
    with file:
        while not taken(file):
            if ended.wait(WAIT_SECONDS):
                message = "the run was ended while another one changed the board"
                raise EngineUnreachable(message, hint="run it again")
        yield


def taken(file: IO[str]) -> bool:
    """Whether the lock is ours now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
