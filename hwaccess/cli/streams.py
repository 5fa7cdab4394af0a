"""Standard streams that change no exit code when the reader went away or never was there.

One that takes nothing for another reason, such as a full disk, is told at the end by `lost()`.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Unheard(io.FileIO):
    """A descriptor whose reader may go away; what is written then is dropped.

    error is why something was lost although there is a reader.
    """

    error: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        """Write, or say that all was written: what Python keeps, it tries to write at exit."""
        try:
            return super().write(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        except OSError as error:
            self.error = error
        return memoryview(data).nbytes


def lost() -> str:
    """Why standard output did not take all that was printed; "" when it did."""
    sys.stdout.flush()
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    error = raw.error if isinstance(raw, Unheard) else None
    return (error.strerror or str(error)) if error else ""


def settle() -> None:
    """Put such streams in the place of Python's own.

    A stream that is not open leads to /dev/null: else the next file or socket would take its
    number, and what is printed would go there.
    """
    for descriptor in (0, 1, 2):  # in this order: open() takes the lowest number that is free
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    sys.stdin = sys.stdin or io.TextIOWrapper(io.FileIO(0, closefd=False))
    sys.stdout, sys.stderr = unheard(1, sys.stdout), unheard(2, sys.stderr)


def unheard(descriptor: int, before: TextIO | None) -> io.TextIOWrapper:
    """A text stream over a descriptor, coded and buffered like the one before it."""
    raw = Unheard(descriptor, "wb", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=before.encoding if before else "utf-8",
        errors=before.errors if before else "backslashreplace",
        line_buffering=raw.isatty() or descriptor == 2,
    )
