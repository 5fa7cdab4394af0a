"""The probes of the supervisor's and the cloud's API against real servers on the loopback."""

from __future__ import annotations

import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import agents
import cases
import pytest

from hwaccess.access import balena_api, supervisor_api
from hwaccess.agent.answer import decode
from hwaccess.model import Case, Check, Expect, Outcome, ProbeIn
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hwaccess.access.base import Kind
    from hwaccess.model import Verdict

KEY = "s3cret"
KINDS: dict[str, Any] = {"supervisor-api": supervisor_api, "balena-api": balena_api}


class Supervisor(http.server.BaseHTTPRequestHandler):
    """As much of a supervisor as is asked: /ping is for all, /v1/device for who has the key."""

    asked: list[str]
    always: int

    def do_GET(self) -> None:
        self.asked.append(self.path)
        path, _, query = self.path.partition("?")
        status = 200 if path == "/ping" or query == f"apikey={KEY}" else 401
        self.send_response(self.always or status)
        self.end_headers()
        self.wfile.write(b"OK")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(status: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[tuple[str, list[str]]]:
    """A server's address, and the paths that were asked of it."""
    asked: list[str] = []
    handler = type("Handler", (Supervisor,), {"asked": asked, "always": status})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def ask(access: str, python: str = sys.executable, **variables: str) -> tuple[Verdict, str]:
    """The verdict over the probe's answer with these variables, and the answer's text."""
    bare = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BALENA_", "RESIN_"))
    }
    done = agents.run(
        python, agents.request({"id": "app::api", "probe": access}), env={**bare, **variables}
    )
    answer = decode(done.stdout, "n")
    seen = answer.observation("app::api")
    assert seen.status == "done", seen.message
    check = Check("app", access, "", Expect.REACH, Risk.OPEN)
    case = Case(check, cases.service(), cases.BOARD, ProbeIn.PROBE_IMAGE, seen, answer.confinement)
    kind: Kind = KINDS[access]
    return kind.judge(case), json.dumps(json.loads(done.stdout))


@pytest.mark.parametrize("python", agents.pythons())
def test_a_supervisor_that_answers_and_takes_the_key(python: str) -> None:
    with serving() as (address, asked):
        verdict, text = ask(
            "supervisor-api",
            python,
            BALENA_SUPERVISOR_ADDRESS=address,
            BALENA_SUPERVISOR_API_KEY=KEY,
        )
    assert verdict.outcome is Outcome.REACHABLE
    assert asked == ["/ping", f"/v1/device?apikey={KEY}"]
    assert KEY not in text


def test_the_old_variables_and_host_with_port_do_as_well() -> None:
    with serving() as (address, _):
        host, port = address.removeprefix("http://").split(":")
        verdict, _ = ask(
            "supervisor-api",
            RESIN_SUPERVISOR_HOST=host,
            RESIN_SUPERVISOR_PORT=port,
            RESIN_SUPERVISOR_API_KEY=KEY,
        )
    assert verdict.outcome is Outcome.REACHABLE


@pytest.mark.parametrize(
    ("status", "key", "rule"),
    [
        (0, "old", supervisor_api.rules.NO_KEY),
        (0, "", supervisor_api.rules.NO_KEY),
        (503, KEY, supervisor_api.rules.STRANGE),
    ],
)
def test_an_answer_that_is_a_refusal(status: int, key: str, rule: Any) -> None:
    with serving(status) as (address, _):
        verdict, _ = ask(
            "supervisor-api", BALENA_SUPERVISOR_ADDRESS=address, BALENA_SUPERVISOR_API_KEY=key
        )
    assert (verdict.rule, verdict.layer) == (rule.id, rule.layer)


@pytest.mark.parametrize("access", KINDS)
def test_without_variables_nothing_is_asked(access: str) -> None:
    verdict, text = ask(access)
    assert verdict.rule == KINDS[access].rules.NOT_GIVEN.id
    assert json.loads(text)["results"][0]["calls"] == []


