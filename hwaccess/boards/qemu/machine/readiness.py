"""Whether a machine's engine answers."""

from __future__ import annotations

import http
import http.client
import ssl
import time
from typing import TYPE_CHECKING, Final

from hwaccess.errors import EngineTimeout

if TYPE_CHECKING:
    from pathlib import Path

    from hwaccess.boards.qemu.machine.machine import Machine

ANSWER_SECONDS: Final = 60.0


def await_engine(machine: Machine) -> None:
    """Wait until the engine answers a ping; a machine that died meanwhile is told at once."""
    deadline = time.monotonic() + ANSWER_SECONDS
    while not engine_answers(machine.port, machine.client):
        machine.check()
        if time.monotonic() > deadline:
            machine.fail(f"its engine does not answer within {ANSWER_SECONDS:g} s", EngineTimeout)
        time.sleep(0.05)


def engine_answers(port: int, certificates: Path) -> bool:
    """Whether the engine says OK."""
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    context.load_cert_chain(certificates / "cert.pem", certificates / "key.pem")
    client = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
    try:
        client.request("GET", "/_ping")
        return client.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()
