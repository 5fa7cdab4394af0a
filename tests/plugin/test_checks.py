"""Checks as test items, on the real engine."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import apps
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.docker


def test_every_check_is_an_item_with_a_stable_id(app: Callable[..., pytest.RunResult]) -> None:
    for value in ("compose.yaml", "."):
        result = app("--hw-compose", value, "--collect-only", "-q", compose=apps.PORT)
        assert [line for line in result.outlines if "::" in line] == apps.PORT_IDS


def test_checks_run_beside_the_tests_of_the_app_and_the_header_names_the_board(
    app: Callable[..., pytest.RunResult],
) -> None:
    result = app("--hw-compose", ".", "-v", compose=apps.PORT, tests="def test_one(): pass")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["hwaccess: board *: Docker *, Linux *, cgroup v*"])
    result.stdout.fnmatch_lines([f"{name} PASSED*" for name in apps.PORT_IDS])


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["compose.yaml::web"], 2),
        (["compose.yaml::web::rawio"], 1),
        (["-k", "web and rawio"], 1),
        (["--hw-service", "web"], 2),
        (["--hw-access", "rawio"], 2),
    ],
)
def test_checks_are_chosen_by_node_id_keyword_or_option(
    app: Callable[..., pytest.RunResult], options: list[str], count: int
) -> None:
    app("--hw-compose", ".", *options, compose=apps.PORT).assert_outcomes(
        passed=count, deselected=4 - count if "-k" in options else 0
    )


def test_a_compose_file_of_the_ini_file_belongs_to_the_whole_suite_only(
    app: Callable[..., pytest.RunResult],
) -> None:
    ini = ["-o", "hw_compose=compose.yaml"]
    app(*ini, compose=apps.PORT, tests="def test_one(): pass").assert_outcomes(passed=5)
    app(*ini, "test_app.py").assert_outcomes(passed=1)
    app(*ini, "compose.yaml").assert_outcomes(passed=4)


@pytest.mark.parametrize(
    "arguments", [(), (".",), ("compose.yaml", "test_app.py"), ("test_app.py", "-n", "2")]
)
def test_a_compose_file_is_collected_once_beside_the_tests(
    app: Callable[..., pytest.RunResult], arguments: tuple[str, ...]
) -> None:
    result = app(
        "--hw-compose", "compose.yaml", *arguments, compose=apps.PORT, tests="def test_one(): pass"
    )
    result.assert_outcomes(passed=5)


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_a_compose_file_in_a_folder_that_pytest_passes_over_is_collected(
    app: Callable[..., pytest.RunResult], pytester: pytest.Pytester, workers: tuple[str, ...]
) -> None:
    (pytester.mkdir("build") / "compose.yaml").write_text(apps.PORT)
    result = app("--hw-compose", "build", *workers, "-v", tests="def test_one(): pass")
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(["*build/compose.yaml::web::rawio*"])
    app("--hw-compose", "build", "-k", "rawio").assert_outcomes(passed=2, deselected=3)


def test_a_red_check_shows_verdict_findings_and_how_to_see_it_again(
    app: Callable[..., pytest.RunResult],
) -> None:
    result = app("--hw-compose", ".", compose=apps.USELESS)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*port::rawio (reach)*",
            "port::rawio: SYS_RAWIO is granted and does nothing*",
            "  expected   reach, got blocked",
            "  layer      capability",
            "  rule       HW141 (hwaccess explain HW141)",
            "  evidence   *CapEff 0000000000000000*",
            "  remedy     *",
            "*+    user: *0*",
            "  finding    HW070 warning: compose.yaml:6:9: *",
            "  reproduce  hwaccess check compose.yaml --service port --access rawio",
            "*hwaccess findings*",
            "HW070 warning: compose.yaml:6:9: *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_what_takes_more_risk_than_allowed_is_skipped_at_its_line(
    app: Callable[..., pytest.RunResult],
) -> None:
    result = app("--hw-compose", ".", "-rs", compose=apps.SKIPPED)
    result.assert_outcomes(skipped=2, passed=1)  # the other one: the board has no /dev/i2c-1
    result.stdout.fnmatch_lines(
        ["SKIPPED * compose.yaml:6: not tried: it takes risk 'read'*--allow read*"]
    )


def test_a_check_without_an_answer_is_an_error_and_no_failure(
    app: Callable[..., pytest.RunResult],
) -> None:
    service = (
        "services:\n  a:\n    image: example.com/a:1\n    group_add: [hwaccess-no-such-group]\n"
    )
    result = app("--hw-compose", ".", compose=service)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*ERROR at setup of a::confinement*", "a::confinement: hwaccess-no-such-group *"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_findings_that_are_errors_fail_an_item_of_their_own(
    app: Callable[..., pytest.RunResult],
) -> None:
    service = "services:\n  a:\n    image: example.com/a:1\n    devices: ['/dev/a:0:1:2']\n"
    result = app("--hw-compose", ".", "-v", compose=service)
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        ["compose.yaml::a::findings FAILED*", "HW020 error: compose.yaml:4:15: *"]
    )


def test_a_selection_that_leaves_nothing_collects_nothing(
    app: Callable[..., pytest.RunResult],
) -> None:
    result = app("--hw-compose", ".", "--hw-access", "i2c", compose=apps.PORT)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_a_service_that_is_not_there_is_an_error_with_those_that_are(
    app: Callable[..., pytest.RunResult],
) -> None:
    result = app("--hw-compose", ".", "--hw-service", "gpio", compose=apps.PORT)
    result.stdout.fnmatch_lines(
        ["error: no active service is called 'gpio'*", "hint: use one of: port, web*"]
    )


def test_junit_has_the_layer_the_rule_and_where_the_board_comes_from(
    app: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    app(
        "--hw-compose",
        ".",
        "--junitxml",
        "junit.xml",
        "-o",
        "junit_family=xunit1",
        compose=apps.USELESS,
    )
    document = ET.parse(pytester.path / "junit.xml")  # noqa: S314 -- pytest wrote it
    cases = {case.get("name"): case for case in document.getroot().iter("testcase")}
    properties = {item.get("name"): item.get("value") for item in cases["rawio"].iter("property")}
    assert properties["hw_layer"] == "capability"
    assert properties["hw_rule"] == "HW141"
    assert properties["hw_provenance"] == "real"
    assert properties["hw_board"]
    assert cases["rawio"].find("failure") is not None
    assert cases["rawio"].get("classname") == "compose.yaml.port"


def test_a_lone_dockerfile_is_the_service_main(
    app: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    (pytester.path / "Dockerfile").write_text("FROM scratch\n")
    result = app("--hw-compose", ".", "--collect-only", "-q")
    assert "Dockerfile::main::privileged" in result.outlines


def test_files_with_colons_between_are_laid_over_one_another(
    app: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    (pytester.path / "more.yaml").write_text(
        'services:\n  web:\n    cap_add: [SYS_RAWIO]\n    user: "0"\n'
    )
    result = app(
        "--hw-compose", "compose.yaml:more.yaml", "--hw-service", "web", "-v", compose=apps.PORT
    )
    result.stdout.fnmatch_lines(
        ["compose.yaml::web::rawio FAILED*", "*must not be reachable, and is*"]
    )


def test_hooks_change_checks_take_results_and_open_boards(
    app: Callable[..., pytest.RunResult],
) -> None:
    conftest = """
