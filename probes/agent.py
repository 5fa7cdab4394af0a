"""The agent in a service's container: it does the checks and answers with one JSON document.

    python3 -I -S agent.py REQUEST    REQUEST is a JSON text, or "-" to read it from standard input

Request and answer are described in docs/probe-protocol.md. Standard library only, Python 3.9
syntax, no import of hwaccess. It never judges: it reports what each call answered.
"""

from __future__ import annotations

import os
import sys

# First of all: the answer's own descriptor, and everything else that anybody prints goes to
# standard error.
ANSWER_FD = os.dup(1)
os.dup2(2, 1)

import importlib  # noqa: E402 -- after the swap on purpose: even an import that prints cannot spoil the answer
import json  # noqa: E402
import select  # noqa: E402
import signal  # noqa: E402
import time  # noqa: E402
import traceback  # noqa: E402
from typing import Any  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
# The probes are modules of a package of this name, and their folder is on no search path: so a
# probe may be called serial, dbus or board, and an app's library of that name is still what
# `import` finds.
PREFIX = "hwaccess_probes"
sys.modules[PREFIX] = type(sys)(PREFIX)
sys.modules[PREFIX].__path__ = [HERE]
LIBRARIES = os.path.join(
    HERE, "..", "libraries"
)  # smbus2, gpiozero: in the packed runtime, not in a checkout
if os.path.isdir(LIBRARIES):
    sys.path.append(LIBRARIES)

calls = importlib.import_module(f"{PREFIX}.calls")
confinement = importlib.import_module(f"{PREFIX}.confinement")

PROTOCOL = 1
ANSWER_LIMIT = 1 << 20
GRACE = 0.2  # seconds that a killed child gets to go away


def load_probe(name: str) -> Any:
    """The probe module of that name: "i2c", or "FOLDER.MODULE" for one of another package."""
    return importlib.import_module(f"{PREFIX}.{name}")


def run_probe(item: dict[str, Any], out: int) -> None:
    """In the child: run one probe and write its messages to `out`, one JSON text a line."""

    def send(message: dict[str, Any]) -> None:
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(out, data) :]

    record = calls.Record(item["risk"], lambda text: send({"pending": text}))
    try:
        load_probe(item["probe"]).probe(record, item.get("target", ""), item.get("params", {}))
        status, message = "done", ""
    except Exception:  # noqa: BLE001 -- a probe that breaks is an answer of its own: it must reach the other side
        status, message = "crashed", traceback.format_exc(limit=-3)
    send(
        {
            "status": status,
            "message": message,
            "calls": record.calls,
            "facts": record.facts,
            "library": record.libraries,
        }
    )


def read_child(pipe: int, deadline: float) -> tuple[bytes, bool]:
    """All that the child wrote until it closed the pipe or the time was up.

    True when it came to its end.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            return b"".join(chunks), False
        chunk = os.read(pipe, 65536)
        if not chunk:
            return b"".join(chunks), True
        size += len(chunk)
        if size > ANSWER_LIMIT:
            return b"".join(chunks)[:ANSWER_LIMIT], True
        chunks.append(chunk)


def reap(child: int) -> str:
    """Kill the child if it still runs and say how it ended.

    One that hangs in the kernel is not waited for.
    """
    end = time.monotonic() + GRACE
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            if os.WIFSIGNALED(status):
                return f"ended by signal {os.WTERMSIG(status)}"
            return f"ended with status {os.WEXITSTATUS(status)}"
        os.kill(child, signal.SIGKILL)
        time.sleep(0.005)
    return "does not die: it hangs in the kernel"


def understand(data: bytes, ended: bool, fate: str) -> dict[str, Any]:
    """The child's last message, or what its silence means."""
    pending = "before its first call"
    for line in data.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            break
        if "status" in message:
            return dict(message)
        pending = "in " + str(message.get("pending"))
    if not ended:
        return {
            "status": "timeout",
            "message": f"no answer {pending} ({fate})",
            "calls": [],
            "facts": {},
        }
    return {"status": "crashed", "message": f"{fate} {pending}", "calls": [], "facts": {}}


def isolate(item: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Run one probe in a child of its own, with a time limit, and return its result."""
    started = time.monotonic()
    pipe_in, pipe_out = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(pipe_in)
            run_probe(item, pipe_out)
        finally:
            os._exit(0)
    os.close(pipe_out)
    data, ended = read_child(pipe_in, started + seconds)
    os.close(pipe_in)
    fate = reap(child)
    result = understand(data, ended, fate)
    result.update(id=item["id"], probe=item["probe"], seconds=round(time.monotonic() - started, 6))
    return result


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """The whole answer to a request."""
    seconds = float(request.get("seconds", 10.0))
    return {
        "v": PROTOCOL,
        "nonce": request.get("nonce", ""),
        "confinement": confinement.describe(),
        "results": [isolate(item, seconds) for item in request["probes"]],
    }


def main(argv: list[str]) -> int:
    """Answer the request given as the one argument; 0 when an answer was written."""
    if len(argv) != 2:
        sys.stderr.write("usage: agent.py REQUEST\n")
        return 2
    text = sys.stdin.read() if argv[1] == "-" else argv[1]
    data = json.dumps(answer(json.loads(text))).encode() + b"\n"
    while data:
        data = data[os.write(ANSWER_FD, data) :]
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
