"""Text of the files that a compose model is made of.

Every way in which reading can fail is a ComposeError.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Final

from hwaccess.errors import ComposeError
from hwaccess.words import Place

LARGEST: Final = 2 * 1024 * 1024
UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: str, what: str, place: Place | None = None) -> str:
    """The text of a file, without byte order mark, every line ended by a line feed.

    place: where it is named.

    Raises `ComposeError` when it is not there, cannot be read, or is too large.
    """
    try:
        with Path(path).open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except FileNotFoundError:
        message = f"the {what} {path} is not there"
        raise ComposeError(message, hint=_look(path), place=place) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        message = f"the {what} {path!r} cannot be read: {reason.lower()}"
        raise ComposeError(message, hint=f"ls -l {path!r}", place=place) from error
    if len(data) > LARGEST:
        message = f"the {what} {path} is larger than {LARGEST // 1024 // 1024} MiB"
        raise ComposeError(
            message, hint="name the compose file itself, not an image or archive", place=place
        )
    return _decoded(data, path).replace("\r\n", "\n")


def _decoded(data: bytes, path: str) -> str:
    encoding = "utf-16" if data.startswith(UTF16) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        place = Place(path, line, error.start - data.rfind(b"\n", 0, error.start))
        message = f"no UTF-8 text: byte 0x{data[error.start]:02x}"
        hint = f"save the file as UTF-8: iconv -f latin1 -t utf-8 {path}"
        raise ComposeError(message, hint=hint, place=place) from error


def _look(path: str) -> str:
    directory = Path(path).parent
    return (
        f"ls {directory}" if is_directory(str(directory)) else f"there is no directory {directory}"
    )


def exists(path: str) -> bool:
    """Whether there is something at the path.

    True also when only its directory cannot be looked into.
    """
    try:
        return Path(path).exists()
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False


def is_directory(path: str) -> bool:
    """Whether the path is a directory; false also for a text that cannot be a path."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False
