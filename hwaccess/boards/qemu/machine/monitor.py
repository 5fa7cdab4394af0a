"""QEMU's monitor protocol (QMP), as far as a board needs it.

It is one JSON object a line, one answer for each command. Not by the package qemu.qmp: it needs an
event loop of ours, which cannot be run inside a test of an app that has one, and its synchronous
part is under the GPL.
"""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any, Self

from hwaccess.boards.qemu.machine.connection import connected
from hwaccess.errors import EngineError, EngineRefused, EngineTimeout

if TYPE_CHECKING:
    from pathlib import Path


class Monitor:
    """A connection; QEMU answers one at a time. Use it as a context manager."""

    def __init__(self, path: Path, hint: str, seconds: float = 30.0) -> None:
        self._path = path
        self.hint = hint
        self._seconds = seconds
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        try:
            client = self._stack.enter_context(connected(self._path, self._seconds))
            self._lines = self._stack.enter_context(client.makefile("rwb"))
            self._answer("QMP")
            self.command("qmp_capabilities")
        except (OSError, ValueError) as error:
            self.__exit__()
            message = f"QEMU's monitor does not answer: {error}"
            raise EngineError(message, hint=self.hint) from error
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        with contextlib.suppress(OSError):  # closing sends what could not be sent
            self._stack.close()

    def command(self, name: str, **arguments: object) -> Any:  # noqa: ANN401 -- each command has an answer of its own
        """What QEMU returns.

        Raises `EngineRefused` with its words, `EngineError` when it does not answer.
        """
        try:
            self._lines.write(
                json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n"
            )
            self._lines.flush()
            return self._answer("return", name)
        except TimeoutError as error:
            message = f"QEMU did not answer {name} within {self._seconds:g} s"
            raise EngineTimeout(message, hint=self.hint) from error
        except (OSError, ValueError) as error:
            message = f"QEMU did not answer {name}: {error}"
            raise EngineError(message, hint=self.hint) from error

    def _answer(self, key: str, asked: str = "to connect") -> Any:  # noqa: ANN401 -- see command
        """The next object that is no event.

        Raises ValueError for the end of the connection, OSError in time.
        """
        while True:
            line = self._lines.readline()
            if not line:
                message = "it has ended"
                raise ValueError(message)
            answer = json.loads(line)
            if "error" in answer:
                words = str(answer["error"].get("desc"))
                message = f"QEMU refused {asked}: {words}"
                raise EngineRefused(message, hint=self.hint, engine_words=words)
            if key in answer:
                return answer[key]

    def await_state(self, command: str, key: str, wanted: tuple[str, ...], seconds: float) -> str:
        """Ask again and again until the answer's `key` is one of these; the one it is.

        Raises `EngineTimeout` when it is in none of them in time.
        """
        deadline = time.monotonic() + seconds
        while (state := str(self.command(command).get(key))) not in wanted:
            if time.monotonic() > deadline:
                message = (
                    f"QEMU stays in the state {state!r} for more than {seconds:g} s ({command})"
                )
                raise EngineTimeout(message, hint=self.hint)
            time.sleep(0.02)
        return state
