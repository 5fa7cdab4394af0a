"""One container from create to removed.

It is started, listened to, and gone again whatever happens in between.
"""

from __future__ import annotations

import contextlib
import http
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hwaccess.agent.answer import ANSWER_LIMIT
from hwaccess.engine.api import ApiError, NotFound
from hwaccess.engine.api_errors import engine_errors
from hwaccess.engine.http_client import was_answered
from hwaccess.errors import EngineUnreachable, ProbeError
from hwaccess.model import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.engine.api import ApiClient
    from hwaccess.engine.http_client import Opened

LOG_LIMIT: Final = 1 << 16  # bytes of standard error that are kept, the last ones
STDOUT: Final = 1
HEADER: Final = struct.Struct(">BxxxI")
SLOW: Final = "give it more time with --seconds, or see what hangs: hwaccess doctor"
HINT: Final = (
    "run it by hand with `--format json`; "
    "an init or a wrapper in the image may print to standard output"
)


@dataclass(frozen=True, slots=True)
class Ended:
    """What a container left: its standard output and error, or why the engine refused it."""

    output: bytes | None = None
    log: str = ""
    refusal: Refusal | None = None


class Connection:
    """The attached container: what it prints, until `deadline`.

    `deadline` is in seconds of `time.monotonic()`.
    """

    def __init__(self, opened: Opened, deadline: float) -> None:
        self._opened = opened
        self._socket = opened.socket
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
        """Let go of the container."""
        self._opened.close()


class Removals:
    """Containers that have answered and that the engine is removing now.

    That takes a fifth of a container's time, in which others start and answers are judged. Each is
    a connection whose answer comes when the container is gone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._awaited: list[Opened] = []

    def add(self, removal: Opened) -> None:
        """Wait for one later; let go of those that are done."""
        with self._lock:
            done = [one for one in self._awaited if was_answered(one.connection)]
            self._awaited = [*(one for one in self._awaited if one not in done), removal]
        for one in done:
            one.close()

    def wait(self) -> None:
        """Return when all of them are gone."""
        with self._lock:
            awaited, self._awaited = self._awaited, []
        with contextlib.ExitStack() as stack:
            for one in awaited:
                stack.callback(one.close)
            for one in awaited:
                one.response.read()

    def close(self) -> None:
        """Wait for none."""
        with self._lock:
            awaited, self._awaited = self._awaited, []
        for one in awaited:
            one.close()


class ContainerRun:
    """Creates, starts, reads and removes containers through one client; one for each thread."""

    def __init__(
        self, client: ApiClient, url: str, closing: threading.Event, removals: Removals
    ) -> None:
        self._client = client
        self._url = url
        self._closing = closing
        self._removals = removals

    def run(self, body: dict[str, object], request: bytes | None, seconds: float) -> Ended:
        """Start a container and take its answer; its removal has begun then.

        `request` is its standard input when it is not in `body`.
        """
        with engine_errors(self._url, "start a container"):
            try:
                container = self._client.create_container(body)
            except ApiError as error:
                if isinstance(error, NotFound) and "no such image" in error.words.lower():
                    raise  # it was there a moment ago: no refusal of the service
                return Ended(refusal=Refusal("create", error.words))
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
        attached = self._client.attach(container, stdin=request is not None, seconds=seconds)
        with (
            contextlib.closing(Connection(attached, time.monotonic() + seconds)) as connection,
            contextlib.ExitStack() as unless_answered,
        ):
            # Asked before the start: afterwards the container may be gone already.
            removal = self._client.removal(container)
            unless_answered.callback(removal.close)
            try:
                self._client.start_container(container)
            except ApiError as error:
                return Ended(refusal=Refusal("start", error.words))
            output, log = self._listen(connection, request, seconds)
            if not output.rstrip().endswith(b"}"):
                # No whole answer. A container that is not removed either has not ended: what did
                # end is the connection, and that is not the agent's fault.
                removal.response.read()
            unless_answered.pop_all()
            self._removals.add(removal)
            return Ended(output, log)

    def _listen(
        self, connection: Connection, request: bytes | None, seconds: float
    ) -> tuple[bytes, str]:
        try:
            if request is not None:
                connection.send(request)
            return read(connection)
        except TimeoutError:
            message = f"the agent gave no answer in {seconds:g} s"
            raise ProbeError(message, hint=SLOW) from None

    def _still_open(self) -> None:
        """A run that another thread has ended starts nothing any more."""
        if self._closing.is_set():
            message = "the run was ended before the container started"
            raise EngineUnreachable(message, hint="run it again")

    def remove(self, container: str) -> None:
        """End and remove it; one that is already going is left to that."""
        try:
            self._client.remove_container(container)
        except NotFound:
            return
        except ApiError as error:
            if error.status != http.HTTPStatus.CONFLICT:  # "removal is already in progress"
                raise
            self._client.wait_removed(container)


def read(connection: Connection) -> tuple[bytes, str]:
    """Standard output, which has a limit, and the end of standard error.

    Raises `ProbeError` when it prints more than the limit.
    """
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
