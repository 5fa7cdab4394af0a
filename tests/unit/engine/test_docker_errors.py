"""Whatever the Docker SDK raises is an error of ours with a hint, and none is forgotten."""

from __future__ import annotations

import errno
import inspect
import ssl
from typing import TYPE_CHECKING

import docker.errors
import pytest
import requests
import requests.exceptions
import urllib3.exceptions

from hwaccess.engine.docker_errors import FOREIGN, engine_errors, translated
from hwaccess.errors import EngineError, EngineRefused, EngineTimeout, EngineUnreachable

if TYPE_CHECKING:
    from types import ModuleType

URL = "unix:///var/run/docker.sock"


def errors_of(module: ModuleType) -> list[type[BaseException]]:
    """Every exception that a module defines, its warnings excepted."""
    found = [
        thing
        for _, thing in inspect.getmembers(module, inspect.isclass)
        if thing.__module__ == module.__name__
    ]
    return [
        thing for thing in found if issubclass(thing, Exception) and not issubclass(thing, Warning)
    ]


ALL = [*errors_of(docker.errors), *errors_of(requests.exceptions), *errors_of(urllib3.exceptions)]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_error_is_unmapped(kind: type[BaseException]) -> None:
    assert issubclass(kind, FOREIGN)


@pytest.mark.parametrize(
    "error",
    [
        docker.errors.DockerException("x"),
        docker.errors.NotFound("x"),
        docker.errors.TLSParameterError("x"),
        docker.errors.StreamParseError("x"),
        requests.exceptions.InvalidURL("x"),
        urllib3.exceptions.IncompleteRead(1, 2),
        OSError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_has_a_hint_and_says_at_what(error: Exception) -> None:
    with pytest.raises(EngineError, match=r"^ask: ") as caught, engine_errors(URL, "ask"):
        raise error

    assert caught.value.hint
    assert caught.value.__cause__ is error


def test_the_engines_own_words_are_kept_without_the_clients() -> None:
    response = requests.Response()
    response.status_code = 500
    error = docker.errors.APIError(
        "500 Server Error", response=response, explanation="no space left on device"
    )

    ours = translated(error, URL, "start a container")

    assert isinstance(ours, EngineRefused)
    assert ours.engine_words == "no space left on device"
    assert ours.message == "start a container: no space left on device"


@pytest.mark.parametrize(
    ("number", "kind", "hint"),
    [
        (errno.EACCES, EngineUnreachable, "usermod -aG docker"),
        (errno.ENOENT, EngineUnreachable, "systemctl start docker"),
        (errno.ECONNREFUSED, EngineUnreachable, "systemctl start docker"),
        (errno.ETIMEDOUT, EngineTimeout, "restart"),
    ],
)
def test_an_errno_at_the_bottom_of_a_chain_is_found(
    number: int, kind: type[EngineError], hint: str
) -> None:
    inner = OSError(number, "words")
    middle = urllib3.exceptions.ProtocolError("Connection aborted.", inner)
    outer = docker.errors.DockerException(f"Error while fetching server API version: {middle}")
    outer.__context__ = requests.exceptions.ConnectionError(middle)

    ours = translated(outer, URL, "connect")

    assert type(ours) is kind
    assert hint in ours.hint


def test_an_errno_that_stands_in_the_words_alone_is_found() -> None:
    words = "Error while fetching server API version: ('Connection aborted.', PermissionError(13, 'Permission denied'))"

    assert "usermod" in translated(docker.errors.DockerException(words), URL, "connect").hint


def test_the_number_of_a_tls_error_is_no_errno() -> None:
    inner = ssl.SSLCertVerificationError(1, "certificate verify failed")
    outer = docker.errors.DockerException(
        f"Error while fetching server API version: (Caused by {inner!r})"
    )
    outer.__context__ = requests.exceptions.SSLError(inner)

    ours = translated(outer, "tcp://board:2376", "connect")

    assert "certificate verify failed" in ours.message
    assert "fetching" not in ours.message
    assert "DOCKER_CERT_PATH" in ours.hint


def test_our_own_errors_pass_through() -> None:
    with pytest.raises(KeyError), engine_errors(URL, "ask"):
        raise KeyError(1)
