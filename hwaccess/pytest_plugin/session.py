"""What one pytest process knows.

It imports nothing but the standard library and pytest at its top.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NoReturn

import pytest

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

    from hwaccess.boards.base import Board
    from hwaccess.errors import EngineError
    from hwaccess.facts import BoardFacts
    from hwaccess.run.prepare import Plan
    from hwaccess.run.run import Run


class HwSession:
    """What one pytest process knows: compose files, the board, a run for each file.

    The board is opened once.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.allow: str = config.getoption("hw_allow") or config.getini("hw_allow")
        self.address: str | None = (
            config.getoption("hw_board")
            or os.environ.get("HWACCESS_BOARD")
            or config.getini("hw_board")
            or None
        )
        # The path that is collected -> the files of its project.
        self.files: dict[Path, tuple[str, ...]] = {}
        self.collected: set[Path] = set()  # those of them whose nodes were asked for their checks
        self.required: set[str] = set()  # paths that hw_requires asks about
        self._runs: dict[Path, Run | Unanswered] = {}
        self._facts: BoardFacts | None = None
        self._board: Board | None = None
        self._stack = ExitStack()

    def board(self) -> Board:
        """The board; opened at the first call."""
        if self._board is None:
            self._stack.enter_context(ended_by_sigterm())
            found = self.config.hook.pytest_hwaccess_open_board(
                config=self.config, address=self.address
            )
            if found is None:
                from hwaccess.boards import open_board  # noqa: PLC0415 -- see the module's docstring

                found = open_board(self.address)
            self._board = self._stack.enter_context(found)
        return self._board

    def facts(self) -> BoardFacts:
        """What the board says of itself, and of the paths that marks ask about; asked once."""
        if self._facts is None:
            self._facts = self.board().facts(sorted(self.required))
        return self._facts

    def run(self, path: Path) -> Run | Unanswered:
        """The run of a compose file; loaded and planned at the first call."""
        if path not in self._runs:
            self._runs[path] = start_run(self, path)
        return self._runs[path]

    @property
    def runs(self) -> tuple[Run | Unanswered, ...]:
        """The runs that were planned so far."""
        return tuple(self._runs.values())

    def only_run(self) -> Run | Unanswered:
        """The run of the one compose file that was named.

        Raises `pytest.UsageError` when none was named, or several.
        """
        if len(self.files) != 1:
            count = len(self.files)
            several = f"there are {count} compose files" if count else "there is no compose file"
            forms = "pytest --hw-compose docker-compose.yml, or hw_compose in the ini"
            message = f"hwaccess: {several}; name one: {forms}"
            raise pytest.UsageError(message)
        return self.run(next(iter(self.files)))

    def close(self) -> None:
        """Leave the board, which removes what still runs there."""
        self._stack.close()


class Unanswered:
    """A run whose engine does not answer: the checks of the files alone, none of which is asked.

    So a suite is collected on a machine without an engine, and its other tests run.
    """

    def __init__(self, plan: Plan, error: EngineError) -> None:
        from hwaccess.run.plan import services_of  # noqa: PLC0415 -- see start_run

        self.project = plan.project
        self.checks = plan.checks
        self.service_names = services_of(plan.checks)
        self.findings = plan.project.findings
        self.error = error

    def service(self, name: str) -> NoReturn:
        """Raises `EngineError`: why the engine does not answer."""
        del name
        raise self.error

    def forget(self, name: str) -> None:
        """There is nothing to forget."""


def start_run(session: HwSession, path: Path) -> Run | Unanswered:
    """The run of a compose file: loaded, planned, and changed by what conftest files say of it."""
    from hwaccess.compose import load_project  # noqa: PLC0415 -- it is slow, and --help need not wait
    from hwaccess.errors import EngineError  # noqa: PLC0415 -- same
    from hwaccess.run.options import Options  # noqa: PLC0415 -- same
    from hwaccess.run.prepare import prepare, prepare_without_board  # noqa: PLC0415 -- same
    from hwaccess.run.run import Run  # noqa: PLC0415 -- same
    from hwaccess.words import Risk  # noqa: PLC0415 -- same

    config = session.config
    project = load_project(
        session.files[path],
        env_files=config.getoption("hw_env_file") or config.getini("hw_env_file"),
        profiles=config.getoption("hw_profile") or config.getini("hw_profile"),
    )
    options = Options(
        services=tuple(config.getoption("hw_service")),
        accesses=tuple(config.getoption("hw_access")),
        allow=Risk(session.allow),
    )
    why: EngineError | None = None
    try:
        board = session.board()
        plan = prepare(board, project, options)
    except EngineError as error:
        why, plan = error, prepare_without_board(project, options)
    checks = list(plan.checks)
    config.hook.pytest_hwaccess_modify_checks(config=config, project=plan.project, checks=checks)
    plan = replace(plan, checks=tuple(checks))
    return Run(board, plan, options) if why is None else Unanswered(plan, why)


SESSION: Final = pytest.StashKey[HwSession]()


class ended_by_sigterm:  # noqa: N801 -- read as the words it is, after `with`
    """Turn SIGTERM into pytest's own way to stop, so that containers are removed.

    Without it the process just dies. A SIGTERM that is ignored, or that somebody else handles, is
    left as it is.
    """

    def __enter__(self) -> None:
        self.ours = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        )  # fmt: skip
        if self.ours:
            signal.signal(signal.SIGTERM, stop_session)

    def __exit__(self, *exc: object) -> None:
        if self.ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def stop_session(number: int, frame: FrameType | None) -> NoReturn:
    """The handler of SIGTERM.

    A second one must not break into the removal that the first one began.
    """
    del frame
    signal.signal(number, signal.SIG_IGN)
    pytest.exit(f"ended by {signal.Signals(number).name}", returncode=128 + number)
