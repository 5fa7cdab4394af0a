"""The pytest plugin: options, marks and fixtures.

It is loaded into every pytest run of its environment.

So it imports nothing but the standard library and pytest; the work is in `session` and
`items`, which are imported when asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from hwaccess.boards.base import Board
    from hwaccess.errors import HwAccessError
    from hwaccess.grants import Project
    from hwaccess.model import CheckResult
    from hwaccess.pytest_plugin.session import HwSession, Unanswered
    from hwaccess.run.run import Run

RISKS: Final = ("look", "open", "read", "write", "disrupt")
GROUP: Final = "hwaccess: can containers reach the hardware that compose files promise them"
MARK: Final = (
    'hw_requires(access, *, path=""): the board must have the access (such as i2c), or '
    "this very path of it; without it the test is skipped, with --hw-require it fails"
)
HW_MARK: Final = "hw: a check of a compose file, as --hw-compose or hw_compose collects them"
WITHOUT_ENGINE: Final = ("error", "skip")
FORMS: Final = 'write hw_requires("i2c") or hw_requires("i2c", path="/dev/i2c-1")'


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, each beginning with --hw-, and their ini keys."""
    group = parser.getgroup("hwaccess", GROUP)
    group.addoption(
        "--hw-compose",
        action="append",
        default=[],
        metavar="FILE",
        help="collect the checks of this compose file, or folder, as tests; repeatable. "
        "FILE:FILE lays files over one another, as COMPOSE_FILE does",
    )
    group.addoption(
        "--hw-board",
        metavar="ADDRESS",
        help="local (default), unix://, tcp://, ssh:// or qemu: address",
    )
    group.addoption("--hw-allow", choices=RISKS, help="highest risk of probes (default: open)")
    for name, value, what in (
        ("service", "NAME", "only this service"),
        ("access", "NAME", "only this access"),
        ("env-file", "FILE", "instead of .env"),
        ("profile", "NAME", "activate a profile"),
    ):
        group.addoption(
            f"--hw-{name}", action="append", default=[], metavar=value, help=f"{what}; repeatable"
        )
    group.addoption(
        "--hw-require",
        action="store_true",
        help="fail, not skip, where the board lacks something or no engine answers",
    )
    add_ini(parser)


def add_ini(parser: pytest.Parser) -> None:
    """What an ini file may say in place of the options."""
    parser.addini(
        "hw_compose",
        "compose files whose checks are tests of every run without arguments",
        type="linelist",
    )
    parser.addini(
        "hw_board", "address of the board; --hw-board and HWACCESS_BOARD come first", default=""
    )
    parser.addini(
        "hw_without_engine",
        "what checks are when no engine answers: error (as they are by default) or skip",
        default="error",
    )
    parser.addini("hw_allow", "highest risk of probes; --hw-allow comes first", default="open")
    parser.addini("hw_env_file", "env files in place of .env", type="linelist")
    parser.addini("hw_profile", "profiles that are active", type="linelist")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """The hooks of `hwaccess.pytest_plugin.hookspecs`."""
    from hwaccess.pytest_plugin import hookspecs  # noqa: PLC0415 -- not needed to read the options

    pluginmanager.add_hookspecs(hookspecs)


def pytest_configure(config: pytest.Config) -> None:
    """Read the options, and put the compose files among what is collected.

    Raises `pytest.UsageError` when an option or an ini value is none of its words.
    """
    for mark in (MARK, HW_MARK):
        config.addinivalue_line("markers", mark)
    from hwaccess.pytest_plugin.session import SESSION, HwSession  # noqa: PLC0415 -- see the module's docstring

    session = HwSession(config)
    if session.allow not in RISKS:
        message = f"hw_allow: {session.allow!r} is no risk; use one of: {', '.join(RISKS)}"
        raise pytest.UsageError(message)
    if (told := config.getini("hw_without_engine")) not in WITHOUT_ENGINE:
        message = f"hw_without_engine: {told!r} is neither error nor skip"
        raise pytest.UsageError(message)
    config.stash[SESSION] = session
    named: list[str] = config.getoption("hw_compose")
    values = named or config.getini("hw_compose")
    if not values:
        for option in ("hw_service", "hw_access"):
            if config.getoption(option):
                message = (
                    f"--{option.replace('_', '-')} needs a compose file: "
                    "pytest --hw-compose docker-compose.yml"
                )
                raise pytest.UsageError(message)
        return
    from hwaccess.pytest_plugin import items  # noqa: PLC0415 -- see the module's docstring

    base = (
        config.invocation_params.dir if named or config.inipath is None else config.inipath.parent
    )
    session.files = dict(items.collected_path(value, base) for value in values)
    # A compose file of the ini file belongs to the whole suite, not to `pytest tests/test_one.py`.
    whole = bool(named) or config.args_source is not pytest.Config.ArgsSource.ARGS
    config.pluginmanager.register(items.Collection(session, whole=whole), "hwaccess-collection")


def known(config: pytest.Config) -> HwSession | None:
    """What this process knows; None when `pytest_configure` refused the options."""
    from hwaccess.pytest_plugin.session import SESSION  # noqa: PLC0415 -- see the module's docstring

    return config.stash.get(SESSION, None)


def session_of(config: pytest.Config) -> HwSession:
    """What this process knows, once the options were read."""
    session = known(config)
    assert session is not None  # noqa: S101 -- pytest asks for items and fixtures only then
    return session


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave the board, however the run ended."""
    session = known(config)
    if session is not None:
        session.close()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Refuse a mark that is written wrong before anything runs.

    The marks that are right tell which paths to ask the board about.
    """
    session = session_of(config)
    for item in items:
        for mark in item.iter_markers("hw_requires"):
            session.required.add(required_path(item, mark))
    session.required.discard("")