def test_nobody_listens() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        verdict, _ = ask(
            "supervisor-api",
            BALENA_SUPERVISOR_ADDRESS=f"http://127.0.0.1:{unused.getsockname()[1]}",
        )
    assert verdict.rule == supervisor_api.rules.NOBODY.id
    assert any(line.endswith("ECONNREFUSED") for line in verdict.evidence)


def test_a_name_that_nobody_knows() -> None:
    name = "x" * 70 + ".invalid"  # too long for a label, so no server is asked
    verdict, _ = ask("balena-api", BALENA_API_URL=f"https://{name}", BALENA_API_KEY=KEY)
    assert verdict.rule == balena_api.rules.NO_WAY.id
    assert any(f"getaddrinfo({name}) = EAI_" in line for line in verdict.evidence)


@pytest.mark.parametrize(
    "address", ["http://", "ftp://host", "127.0.0.1:80", "http://host:port", "http://[::1", "x"]
)
def test_an_address_that_is_none(address: str) -> None:
    verdict, _ = ask("supervisor-api", BALENA_SUPERVISOR_ADDRESS=address)
    assert verdict.outcome is Outcome.BLOCKED


@pytest.mark.parametrize("says", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"\0" * 4096])
def test_something_else_listens(says: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            link, _ = server.accept()
            with link:
                link.recv(1024)
                link.sendall(says)

        thread = threading.Thread(target=answer)
        thread.start()
        verdict, _ = ask(
            "supervisor-api",
            BALENA_SUPERVISOR_ADDRESS=f"http://127.0.0.1:{server.getsockname()[1]}",
        )
        thread.join()
    assert verdict.rule == supervisor_api.rules.STRANGE.id


def test_who_takes_the_connection_and_says_nothing_is_told_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        verdict, _ = ask(
            "supervisor-api",
            BALENA_SUPERVISOR_ADDRESS=f"http://127.0.0.1:{server.getsockname()[1]}",
        )
    assert "ETIMEDOUT" in verdict.summary


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's side of TLS with a certificate that nobody has signed."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    command += ["-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def test_the_cloud_is_asked_by_tls_and_without_the_key(certificate: ssl.SSLContext) -> None:
    with serving(tls=certificate) as (address, asked):
        verdict, text = ask("balena-api", BALENA_API_URL=address, BALENA_API_KEY=KEY)
        without_key, _ = ask("balena-api", RESIN_API_URL=address)
    assert verdict.outcome is Outcome.REACHABLE
    assert without_key.rule == balena_api.rules.NO_KEY.id
    assert asked == ["/ping", "/ping"]
    assert KEY not in text


def test_plain_http_where_tls_is_expected() -> None:
    with serving() as (address, _):
        verdict, _ = ask("balena-api", BALENA_API_URL=address.replace("http:", "https:"))
    assert verdict.rule == balena_api.rules.STRANGE.id


def test_a_python_without_tls_gives_no_answer(tmp_path: Path) -> None:
    """As in a packed runtime that left it out: the module `ssl` cannot be imported."""
    without = "import sys; sys.modules['ssl'] = None; from .balena_api import probe\n"
    folder = agents.probes_with(tmp_path, without_tls=without)
    with serving() as (address, _):
        text = agents.request({"id": "app::api", "probe": "without_tls"})
        environment = {**os.environ, "BALENA_API_URL": address.replace("http:", "https:")}
        done = agents.run(sys.executable, text, folder, env=environment)
    seen = decode(done.stdout, "n").observation("app::api")
    check = Check("app", "balena-api", "", Expect.REACH, Risk.OPEN)
    verdict = balena_api.judge(
        Case(check, cases.service(), cases.BOARD, ProbeIn.PROBE_IMAGE, seen, cases.ROOT)
    )
    assert (verdict.rule, verdict.outcome, verdict.layer) == (
        balena_api.rules.NO_TLS.id,
        Outcome.UNKNOWN,
        None,
    )
