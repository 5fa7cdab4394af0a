"""Every error that hwaccess raises on purpose, with its exit code.

HwAccessError
├── UsageError             2    wrong option, environment or expectation
│   ├── ComposeError       2    a compose file that cannot be used, with its place
│   └── BoardAddressError  2    no such board, or an address that is none
├── EngineError            3    the engine or board could not be used
│   ├── EngineUnreachable  3    nobody answers at the address
│   ├── EngineTimeout      3    it took the question and did not answer in time
│   ├── EngineRefused      3    it answered no, with its own words
│   └── ProbeImageError    3    the probe image could not be made for this board
├── ProbeError             3    a probe gave no usable answer
└── NothingChecked         4    no check was left to run

KeyboardInterrupt
└── Interrupted            130  SIGINT, SIGTERM or SIGHUP; what the run created is gone

A check that fails is no error: it is a result, and the run exits with 1.
"""

from __future__ import annotations

import signal
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from hwaccess.words import Place


class Exit(IntEnum):
    """What the command's exit status means."""

    OK = 0
    CHECK_FAILED = 1
    USAGE = 2
    ENGINE = 3
    NOTHING_CHECKED = 4
    INTERRUPTED = 130


class HwAccessError(Exception):
    """The base of every error: a message in lower case, and a hint that can be followed."""

    exit_code: ClassVar[Exit] = Exit.ENGINE

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(HwAccessError):
    """The user asked for something that cannot be: option, environment, expectation."""

    exit_code = Exit.USAGE


class ComposeError(UsageError):
    """A compose file (or what it names) cannot be used.

    With a place the message begins with file:line:column.
    """

    def __init__(self, message: str, *, hint: str, place: Place | None = None) -> None:
        super().__init__(f"{place}: {message}" if place else message, hint=hint)
        self.place = place


class BoardAddressError(UsageError):
    """The board address is malformed or names no known board."""


class EngineError(HwAccessError):
    """The engine or board could not be used."""


class EngineUnreachable(EngineError):
    """Nothing answers at the engine's address."""


class EngineTimeout(EngineError):
    """The engine took the request and did not answer in time."""


class EngineRefused(EngineError):
    """The engine answered with an error of its own; `engine_words` holds it verbatim."""

    def __init__(self, message: str, *, hint: str, engine_words: str) -> None:
        super().__init__(message, hint=hint)
        self.engine_words = engine_words


class ProbeImageError(EngineError):
    """The probe image or runtime could not be made for this board."""


class ProbeError(HwAccessError):
    """The probe gave no usable answer: garbage, too much, nothing, or it hung."""


class NothingChecked(HwAccessError):
    """The selection left no check to run."""

    exit_code = Exit.NOTHING_CHECKED


ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # what ends a run in order


class Interrupted(KeyboardInterrupt):
    """The run was ended by a signal; its containers were removed.

    No HwAccessError and no Exception: neither a check that turns errors into results nor a
    library's own `except Exception` may take it for one of theirs and go on.
    """

    exit_code: ClassVar[Exit] = Exit.INTERRUPTED

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
