"""One GET by hand, so that address, name, connection, TLS and answer are separate results.

http.client would cost 25 ms of imports in every container. Keys go into the request and nowhere
else.
"""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import calls

SECONDS = 3.0  # for each step
PORTS = {"http": 80, "https": 443}
NAME_ERRORS = {getattr(socket, name): name for name in dir(socket) if name.startswith("EAI_")}


def split_url(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port (0 when it cannot be told) and path without a slash at its end."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host, colon, port = authority.rpartition(":")
    if not colon or port.endswith("]"):  # no port, or the colon of an IPv6 address
        host, port = authority, str(PORTS.get(scheme, 0))
    return scheme, host.strip("[]"), int(port) if port.isdigit() else 0, (slash + path).rstrip("/")


def resolve(record: calls.Record, host: str, port: int) -> Any:
    """The first address of a host, or None.

    The names of getaddrinfo's errors are put in the errno's place.
    """
    failed: list[int] = []

    def look_up() -> Any:
        try:
            # As bytes, for a text would need the codec "idna", which a packed interpreter may not
            # hold.
            return socket.getaddrinfo(os.fsencode(host), port, type=socket.SOCK_STREAM)[0]
        except socket.gaierror as error:
            failed.append(error.errno or 0)
            raise

    found = record.call("getaddrinfo", host, look_up, lambda entry: str(entry[4][0]))
    if failed:
        record.calls[-1]["errno"] = NAME_ERRORS.get(failed[0], str(failed[0]))
    return found


def within_time(function: Any) -> Any:
    """A call of a socket; Python's own time-out has no errno."""
    try:
        return function()
    except socket.timeout as error:
        raise OSError(errno.ETIMEDOUT, "no answer in time") from error


def connect(record: calls.Record, entry: Any) -> socket.socket | None:
    """A connection to an address of getaddrinfo's, or None."""

    def make() -> socket.socket:
        made = socket.socket(entry[0], entry[1])
        made.settimeout(SECONDS)
        within_time(lambda: made.connect(entry[4]))
        return made

    made: socket.socket | None = record.call(
        "connect", f"{entry[4][0]}:{entry[4][1]}", make, lambda _: "ok"
    )
    return made


def wrap(record: calls.Record, link: socket.socket, host: str, facts: dict[str, Any]) -> Any:
    """TLS over a connection.

    Facts "tls" says what went wrong: "missing" when this interpreter has none.
    """
    try:
        import ssl
    except ImportError:
        facts["tls"] = "missing"
        return None
    # Certificates are not checked: an image of its own may hold any set of them, and no secret is
    # sent.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    said: list[str] = []

    def shake_hands() -> Any:
        try:
            return within_time(lambda: context.wrap_socket(link, server_hostname=host))
        except ssl.SSLError as error:
            said.append(error.reason or str(error))
            raise OSError(errno.EPROTO, said[-1]) from error

    made = record.call("tls", host, shake_hands, lambda answer: str(answer.version()))
    if made is None:
        facts["tls"] = said[0] if said else record.calls[-1]["errno"]
    return made


def exchange(link: Any, request: str) -> str:
    """Send a request and return the answer's first line."""
    within_time(lambda: link.sendall(os.fsencode(request)))
    answer = b""
    while b"\n" not in answer and len(answer) < 1024:
        chunk = within_time(lambda: link.recv(1024))
        if not chunk:
            break
        answer += chunk
    return answer.partition(b"\n")[0].decode("latin-1").strip()


def get(record: calls.Record, url: str, path: str, query: str = "") -> dict[str, Any]:
    """GET url + path (+ query, which is never written down).

    The result has "failed" with the step, or "status" and "line".
    """
    scheme, host, port, base = split_url(url)
    facts: dict[str, Any] = {"url": url, "failed": "", "errno": "", "status": 0, "line": ""}

    def failed(step: str) -> dict[str, Any]:
        facts.update(
            failed=step,
            errno=facts.get("tls") or (record.calls[-1]["errno"] if record.calls else ""),
        )
        return facts

    if scheme not in PORTS or not host or not port:
        return {**facts, "failed": "url"}
    entry = resolve(record, host, port)
    if entry is None:
        return failed("name")
    link: Any = connect(record, entry)
    if link is None:
        return failed("connect")
    if scheme == "https":
        link = wrap(record, link, host, facts)
        if link is None:
            return failed("tls")
    head = f"GET {base}{path}{'?' + query if query else ''} HTTP/1.1\r\nHost: {host}:{port}\r\n"
    request = head + "User-Agent: hwaccess\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    line = record.call(
        "GET", base + path, lambda: exchange(link, request), lambda text: text[:80] or "nothing"
    )
    link.close()
    if line is None:
        return failed("answer")
    status = status_of(line)
    if status is None:
        return failed("protocol")
    facts.update(status=status, line=line[:80])
    return facts


def status_of(line: str) -> int | None:
    """The status of an answer's first line; None when it is no HTTP."""
    words = line.split(None, 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdigit():
        return None
    return int(words[1])
