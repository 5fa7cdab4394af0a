"""One run: ask each service's container, judge what it said, report."""

from __future__ import annotations

import threading
import time
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from hwaccess import __version__, access
from hwaccess.agent import files
from hwaccess.agent.answer import Answer, decode
from hwaccess.agent.request import ProbeRequest, new_nonce, request
from hwaccess.engine.base import ServiceRun
from hwaccess.errors import HwAccessError, UsageError
from hwaccess.locks import one_writer
from hwaccess.model import BoardIdentity, Case, Check, CheckResult, Report
from hwaccess.run import findings, outcome
from hwaccess.run.options import Options
from hwaccess.run.patches import with_patch
from hwaccess.run.plan import services_of
from hwaccess.run.prepare import identify, prepare
from hwaccess.words import Finding, Risk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hwaccess.boards.base import Board
    from hwaccess.engine.base import AgentRun
    from hwaccess.grants import Project, Service
    from hwaccess.run.prepare import Plan

START_SECONDS: Final = 60.0  # for making and starting a container, on a slow board under load
MOST_AT_ONCE: Final = (
    8  # containers side by side; more only wait for the engine, which makes them one by one
)


def ignore(line: str) -> None:
    """Pass over the progress of a run that nobody watches."""
    del line


class Run:
    """A plan on its board. Each service's container starts once, when its results are asked for.

    meanwhile is called once, in a thread of its own, when the first container is about to start.
    """

    def __init__(
        self,
        board: Board,
        plan: Plan,
        options: Options | None = None,
        progress: Callable[[str], None] = ignore,
        meanwhile: Callable[[], object] | None = None,
    ) -> None:
        self.started = datetime.now(UTC)
        self.board = board
        self.project = plan.project
        self.facts = plan.facts
        self.checks = plan.checks
        self.options = options or Options()
        self._clock = plan.clock
        self._progress = progress
        self._results: dict[str, tuple[CheckResult, ...]] = {}
        self._findings: dict[str, tuple[Finding, ...]] = {}
        self._locks = {service.name: threading.Lock() for service in self.project.services}
        self._prepared = threading.Lock()
        self._ended = threading.Event()
        self._is_prepared = False
        self._meanwhile = meanwhile

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found about the chosen services' grants.

        Those of the containers only once they ran.
        """
        chosen = [
            service for service in self.project.services if service.name in self.service_names
        ]
        of_files = [
            item for item in self.project.findings if item.service in (None, *self.service_names)
        ]
        of_board = [item for service in chosen for item in findings.of_board(service, self.facts)]
        of_runs = [item for service in chosen for item in self._findings.get(service.name, ())]
        return (*of_files, *of_board, *of_runs)

    @property
    def service_names(self) -> tuple[str, ...]:
        """The services that have a check, in the order of the file."""
        return services_of(self.checks)

    def service(self, name: str) -> tuple[CheckResult, ...]:
        """The results of one service; its container runs at the first call, and is gone then.

        Raises `UsageError` when no active service has that name.
        """
        return self._service(name, wait=True)

    def _service(self, name: str, *, wait: bool) -> tuple[CheckResult, ...]:
        """Without wait, the board's end waits for the removal: judging and reporting need not."""
        service = self.project.service(name)
        if service is None:
            message = f"no active service is called {name!r}"
            raise UsageError(message, hint=f"use one of: {', '.join(self._locks)}")
        with self._locks[name]:
            if name not in self._results:
                self._results[name] = self._ask(service, wait=wait)
            return self._results[name]

    def forget(self, name: str) -> None:
        """Drop what one service answered: the next call of `service` starts its container again."""
        with self._locks[name]:
            self._results.pop(name, None)
            self._findings.pop(name, None)

    def report(self, *, wait: bool = True) -> Report:
        """Run what has not run yet, services side by side, and report on everything.

        Without wait, the engine may still be removing containers; leaving the board waits for it.
        """
        results = self._side_by_side(self.service_names, wait=wait)
        return Report(
            board=self.identity,
            results=tuple(result for of_service in results for result in of_service),
            findings=self.findings,
            started=self.started.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - self._clock, 3),
            tool=f"hwaccess {__version__}",
            files=self.project.files,
        )

    def _side_by_side(self, names: tuple[str, ...], *, wait: bool) -> list[tuple[CheckResult, ...]]:
        """The results of several services, each asked in a thread of its own."""
        if len(names) == 1:  # no thread, and its container is removed by the exception itself
            return [self._service(names[0], wait=wait)]
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 -- the plugin and one service need none

        pool = ThreadPoolExecutor(max_workers=min(MOST_AT_ONCE, len(names)))
        try:
            results = list(pool.map(lambda name: self._service(name, wait=wait), names))
        except BaseException:
            self._ended.set()
            pool.shutdown(
                wait=False, cancel_futures=True
            )  # closing the engine ends the containers they wait for
            raise
        pool.shutdown()
        return results

    @property
    def identity(self) -> BoardIdentity:
        """The board as reports name it."""
        return identify(self.board, self.facts)

    def allowed(self, service: Service) -> Risk:
        """The highest risk for a service.

        It is what this run may do, but never more than its `x-hwaccess` allows.
        """
        own = service.expectations.allow
        return own if own is not None and own <= self.options.allow else self.options.allow

    def _prepare(self) -> None:
        """Make the probe image once, whoever comes first."""
        with self._prepared:
            if not self._is_prepared:
                self.board.engine.sweep()  # what a killed run left behind
                self.board.engine.prepare(self._progress)
                self._is_prepared = True

    def _ask(self, service: Service, *, wait: bool) -> tuple[CheckResult, ...]:
        """Start the service's container once, for all of its checks that may be made."""
        allowed = self.allowed(service)
        mine = [check for check in self.checks if check.service == service.name]
        asked = [check for check in mine if check.risk <= allowed]
        skipped = {
            check.id: outcome.skipped(check, allowed, service)
            for check in mine
            if check not in asked
        }
        # Two that change the board at once would each take for the old state what the other one had
        # just made.
        alone = any(check.risk >= Risk.WRITE for check in asked)
        with one_writer(self.board.url, self._ended) if alone else nullcontext():
            answers = self._ask_container(service, asked, allowed, wait=wait) if asked else []
        results = skipped | {result.check.id: result for result in answers}
        return tuple(results[check.id] for check in mine)

    def _begin_meanwhile(self) -> None:
        """Use the time in which the engine starts the first container: most of a run."""
        with self._prepared:
            work, self._meanwhile = self._meanwhile, None
        if work is not None:
            threading.Thread(target=work, daemon=True).start()

    def _ask_container(
        self, service: Service, checks: list[Check], allowed: Risk, *, wait: bool
    ) -> list[CheckResult]:
        """Run the container and judge what its agent said.

        No usable answer is an error of every check.
        """
        self._prepare()
        self._begin_meanwhile()
        nonce = new_nonce()
        self._progress(f"asking {service.name} ({len(checks)} checks)")
        try:
            run = self.board.engine.run_service(
                ServiceRun(
                    service,
                    self.project.directory,
                    self.project.name,
                    self.project.volumes,
                    self.options.probe_in,
                    findings.missing_mounts(service, self.facts),
                ),
                request(requests_of(checks, allowed), nonce, self.options.seconds),
                START_SECONDS + self.options.seconds * len(checks),
                wait=wait,
            )
            answer = decode(run.answer or b"", nonce) if run.refusal is None else None
        except HwAccessError as error:
            return [outcome.errored(check, error, self.options.probe_in) for check in checks]
        results = [self._judge(service, check, run, answer) for check in checks]
        self._findings[service.name] = (
            *self._found(service, run, answer),
            *findings.of_passes(results),
        )
        return results

    def _found(self, service: Service, run: AgentRun, answer: Answer | None) -> tuple[Finding, ...]:
        """What the container itself showed about the service's grants."""
        of_container = findings.of_container(service, answer.confinement) if answer else ()
        return (*of_container, *findings.of_substitutions(service, run.substitutions))

    def _judge(
        self, service: Service, check: Check, run: AgentRun, answer: Answer | None
    ) -> CheckResult:
        """The result of one check."""
        try:
            case = Case(
                check=check,
                service=service,
                board=self.facts,
                probe_in=run.probe_in,
                observation=answer.observation(check.id) if answer else None,
                confinement=answer.confinement if answer else None,
                refusal=run.refusal,
            )
            return replace(with_patch(outcome.of_case(case), service), log=run.log)
        except HwAccessError as error:
            return replace(outcome.errored(check, error, run.probe_in), log=run.log)


def check_project(
    board: Board,
    project: Project,
    options: Options | None = None,
    progress: Callable[[str], None] = ignore,
    meanwhile: Callable[[], object] | None = None,
    *,
    wait: bool = True,
) -> Report:
    """Plan a project's checks on a board, run them all, and report.

    Raises what `prepare` raises; an answer that is missing is an error of its checks in the report.
    """
    chosen = options or Options()
    plan = prepare(board, project, chosen)
    return Run(board, plan, chosen, progress, meanwhile).report(wait=wait)


def requests_of(checks: Iterable[Check], allowed: Risk) -> list[ProbeRequest]:
    """What the agent is asked for these checks; no probe may take more risk than `allowed`."""
    return [
        ProbeRequest(
            check.id,
            files.module(check.access, access.kind(check.access).PROBE),
            check.target,
            allowed,
            dict(check.params),
        )
        for check in checks
    ]
