"""One kept connection: what is sent again when the other side has closed it, and what is not."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from hwaccess.engine.http_client import STALE, Http

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers the first request of each connection; what becomes of a second one can be set."""

    def __init__(self, path: Path) -> None:
        self.requests: list[str] = []  # their methods
        self.closed = threading.Semaphore(0)  # released when a connection was ended
        self.closes_at_once = False
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self) -> None:
        while True:
            connection, _ = self.listener.accept()
            with connection:
                if not self.read(connection):
                    return
                connection.sendall(ANSWER)
                if not self.closes_at_once:
                    self.read(connection)
            self.closed.release()

    def read(self, connection: socket.socket) -> bool:
        request = connection.recv(65536)
        if request:
            self.requests.append(request.split()[0].decode())
        return bool(request)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    path = tmp_path / "socket"
    server = Server(path)
    yield server
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as last:
        last.connect(str(path))  # an empty request ends it
    server.thread.join(10)
    server.listener.close()
    assert not server.thread.is_alive()


@pytest.fixture
def http(tmp_path: Path) -> Iterator[Http]:
    with contextlib.closing(Http(f"unix://{tmp_path}/socket", None, 10)) as client:
        yield client


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_that_was_closed_while_idle_is_opened_again(
    server: Server, http: Http, method: str
) -> None:
    server.closes_at_once = True
    http.request("GET", "/first")
    assert server.closed.acquire(timeout=10)

    assert http.request(method, "/second") == b"ok"
    assert server.requests == ["GET", method]


def test_a_question_whose_connection_ended_is_asked_again(server: Server, http: Http) -> None:
    http.request("GET", "/first")

    assert http.request("GET", "/second") == b"ok"
    assert server.requests == ["GET", "GET", "GET"]


def test_a_change_whose_connection_ended_is_not_made_twice(server: Server, http: Http) -> None:
    http.request("GET", "/first")

    with pytest.raises(STALE):
        http.request("POST", "/containers/create")

    assert server.closed.acquire(timeout=10)
    assert server.requests == ["GET", "POST"]
