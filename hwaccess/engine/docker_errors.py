"""What the Docker SDK and the libraries under it raise, as errors of ours with a hint: the only such table."""

from __future__ import annotations

import errno
import json
import re
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import docker.errors
import requests.exceptions
import urllib3.exceptions

from hwaccess.errors import EngineError, EngineRefused, EngineTimeout, EngineUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

FOREIGN: Final = (
    docker.errors.DockerException,
    docker.errors.StreamParseError,
    requests.exceptions.RequestException,
    urllib3.exceptions.HTTPError,
    urllib3.exceptions.ProxySchemeUnsupported,  # the one error of urllib3 that is no HTTPError
    OSError,
)
TIMEOUTS: Final = (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)


@contextmanager
def engine_errors(url: str, doing: str) -> Iterator[None]:
    """Everything that the engine's client raises inside becomes an `EngineError`; `doing` says at what."""
    try:
        yield
    except FOREIGN as error:
        raise translated(error, url, doing) from error


def translated(error: BaseException, url: str, doing: str) -> EngineError:
    """The error of ours that a foreign one stands for."""
    if isinstance(error, docker.errors.APIError):
        words = engine_words(error)
        return EngineRefused(
            f"{doing}: {words}",
            hint="the engine's log says more: journalctl -u docker",
            engine_words=words,
        )
    number = errno_of(error)
    if number in (errno.EACCES, errno.EPERM):
        message = f"{doing}: no permission to use {url}"
        return EngineUnreachable(message, hint="sudo usermod -aG docker $USER, then log in again")
    if number in (errno.ENOENT, errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE):
        message = f"{doing}: no engine answers at {url} ({errno.errorcode[number]})"
        return EngineUnreachable(message, hint=hint_to_start(url))
    if (
        isinstance(error, TIMEOUTS)
        or number == errno.ETIMEDOUT
        or "timed out" in str(error).lower()
    ):
        message = f"{doing}: the engine at {url} did not answer in time"
        return EngineTimeout(
            message, hint="look at its load, then restart it: sudo systemctl restart docker"
        )
    tls = next((item for item in chain(error) if isinstance(item, ssl.SSLError)), error)
    message = f"{doing}: {url}: {tls}"
    return EngineUnreachable(
        message, hint="check the address, and the certificates that DOCKER_CERT_PATH names"
    )


def engine_words(error: docker.errors.APIError) -> str:
    """What the engine itself said, without the client's words around it."""
    text = str(error.explanation or error)
    try:
        document = json.loads(text)
    except ValueError:
        return text.strip()
    return str(document.get("message", text) if isinstance(document, dict) else text).strip()


def errno_of(error: BaseException) -> int | None:
    """The errno at the bottom of a chain of wrapped errors; the SDK keeps it in `args` or in the text alone."""
    for item in chain(error):
        # The number in an error of TLS is none of the kernel's.
        if isinstance(item, OSError) and not isinstance(item, ssl.SSLError) and item.errno:
            return int(item.errno)
    found = re.search(r"\[Errno (\d+)\]|\b(?!SSL)\w+Error\((\d+), ", str(error))
    return int(found[1] or found[2]) if found else None


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error and every other that it was made from, or carries as an argument."""
    seen: set[int] = set()
    pending: list[object] = [error]
    while pending:
        item = pending.pop()
        if id(item) in seen or not isinstance(item, BaseException):
            continue
        seen.add(id(item))
        yield item
        pending += [item.__cause__, item.__context__, *item.args]


def hint_to_start(url: str) -> str:
    """How to get an engine to answer there."""
    if url.startswith("unix://"):
        return "start it: sudo systemctl start docker; for a rootless one: export DOCKER_HOST=unix://$XDG_RUNTIME_DIR/docker.sock"
    return "start the board and its engine, and check the address"