def required_path(item: pytest.Item, mark: pytest.Mark) -> str:
    """The path that tells whether the board has what a mark asks for.

    Raises `pytest.UsageError` when the mark is written in no form that it has.
    """
    from hwaccess.errors import UsageError  # noqa: PLC0415 -- see the module's docstring
    from hwaccess.testing import wanted_path  # noqa: PLC0415 -- same

    arguments: dict[str, Any] = dict(mark.kwargs)
    path = arguments.pop("path", "")
    if (
        len(mark.args) != 1
        or arguments
        or not all(isinstance(text, str) for text in (*mark.args, path))
    ):
        message = f"{item.nodeid}: hw_requires takes one access and path=; {FORMS}"
        raise pytest.UsageError(message)
    try:
        return wanted_path(mark.args[0], path)
    except UsageError as error:
        message = f"{item.nodeid}: {error.message}; {error.hint}"
        raise pytest.UsageError(message) from error


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip (or fail, with --hw-require) a test whose board lacks what it requires."""
    for mark in item.iter_markers("hw_requires"):
        from hwaccess.testing import lacking  # noqa: PLC0415 -- see the module's docstring

        reason = lacking(session_of(item.config).facts(), mark.args[0], mark.kwargs.get("path", ""))
        if reason and item.config.getoption("hw_require"):
            pytest.fail(f"{reason} (--hw-require)", pytrace=False)
        if reason:
            pytest.skip(reason)


@pytest.fixture(scope="session")
def hw_board(pytestconfig: pytest.Config) -> Board:
    """The board of this run: its engine, and what it says of itself (`hw_board.facts()`)."""
    return session_of(pytestconfig).board()


@pytest.fixture(scope="session")
def hw_project(pytestconfig: pytest.Config) -> Project:
    """The project of the one compose file that was named, with every grant of its services."""
    return session_of(pytestconfig).only_run().project


class HwCheck:
    """The fixture `hw_check`: the result of one check of the compose files.

    Each service's container runs once.
    """

    def __init__(self, session: HwSession) -> None:
        self._session = session

    def __call__(
        self,
        id: str = "",  # noqa: A002 -- it is the check's id
        *,
        service: str = "",
        access: str = "",
        target: str = "",
        must_pass: bool = True,
    ) -> CheckResult:
        """The result of one check.

        It is named as in `hw_check("gpio::i2c[/dev/i2c-1]")`, or by service=, access= and target=.
        It must have passed; must_pass=False hands back any result, to be asserted with
        `hwaccess.testing`.
        """
        from hwaccess.testing import assert_passed  # noqa: PLC0415 -- see the module's docstring

        forms = (
            'hw_check("gpio::i2c[/dev/i2c-1]") or '
            'hw_check(service="gpio", access="i2c", target="/dev/i2c-1")'
        )
        if bool(id) == bool(service and access):
            message = f"hw_check: name one check: {forms}"
            raise pytest.UsageError(message)
        name = id or f"{service}::{access}" + (f"[{target}]" if target else "")
        found = [(run, check) for run in self._runs() for check in run.checks if check.id == name]
        if len(found) != 1:
            ids = ", ".join(check.id for run in self._runs() for check in run.checks)
            message = (
                f"hw_check: {len(found) or 'no'} checks are called {name!r}; "
                f"there are: {ids or 'none'}"
            )
            raise pytest.UsageError(message)
        run, check = found[0]
        result = next(result for result in run.service(check.service) if result.check.id == name)
        if must_pass:
            assert_passed(result)
        return result

    def _runs(self) -> Iterator[Run | Unanswered]:
        if not self._session.files:
            self._session.only_run()  # says that none was named
        return (self._session.run(path) for path in self._session.files)


@pytest.fixture(scope="session")
def hw_check(pytestconfig: pytest.Config) -> HwCheck:
    """Ask for the result of one check.

    `hw_check("gpio::i2c[/dev/i2c-1]")` fails unless it passed.
    """
    return HwCheck(session_of(pytestconfig))


def pytest_report_header(config: pytest.Config) -> str | None:
    """The board, when checks are collected or a board was named; an emulated one says so."""
    session = known(config)
    if session is None or not (session.files or session.address) or hasattr(config, "workerinput"):
        return None
    from hwaccess.errors import HwAccessError  # noqa: PLC0415 -- see the module's docstring
    from hwaccess.run.prepare import identify  # noqa: PLC0415 -- same
    from hwaccess.testing import board_line  # noqa: PLC0415 -- same

    try:
        return f"hwaccess: board {board_line(identify(session.board(), session.facts()))}"
    except HwAccessError as error:
        return f"hwaccess: no board: {one_line(error)}"


def one_line(error: HwAccessError) -> str:
    """An error with its hint."""
    from hwaccess.plain import plain  # noqa: PLC0415 -- see the module's docstring

    return plain(f"{error.message} (hint: {error.hint})")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show our own errors as what they are, a message and a hint, in tests of the app as well."""
    del item
    report = yield
    error = call.excinfo.value if call.excinfo is not None else None
    hint = getattr(error, "hint", None)
    if (
        report.failed
        and error is not None
        and isinstance(hint, str)
        and type(error).__module__ == "hwaccess.errors"
    ):
        from hwaccess.plain import plain_lines  # noqa: PLC0415 -- see the module's docstring

        report.longrepr = plain_lines(f"error: {error}\nhint: {hint}")
    return report
