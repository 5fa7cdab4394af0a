"""Compose files as pytest sees them: `FILE::SERVICE::ACCESS[TARGET]`.

Imported only when a compose file was named.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pytest

from hwaccess.errors import HwAccessError, NothingChecked
from hwaccess.model import Layer, Outcome, Result
from hwaccess.plain import plain, plain_lines
from hwaccess.pytest_plugin.session import SESSION, Unanswered
from hwaccess.testing import CheckFailed, CheckUnanswered, describe, finding_line
from hwaccess.words import SINGLE_CONTAINER_FILES, Risk, Severity

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from hwaccess.errors import EngineError
    from hwaccess.model import BoardIdentity, Check, CheckResult
    from hwaccess.pytest_plugin.session import HwSession
    from hwaccess.run.run import Run
    from hwaccess.words import Finding

FINDINGS: Final = (
    "findings"  # the item of a service whose findings are errors; no access is called so
)
WORKER_OUTPUT: Final = "hwaccess_findings"
SPLITTING: Final = (
    "load",
    "loadgroup",
    "worksteal",
)  # ways of xdist that tear a service's items apart


def collected_path(value: str, base: Path) -> tuple[Path, tuple[str, ...]]:
    """The path whose node holds the checks, and the files of the project.

    A folder stands for the file in it.

    Raises `pytest.UsageError` when there is no such path.
    """
    whole = base / value
    names = (
        [str(whole)]
        if whole.exists()
        else [str(base / part) for part in value.split(os.pathsep) if part]
    )
    for name in names:
        if not Path(name).exists():
            message = (
                f"--hw-compose: there is no {name}; name a compose file or a folder that has one"
            )
            raise pytest.UsageError(message)
    files = tuple(os.path.relpath(name) for name in names)
    return path_of(first_file(files[0]), Path.cwd()), files


def path_of(argument: str, base: Path) -> Path:
    """The path of a node id or a plain argument, absolute as pytest has it: links stay."""
    return Path(os.path.abspath(base / argument.partition("::")[0]))  # noqa: PTH100 -- resolve() would follow links


def first_file(name: str) -> str:
    """The file itself, or the one that is read in a folder.

    Compose reads it there, or balena when there is a lone Dockerfile.

    Raises `pytest.UsageError` when the folder has no compose file.
    """
    from hwaccess.compose.load.findings import Findings  # noqa: PLC0415 -- same
    from hwaccess.compose.load.project_files import in_directory  # noqa: PLC0415 -- only a folder needs it

    folder = Path(name)
    if not folder.is_dir():
        return name
    found = in_directory(name, Findings()) or [
        str(folder / each) for each in SINGLE_CONTAINER_FILES if (folder / each).is_file()
    ]
    if not found:
        message = f"--hw-compose: there is no compose file and no Dockerfile in {name}"
        raise pytest.UsageError(message)
    return found[0]


class ComposeFile(pytest.File):
    """A compose file (or a lone Dockerfile) whose services hold the checks."""

    hw: HwSession

    def collect(self) -> Iterator[pytest.Collector | pytest.Item]:
        """The services that have a check.

        Raises `CollectError` when the project cannot be loaded or planned.
        """
        self.hw.collected.add(self.path)
        try:
            run = self.hw.run(self.path)
        except NothingChecked:
            return  # pytest has a word of its own for that: no tests collected
        except HwAccessError as error:
            message = plain_lines(f"error: {error.message}\nhint: {error.hint}")
            raise self.CollectError(message) from error
        errors = [finding for finding in run.findings if finding.severity is Severity.ERROR]
        of_file = [finding for finding in errors if finding.service is None]
        if of_file:
            yield FindingsItem.from_parent(self, name=FINDINGS, findings=of_file)
        for name in run.service_names:
            mine = [finding for finding in errors if finding.service == name]
            yield ServiceNode.from_parent(self, name=name, run=run, errors=mine)


class ServiceNode(pytest.Collector):
    """A service; its container runs once for all of its items."""

    def __init__(self, *, run: Run | Unanswered, errors: Sequence[Finding], **kwargs: Any) -> None:  # noqa: ANN401 -- pytest's own
        super().__init__(**kwargs)
        self.run = run
        self.errors = errors

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each check, and one for findings that are errors."""
        if self.errors:
            yield FindingsItem.from_parent(self, name=FINDINGS, findings=self.errors)
        for check in self.run.checks:
            if check.service == self.name:
                name = plain(check.id.removeprefix(f"{self.name}::"))
                yield CheckItem.from_parent(self, name=name, run=self.run, check=check)