def pytest_hwaccess_open_board(config, address):
    from hwaccess.boards import open_board
    assert address == "rack:7"
    return open_board("local")

def pytest_hwaccess_modify_checks(config, project, checks):
    assert [service.name for service in project.services] == ["port", "web"]
    checks[:] = [check for check in checks if check.access == "rawio"]

def pytest_hwaccess_result(item, result):
    print(f"kept {item.nodeid} {result.result}")
"""
    result = app(
        "--hw-compose", ".", "--hw-board", "rack:7", "-s", compose=apps.PORT, conftest=conftest
    )
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(
        ["*kept compose.yaml::port::rawio pass*", "*kept compose.yaml::web::rawio pass*"]
    )


def test_an_emulated_board_is_said_in_the_header_and_in_junit(
    app: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    conftest = """
def pytest_hwaccess_open_board(config, address):
    from hwaccess.boards.docker_board import DockerBoard
    from hwaccess.engine import connect
    from hwaccess.model import Provenance
    return DockerBoard(connect(), Provenance.EMULATED)
"""
    result = app(
        "--hw-compose", ".", "--junitxml", "junit.xml", compose=apps.USELESS, conftest=conftest
    )
    result.stdout.fnmatch_lines(["hwaccess: board EMULATED *", "  board      EMULATED *"])
    assert 'name="hw_provenance" value="emulated"' in (pytester.path / "junit.xml").read_text()


def test_what_a_file_holds_reaches_no_terminal_and_no_junit_file_raw(
    app: Callable[..., pytest.RunResult], pytester: pytest.Pytester
) -> None:
    compose = 'services: {app: {image: none.invalid/none, devices: ["/dev/\\e[31mred\\u202e"]}}'
    result = app("--hw-compose", ".", "-v", "--hw-require", "--junitxml", "j.xml", compose=compose)

    result.assert_outcomes(failed=2)
    junit = (pytester.path / "j.xml").read_text()
    assert "\\x1b[31mred" in result.stdout.str()
    for text in (result.stdout.str(), junit):
        assert "\x1b" not in text
        assert "\u202e" not in text
