"""One container from create to removed: started, listened to, and gone again whatever happens in between."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import docker.errors

from hwaccess.agent.answer import ANSWER_LIMIT
from hwaccess.engine.docker_errors import engine_errors, engine_words
from hwaccess.engine.sdk_calls import ask_for_removal, create_container
from hwaccess.errors import EngineUnreachable, ProbeError
from hwaccess.model import Refusal

if TYPE_CHECKING:
    import io
    import threading
    from collections.abc import Iterator

    import requests
    from docker import APIClient

LOG_LIMIT: Final = 1 << 16  # bytes of standard error that are kept, the last ones
STDOUT: Final = 1
HEADER: Final = struct.Struct(">BxxxI")
SLOW: Final = "give it more time with --seconds, or see what hangs: hwaccess doctor"
HINT: Final = "run it by hand with `--format json`; an init or a wrapper in the image may print to standard output"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a container left: its standard output and error, its exit status, or why the engine refused it."""

    output: bytes | None = None
    log: str = ""
    exit_code: int | None = None
    refusal: Refusal | None = None


class Connection:
    """The attached container: what it prints, until `deadline`."""

    def __init__(self, raw: io.RawIOBase | socket.socket, deadline: float) -> None:
        # The SDK hands out a SocketIO for plain connections, which takes no time limit, and the
        # socket for TLS.
        self._raw = raw
        self._socket = cast("socket.socket", getattr(raw, "_sock", raw))
        self._deadline = deadline

    def send(self, data: bytes) -> None:
        """Write all of standard input, and end it."""
        self._socket.settimeout(self._left())
        self._socket.sendall(data)
        self._socket.shutdown(socket.SHUT_WR)

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """(stream, bytes) as the container writes them; ends when it does."""
        while header := self._read(HEADER.size):
            stream, size = HEADER.unpack(header)
            while size and (data := self._read(min(size, 1 << 16))):
                size -= len(data)
                yield stream, data

    def _read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only for none at the end."""
        data = b""
        while len(data) < size:
            self._socket.settimeout(self._left())
            chunk = self._socket.recv(size - len(data))
            if not chunk:
                return b""
            data += chunk
        return data

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def close(self) -> None:
        """Close the socket and what the SDK built on top of it; any one of them alone keeps it open."""
        response = getattr(self._raw, "_response", None)
        for part in (response, self._raw, self._socket):
            if part is not None:
                part.close()


class ContainerRun:
    """Creates, starts, reads and removes containers through one client; one per thread."""

    def __init__(self, client: APIClient, url: str, closing: threading.Event) -> None:
        self._client = client
        self._url = url
        self._closing = closing

    def run(self, body: dict[str, object], request: bytes | None, seconds: float) -> Ended:
        """Start a container and take its answer; `request` is its standard input when it is not in `body`."""
        with engine_errors(self._url, "start a container"):
            try:
                container = create_container(self._client, body)
            except docker.errors.ImageNotFound:
                raise
            except docker.errors.APIError as error:
                return Ended(refusal=Refusal("create", engine_words(error)))
            done = False
            try:
                self._still_open()
                ended = self._started(container, request, seconds)
                done = ended.refusal is None
            finally:
                if not done:
                    self.remove(container)
        return ended

    def _started(self, container: str, request: bytes | None, seconds: float) -> Ended:
        attached = self._attach(container, with_input=request is not None)
        with (
            contextlib.closing(Connection(attached, time.monotonic() + seconds)) as connection,
            # Asked before the start: afterwards its exit status may be gone.
            contextlib.closing(ask_for_removal(self._client, container)) as removed,
        ):
            try:
                self._client.start(container)
            except docker.errors.APIError as error:
                return Ended(refusal=Refusal("start", engine_words(error)))
            try:
                if request is not None:
                    connection.send(request)
                output, log = read(connection)
            except TimeoutError:
                message = f"the agent gave no answer in {seconds:g} s"
                raise ProbeError(message, hint=SLOW) from None
            return Ended(output, log, exit_status(removed))

    def _still_open(self) -> None:
        """A run that another thread has ended starts nothing any more."""
        if self._closing.is_set():
            message = "the run was ended before the container started"
            raise EngineUnreachable(message, hint="run it again")

    def _attach(self, container: str, *, with_input: bool) -> io.RawIOBase | socket.socket:
        params = {"stdout": 1, "stderr": 1, "stream": 1, "stdin": int(with_input)}
        attached: io.RawIOBase | socket.socket = self._client.attach_socket(container, params)
        return attached

    def remove(self, container: str) -> None:
        """End and remove it; one that is already going is left to that."""
        try:
            self._client.remove_container(container, v=True, force=True)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            if error.status_code != 409:  # "removal is already in progress"
                raise
            with contextlib.suppress(docker.errors.NotFound):
                self._client.wait(container, timeout=self._client.timeout, condition="removed")


def read(connection: Connection) -> tuple[bytes, str]:
    """Standard output, which has a limit, and the end of standard error."""
    output, log = bytearray(), bytearray()
    for stream, data in connection.frames():
        if stream != STDOUT:
            log = (log + data)[-LOG_LIMIT:]
            continue
        output += data
        if len(output) > ANSWER_LIMIT:
            message = f"the agent's container printed more than {ANSWER_LIMIT} bytes"
            raise ProbeError(message, hint=HINT)
    return bytes(output), log.decode("utf-8", "replace")


def exit_status(removed: requests.Response) -> int | None:
    """The exit status in the answer to "tell me when it is removed"."""
    answer = removed.json()
    status = answer.get("StatusCode") if isinstance(answer, dict) else None
    return status if isinstance(status, int) else None
