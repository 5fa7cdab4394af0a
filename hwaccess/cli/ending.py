"""Signals that end a run in order: SIGINT, SIGTERM, SIGHUP, but none that we are told to ignore."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NoReturn

from hwaccess.errors import ENDING, Interrupted

if TYPE_CHECKING:
    from types import FrameType


def ending() -> tuple[signal.Signals, ...]:
    """The signals that end this process in order.

    One that was ignored when we started stays ignored: nohup does so with SIGHUP, and a shell with
    SIGINT for a job in the background.
    """
    return tuple(each for each in ENDING if signal.getsignal(each) is not signal.SIG_IGN)


def take_signals() -> None:
    """From now on these signals raise `Interrupted` in the main thread."""
    for number in ending():
        signal.signal(number, end_run)


def end_run(number: int, frame: FrameType | None) -> NoReturn:
    """Turn a signal into an exception: each `finally` on the way removes what the run made.

    Raises `Interrupted`, always.
    """
    del frame
    for other in ENDING:  # a second one must not break into the removal that the first one began
        signal.signal(other, signal.SIG_IGN)
    message = f"ended by {signal.Signals(number).name}; the run's containers are removed"
    raise Interrupted(message, hint="nothing is left behind; check with: hwaccess sweep")