class HwItem(pytest.Item):
    """An item that has what other plugins look for in every item that is a test: no fixture."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 -- pytest's own
        super().__init__(**kwargs)
        self.add_marker("hw")
        self.fixturenames: list[str] = []  # labgrid adds to it, so each item has its own
        self.funcargs: dict[str, object] = {}  # pytest-docker-tools reads it of each red item


class FindingsItem(HwItem):
    """Fails with the findings of severity error, which the command counts as a failure as well."""

    def __init__(self, *, findings: Sequence[Finding], **kwargs: Any) -> None:  # noqa: ANN401 -- pytest's own
        super().__init__(**kwargs)
        self.findings = findings

    def runtest(self) -> None:
        """It is there only because there are such findings.

        Raises `CheckFailed` always.
        """
        raise CheckFailed("\n".join(finding_line(finding) for finding in self.findings))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the first finding stands."""
        place = self.findings[0].place
        return self.path, place.line - 1 if place else None, f"{len(self.findings)} findings"


class CheckItem(HwItem):
    """One check.

    Setting it up asks the container, so that a check without an answer is an error and not a
    failure.
    """

    def __init__(self, *, run: Run | Unanswered, check: Check, **kwargs: Any) -> None:  # noqa: ANN401 -- pytest's own
        super().__init__(**kwargs)
        self.run = run
        self.check = check
        self.result: CheckResult | None = None
        self.board: BoardIdentity | None = None  # once it was set up
        self.told: list[tuple[str, str]] = []  # what of user_properties is the result's

    def setup(self) -> None:
        """Get the result; the service's container runs with the first of its items.

        Raises `CheckUnanswered` when the check has no answer.
        """
        if self.result is not None:  # a rerun: the same answer again would be none
            self.run.forget(self.check.service)
            self.user_properties = [each for each in self.user_properties if each not in self.told]
        if isinstance(self.run, Unanswered):
            self.tell_unanswered(self.run.error)
        results = self.run.service(self.check.service)
        result = next(result for result in results if result.check.id == self.check.id)
        self.result = result
        board = self.board = self.run.identity
        self.told = [
            ("hw_outcome", str(result.verdict.outcome)),
            ("hw_layer", str(result.verdict.layer or "")),
            ("hw_rule", result.verdict.rule),
            ("hw_probe_in", str(result.probe_in)),
            ("hw_board", plain(board.name)),
            ("hw_provenance", str(board.provenance)),
        ]
        self.user_properties += self.told
        self.ihook.pytest_hwaccess_result(item=self, result=result)
        if result.result is Result.ERROR:
            self.show_log(result, "setup")
            raise CheckUnanswered(self.text(result))

    def runtest(self) -> None:
        """Pass, skip or fail as the result says.

        Raises `CheckFailed` when it failed.
        """
        if self.result is None:
            message = f"{self.nodeid} was not set up"
            raise CheckUnanswered(message)
        verdict = self.result.verdict
        if self.result.result is Result.SKIP:
            pytest.skip(plain(verdict.summary))
        lacks = verdict.outcome is Outcome.ABSENT and verdict.layer is Layer.BOARD
        if self.result.result is Result.FAIL and lacks and not self.config.getoption("hw_require"):
            pytest.skip(plain(f"{verdict.summary} (with --hw-require it fails)"))
        if self.result.result is Result.FAIL:
            self.show_log(self.result, "call")
            raise CheckFailed(self.text(self.result))

    def tell_unanswered(self, error: EngineError) -> NoReturn:
        """Skip, where the ini file asks for it. Raises `EngineError`, the one given, otherwise."""
        wanted = self.config.getini("hw_without_engine") == "skip"
        if wanted and not self.config.getoption("hw_require"):
            pytest.skip(plain(f"no engine answers: {error.message}"))
        raise error

    def show_log(self, result: CheckResult, when: str) -> None:
        """The container's log belongs to a red item only."""
        if result.log.strip():
            self.add_report_section(when, "container log", plain_lines(result.log))

    def text(self, result: CheckResult) -> str:
        """The whole verdict, the service's findings, and the command that shows it again."""
        findings = [
            finding for finding in self.run.findings if finding.service == self.check.service
        ]
        return describe(result, self.board, findings, self.command())

    def command(self) -> str:
        """The command that asks the same again."""
        words = ["hwaccess", "check", *self.run.project.files]
        words += ["--service", self.check.service, "--access", self.check.access]
        if self.check.risk > Risk.OPEN:
            words += ["--allow", self.check.risk.value]
        address = self.config.stash[SESSION].address
        return shlex.join([*words, *(("--board", address) if address else ())])

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the grant or the expectation stands."""
        line = self.check.place.line - 1 if self.check.place else None
        return self.path, line, plain(f"{self.check.id} ({self.check.expect})")


class Collection:
    """The hooks that only a run with compose files needs."""

    def __init__(self, session: HwSession, *, whole: bool) -> None:
        self.session = session
        self.whole = whole  # every compose file is collected, whatever the arguments are
        self.findings: dict[str, None] = {}  # an ordered set: workers may find the same

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> ComposeFile | None:
        """Only the files that were named."""
        if file_path not in self.session.files:
            return None
        return self.node(file_path, parent)

    def node(self, path: Path, parent: pytest.Collector) -> ComposeFile:
        """The node of a compose file."""
        node: ComposeFile = ComposeFile.from_parent(parent, path=path)
        node.hw = self.session
        return node

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        """Add what the arguments do not lead to.

        That is so with `pytest test_one.py`, and for a folder that norecursedirs passes over.
        An argument of our own would not do: pytest folds arguments that overlap, each version in
        its own way.
        """
        for path in self.session.files if self.whole else ():
            if path not in self.session.collected:
                items.extend(session.genitems(self.node(path, session)))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Tell the verdict without our traceback, and a skip at the line of the compose file."""
        report = yield
        if not isinstance(item, (CheckItem, FindingsItem)):
            return report
        if call.excinfo is not None and isinstance(
            call.excinfo.value, (CheckFailed, CheckUnanswered)
        ):
            report.longrepr = str(call.excinfo.value)
        if report.skipped and isinstance(report.longrepr, tuple):
            path, line, _ = item.reportinfo()
            report.longrepr = (str(path), (line or 0) + 1, report.longrepr[2])
        return report

    @pytest.hookimpl(tryfirst=True, optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> object | None:  # noqa: ANN401 -- xdist's
        """Keep the items of a service on one worker.

        So its container runs once and holds its hardware alone.
        The other ways (loadscope, loadfile, each) do so already. No xdist_group mark: it changes
        the node ids.
        """
        if config.getoption("dist") not in SPLITTING:
            return None
        from xdist.scheduler import LoadGroupScheduling  # type: ignore[import-untyped]  # noqa: PLC0415 -- only xdist calls

        prefixes = tuple(
            f"{os.path.relpath(path, config.rootpath)}::" for path in self.session.files
        )

        class ByService(LoadGroupScheduling):  # type: ignore[misc]
            """Groups as xdist knows them, and each service as one more."""

            def _split_scope(self, nodeid: str) -> str:
                if nodeid.startswith(prefixes):
                    return "::".join(nodeid.split("::")[:2])
                return str(super()._split_scope(nodeid))

        return ByService(config, log)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 -- xdist's
        """Take over what a worker found."""
        self.findings |= dict.fromkeys(getattr(node, "workeroutput", {}).get(WORKER_OUTPUT, ()))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Gather what was found on the way; notes are told only where a check is red."""
        for run in self.session.runs:
            told = (finding for finding in run.findings if finding.severity is not Severity.NOTE)
            self.findings |= dict.fromkeys(map(finding_line, told))
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[WORKER_OUTPUT] = list(self.findings)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Findings are about the compose file, not about one check."""
        if self.findings:
            terminalreporter.section("hwaccess findings")
            for line in self.findings:
                terminalreporter.line(line)
