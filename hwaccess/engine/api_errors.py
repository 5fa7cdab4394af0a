"""What a request to an engine raises, as errors of ours with a hint: the only such table."""

from __future__ import annotations

import errno
import http.client
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from hwaccess.engine.http_client import ApiError
from hwaccess.errors import EngineError, EngineRefused, EngineTimeout, EngineUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

# OSError is the socket's and that of TLS. An answer that is no JSON comes from no engine.
FOREIGN: Final = (ApiError, http.client.HTTPException, OSError, json.JSONDecodeError)


@contextmanager
def engine_errors(url: str, doing: str) -> Iterator[None]:
    """Everything that the engine's client raises inside becomes an `EngineError`.

    `doing` says at what.
    """
    try:
        yield
    except FOREIGN as error:
        raise translated(error, url, doing) from error


def translated(error: BaseException, url: str, doing: str) -> EngineError:
    """The error of ours that a foreign one stands for."""
    if isinstance(error, ApiError):
        message = f"{doing}: {error.words}"
        hint = "the engine's log says more: journalctl -u docker"
        return EngineRefused(message, hint=hint, engine_words=error.words)
    number = errno_of(error)
    if number in (errno.EACCES, errno.EPERM):
        message = f"{doing}: no permission to use {url}"
        return EngineUnreachable(message, hint="sudo usermod -aG docker $USER, then log in again")
    if number in (errno.ENOENT, errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE):
        message = f"{doing}: no engine answers at {url} ({errno.errorcode[number]})"
        return EngineUnreachable(message, hint=hint_to_start(url))
    if isinstance(error, TimeoutError) or number == errno.ETIMEDOUT:
        message = f"{doing}: the engine at {url} did not answer in time"
        hint = "look at its load, then restart it: sudo systemctl restart docker"
        return EngineTimeout(message, hint=hint)
    what = str(error) or type(error).__name__
    hint = "check the address, and the certificates that DOCKER_CERT_PATH names"
    return EngineUnreachable(f"{doing}: {url}: {what}", hint=hint)


def errno_of(error: BaseException) -> int | None:
    """The kernel's number in an error.

    That of TLS is none, and a name that is not known has none of its own.
    """
    if isinstance(error, http.client.RemoteDisconnected):
        return errno.ECONNRESET
    foreign = type(error).__module__ in ("ssl", "_ssl", "socket")
    return error.errno if isinstance(error, OSError) and not foreign else None


def hint_to_start(url: str) -> str:
    """How to get an engine to answer there."""
    if url.startswith("unix://"):
        rootless = "export DOCKER_HOST=unix://$XDG_RUNTIME_DIR/docker.sock"
        return f"start it: sudo systemctl start docker; for a rootless one: {rootless}"
    return "start the board and its engine, and check the address"
