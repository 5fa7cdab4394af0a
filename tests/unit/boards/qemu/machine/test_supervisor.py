"""The process that holds QEMU carries the bytes of its serial line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hwaccess.boards.qemu.machine import supervisor

CARRY = """
import os, select, sys, threading
sys.path.insert(0, {folder!r})
import supervisor
carrier = supervisor.Carrier()
serial, network = supervisor.LINE
total = 3 * supervisor.PENDING
def fill():
    for _ in range(total // 4096):
        os.write(serial, bytes(4096))
threading.Thread(target=fill, daemon=True).start()
os.write(network, b"back")
came = 0
while came < total:
    readable, writable, _ = select.select([network, *carrier.readers()], carrier.writers(), [], 20)
    assert readable or writable, "it stands still"
    carrier.carry(readable, writable)
    if network in readable:
        came += len(os.read(network, 65536))
print(came == total, os.read(serial, 9))
os.close(serial)
carrier.carry(carrier.readers()[:1], [])
print(len(carrier.readers()))
"""


def test_the_supervisor_carries_bytes_both_ways_and_lets_a_fast_end_wait() -> None:
    code = CARRY.format(folder=str(Path(supervisor.__file__).parent))
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "True b'back'\n1\n", done.stderr
