"""Hands the probe image to the board's own engine: runtime.tar, when it came, else packed of the board's own Python.

python3 pack.py      beside image.json, and runtime.tar or the packer, the probes and the libraries
"""

from __future__ import annotations

import http
import http.client
import json
import socket
import sys
import urllib.parse
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Engine(http.client.HTTPConnection):
    """The engine at its Unix socket."""

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/run/docker.sock")


def runtime() -> bytes:
    """The image's content."""
    made = HERE / "runtime.tar"
    if made.exists():
        return made.read_bytes()
    sys.path[:0] = [str(HERE), str(HERE / "libraries")]
    from hwaccess.engine import pack  # noqa: PLC0415 -- it is not here when the runtime is

    return pack.archive(pack.collect())


def main() -> None:
    """Import it as image.json says."""
    wanted = json.loads((HERE / "image.json").read_text(encoding="utf-8"))
    query = urllib.parse.urlencode({"fromSrc": "-", **wanted}, doseq=True)
    engine = Engine("localhost")
    headers = {"Content-Type": "application/x-tar"}
    engine.request("POST", f"/images/create?{query}", body=runtime(), headers=headers)
    answer = engine.getresponse()
    text = answer.read().decode()
    if answer.status != http.HTTPStatus.OK or "error" in text:
        sys.exit(text)


if __name__ == "__main__":
    main()
