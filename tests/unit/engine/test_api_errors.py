"""Whatever a request to an engine raises is an error of ours with a hint, and none is forgotten."""

from __future__ import annotations

import errno
import http.client
import inspect
import json
import socket
import ssl

import pytest

from hwaccess.engine.api_errors import FOREIGN, engine_errors, translated
from hwaccess.engine.http_client import ApiError, NotFound, refuse
from hwaccess.errors import EngineError, EngineRefused, EngineTimeout, EngineUnreachable

URL = "unix:///var/run/docker.sock"
LIBRARIES = (http.client, ssl, socket)
ALL = {
    thing
    for library in LIBRARIES
    for _, thing in inspect.getmembers(library, inspect.isclass)
    if issubclass(thing, Exception) and not issubclass(thing, Warning) and thing.__name__[0] != "_"
}


@pytest.mark.parametrize("kind", sorted(ALL, key=str), ids=lambda kind: kind.__name__)
def test_no_error_of_what_makes_the_requests_is_unmapped(kind: type[BaseException]) -> None:
    assert issubclass(kind, FOREIGN)


@pytest.mark.parametrize(
    "error",
    [
        ApiError(500, "x"),
        NotFound(404, "x"),
        http.client.BadStatusLine("x"),
        http.client.IncompleteRead(b"x"),
        json.JSONDecodeError("x", "y", 0),
        socket.gaierror(-2, "Name or service not known"),
        OSError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_has_a_hint_and_says_at_what(error: Exception) -> None:
    with pytest.raises(EngineError, match=r"^ask: ") as caught, engine_errors(URL, "ask"):
        raise error

    assert caught.value.hint
    assert caught.value.__cause__ is error


def test_the_engines_own_words_are_kept_without_the_json_around_them() -> None:
    with pytest.raises(ApiError) as caught:
        refuse(500, b'{"message":"no space left on device\\n"}')

    ours = translated(caught.value, URL, "start a container")

    assert isinstance(ours, EngineRefused)
    assert ours.engine_words == "no space left on device"
    assert ours.message == "start a container: no space left on device"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"page not found", "page not found"),
        (b"[1, 2]", "[1, 2]"),
        (b"", "no reason given"),
        (b"\xff" * 9000, "\ufffd" * 4096),
    ],
    ids=["text", "no object", "nothing", "too much"],
)
def test_words_that_are_no_json_object_are_kept_as_they_are(data: bytes, words: str) -> None:
    with pytest.raises(NotFound) as caught:
        refuse(404, data)

    assert (caught.value.status, caught.value.words) == (404, words)


@pytest.mark.parametrize("status", [101, 200, 204, 304])
def test_what_is_no_error_is_no_error(status: int) -> None:
    refuse(status, b"")


@pytest.mark.parametrize(
    ("error", "kind", "hint"),
    [
        (PermissionError(errno.EACCES, "x"), EngineUnreachable, "usermod -aG docker"),
        (FileNotFoundError(errno.ENOENT, "x"), EngineUnreachable, "systemctl start docker"),
        (
            ConnectionRefusedError(errno.ECONNREFUSED, "x"),
            EngineUnreachable,
            "systemctl start docker",
        ),
        (http.client.RemoteDisconnected("x"), EngineUnreachable, "systemctl start docker"),
        (OSError(errno.ETIMEDOUT, "x"), EngineTimeout, "restart"),
        (TimeoutError(), EngineTimeout, "restart"),
    ],
    ids=["EACCES", "ENOENT", "ECONNREFUSED", "closed", "ETIMEDOUT", "time out"],
)
def test_the_kernels_number_says_which(error: Exception, kind: type, hint: str) -> None:
    ours = translated(error, URL, "connect")

    assert type(ours) is kind
    assert hint in ours.hint


def test_the_number_of_a_tls_error_is_no_errno() -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")

    ours = translated(error, "tcp://board:2376", "connect")

    assert "certificate verify failed" in ours.message
    assert "DOCKER_CERT_PATH" in ours.hint


def test_our_own_errors_pass_through() -> None:
    with pytest.raises(KeyError), engine_errors(URL, "ask"):
        raise KeyError(1)
