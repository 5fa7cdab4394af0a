"""The board's network over a serial line: Ethernet frames, each after its length, as QEMU's stream network has them.

python3 -I -S line.py /dev/ttyAMA0
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import socket
import struct
import sys
import termios
import tty

NAME = b"eth0"
ADDRESS = bytes.fromhex("525400123456")
TUNSETIFF = 0x400454CA
SIOCSIFHWADDR = 0x8924
IFF_TAP_NO_PI = 0x1002
ARPHRD_ETHER = 1
LONGEST = 1518
SHORTEST = 14
HEAD = 10  # bytes: the length, and whom it is for
ANYBODY = b"\xff" * 6


def open_line(path: str) -> int:
    """Raw, and with flow control: the driver then lets QEMU wait when we are slow, else bytes would be lost."""
    line = os.open(path, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)
    settings = termios.tcgetattr(line)
    settings[2] |= termios.CRTSCTS | termios.CLOCAL
    settings[4] = settings[5] = termios.B921600
    termios.tcsetattr(line, termios.TCSAFLUSH, settings)
    return line


def open_tap() -> int:
    """The network interface.

    Its address is a fixed one, by which frames that are meant for it are told.
    """
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH", NAME, IFF_TAP_NO_PI))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFHWADDR, struct.pack("16sH6s8x", NAME, ARPHRD_ETHER, ADDRESS))
    return tap


def send(line: int, frame: bytes) -> None:
    """A frame onto the line."""
    data = struct.pack(">I", len(frame)) + frame
    while data:
        data = data[os.write(line, data) :]


def deliver(tap: int, received: bytearray) -> None:
    """The whole frames of what was received.

    What cannot be a frame's beginning is the rest of one that was cut off.
    """
    while len(received) >= HEAD:
        size = int.from_bytes(received[:4], "big")
        if not SHORTEST <= size <= LONGEST or bytes(received[4:HEAD]) not in (ADDRESS, ANYBODY):
            del received[:1]
        elif len(received) < 4 + size:
            return
        else:
            with contextlib.suppress(
                OSError
            ):  # a frame that the interface does not take is lost, as on any network
                os.write(tap, bytes(received[4 : 4 + size]))
            del received[: 4 + size]


def main(path: str) -> None:
    """Carry frames both ways for as long as the board runs."""
    line, tap = open_line(path), open_tap()
    received = bytearray()
    while True:
        ready = select.select([line, tap], [], [])[0]
        if tap in ready:
            send(line, os.read(tap, 65536))
        if line in ready:
            received += os.read(line, 65536)
            deliver(tap, received)


if __name__ == "__main__":
    main(sys.argv[1])
