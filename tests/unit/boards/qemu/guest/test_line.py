"""The network over a serial line, on the board's side."""

from __future__ import annotations

import os

from hwaccess.boards.qemu.guest import line


def test_frames_are_told_from_the_rest_of_one_that_was_cut_off() -> None:
    source, tap = os.pipe()
    frames = [line.ADDRESS + b"the first", line.ANYBODY + b"the second"]
    sent = [len(frame).to_bytes(4, "big") + frame for frame in frames]
    received = bytearray(b"rest of a frame" + sent[0] + sent[1][:7])
    line.deliver(tap, received)
    assert (os.read(source, 99), bytes(received)) == (frames[0], sent[1][:7])
    received += sent[1][7:]
    line.deliver(tap, received)
    assert (os.read(source, 99), bytes(received)) == (frames[1], b"")
    os.close(source)
    os.close(tap)
