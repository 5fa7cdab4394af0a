"""HTTP to an engine: over its Unix socket or TCP, plain or with TLS.

One connection is kept for each client. The standard library, and no SDK: importing one took longer
than everything else before the first request. What the API's requests mean is in `api.py`.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import select
import socket
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping

    from hwaccess.engine.address import TlsFiles

# What a request on a kept connection meets when the engine closes it at that moment.
STALE: Final = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError)
# Asking twice is asking once. A POST may have been carried out before the connection ended.
REPEATABLE: Final = ("GET", "HEAD", "DELETE")
WORDS_LIMIT: Final = 4096  # characters of an engine's refusal that are kept


class ApiError(Exception):
    """The engine answered with an error: the HTTP status, and its own words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"{status}: {words}")
        self.status = status
        self.words = words


class NotFound(ApiError):
    """The engine has no such container, image or volume."""


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, seconds: float) -> None:
        super().__init__("localhost", timeout=seconds)
        self._path = path

    def connect(self) -> None:
        """Connect; a plain errno when nobody listens."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self._path)
        except BaseException:
            self.close()
            raise


class Http:
    """An engine's address and its connections.

    For one thread: a kept connection carries one request at a time.
    """

    def __init__(self, url: str, tls: TlsFiles | None, seconds: float) -> None:
        self._url = urlsplit(url)
        self._tls = tls_context(tls) if tls and self._url.scheme == "tcp" else None
        self._kept: http.client.HTTPConnection | None = None
        self.seconds = seconds

    def connection(self, seconds: float) -> http.client.HTTPConnection:
        """A new connection, not yet connected; seconds is the time limit of each read and write."""
        if self._url.scheme == "unix":
            return UnixConnection(self._url.path, seconds)
        host, port = self._url.hostname or "", self._url.port
        if self._tls is not None:
            return http.client.HTTPSConnection(
                host, port or 2376, timeout=seconds, context=self._tls
            )
        return http.client.HTTPConnection(host, port or 2375, timeout=seconds)

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: object = None,
    ) -> bytes:
        """The content of the answer on the kept connection; body becomes JSON.

        Raises `ApiError` when the engine says no, and what the socket raises when it ends. Only a
        request that changes nothing when it comes twice is sent again on a new connection.
        """
        if self._kept is not None and was_answered(self._kept):  # its end: nothing was asked
            self.close()
        fresh = self._kept is None
        self._kept = self._kept or self.connection(self.seconds)
        try:
            send(self._kept, method, path, query, json_body(body))
            response = self._kept.getresponse()
            data = response.read()
        except STALE:
            self.close()
            if fresh or method not in REPEATABLE:
                raise
            return self.request(method, path, query, body)
        except BaseException:
            self.close()  # it may hold half an answer
            raise
        refuse(response.status, data)
        return data

    @contextlib.contextmanager
    def stream(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: bytes | None = None,
        *,
        seconds: float,
    ) -> Iterator[http.client.HTTPResponse]:
        """An answer on a connection of its own, to be read as it comes; body is a tar archive.

        Raises `ApiError` when the engine says no.
        """
        with contextlib.closing(self.opened(method, path, query, body, seconds=seconds)) as opened:
            yield opened.response

    def opened(
        self,
        method: str,
        path: str,
        query: Mapping[str, object] | None = None,
        body: bytes | None = None,
        *,
        seconds: float,
        headers: Mapping[str, str] | None = None,
    ) -> Opened:
        """A request that was sent and whose answer has begun, on a connection of its own."""
        connection = self.connection(seconds)
        archive = {"Content-Type": "application/x-tar"} if body is not None else {}
        try:
            send(connection, method, path, query, (body, {**archive, **(headers or {})}))
            response = connection.getresponse()
            if response.status >= http.HTTPStatus.BAD_REQUEST:
                refuse(response.status, response.read())
        except BaseException:
            connection.close()
            raise
        return Opened(connection, response)

    def close(self) -> None:
        """Give back the kept connection."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None


class Opened:
    """An answer that has begun, and its connection."""

    def __init__(
        self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse
    ) -> None:
        self.connection = connection
        self.response = response

    @property
    def socket(self) -> socket.socket:
        """The socket below, for a connection that is no HTTP any more."""
        return self.connection.sock

    def close(self) -> None:
        """Close both; either one alone keeps the socket open."""
        self.response.close()
        self.connection.close()


def was_answered(connection: http.client.HTTPConnection) -> bool:
    """Whether there is something to read: what is waited for, or the connection's end."""
    if connection.sock is None:
        return True
    poll = select.poll()  # select() takes no descriptor above 1023
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


def send(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    query: Mapping[str, object] | None,
    content: tuple[bytes | None, Mapping[str, str]],
) -> None:
    """Send one request."""
    body, headers = content
    target = f"{path}?{urlencode(query, doseq=True)}" if query else path
    connection.request(method, target, body=body, headers=dict(headers))


def json_body(body: object) -> tuple[bytes | None, Mapping[str, str]]:
    """A request's content and its headers."""
    if body is None:
        return None, {}
    return json.dumps(body).encode(), {"Content-Type": "application/json"}


def refuse(status: int, data: bytes) -> None:
    """Check the status. Raises `ApiError` with the engine's own words when it is an error."""
    if status < http.HTTPStatus.BAD_REQUEST:
        return
    words = words_of(data)
    raise (
        NotFound(status, words) if status == http.HTTPStatus.NOT_FOUND else ApiError(status, words)
    )


def words_of(data: bytes) -> str:
    """What the engine itself said, without the JSON around it."""
    text = data.decode("utf-8", "replace").strip()
    with contextlib.suppress(ValueError):
        document: Any = json.loads(text)
        if isinstance(document, dict):
            text = str(document.get("message") or document.get("cause") or text)
    return text[:WORDS_LIMIT].strip() or "no reason given"


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """The certificates of a board.

    Ours count, and not what the environment names for other programs.
    """
    import ssl  # noqa: PLC0415 -- 20 ms that only tcp:// with TLS pays

    authority = str(files.folder / "ca.pem") if files.verify else None
    context = ssl.create_default_context(cafile=authority)
    if not files.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(files.folder / "cert.pem", files.folder / "key.pem")
    return context
