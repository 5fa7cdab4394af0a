"""Every format of a report, held against a golden output.

`python tests/unit/report/test_reports.py` writes the golden outputs anew; read the difference
before it is kept.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import cases
import pytest
import reports
import schemas
from jsonschema import Draft202012Validator

from hwaccess.compose.write.patch import patch
from hwaccess.errors import UsageError
from hwaccess.facts import BoardFacts, BoardNode, I2cAdapter
from hwaccess.model import Layer, Outcome, Provenance, Remedy, Report, Result, Verdict
from hwaccess.report import FORMATS, doctor, render
from hwaccess.report.json import to_json
from hwaccess.run.doctor import report_on
from hwaccess.words import Finding, Severity

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "data" / "reports"
SCHEMA = schemas.strict("run")
PI = replace(
    cases.BOARD,
    model="Raspberry Pi 4 Model B Rev 1.4", lsm=("capability", "apparmor"), lockdown="none",
    security_options=("apparmor", "seccomp"), module_trees=("6.6.0",),
    modules=("i2c_bcm2835", "spidev"), i2c=(
        I2cAdapter(1, "bcm2835 (i2c@7e804000)", has_node=True, clients=("1-0048 tmp102",)),
        I2cAdapter(20, "fef04500.i2c", has_node=False),
    ),
    spi=("spi0.0 spidev", "spi0.1"), gpio_chips=("gpiochip0",),
    nodes=(
        cases.I2C,
        BoardNode("/dev/gpiochip0", "char", 254, 0, 0o660, 0, 997, "gpio"),
        BoardNode("/dev/null", "char", 1, 3, 0o666, 0, 0, "root"),
        BoardNode("/dev/serial0", "char", 204, 64, 0o660, 0, 20, "dialout", "/dev/ttyAMA0"),
        *(BoardNode(f"/dev/ttyS{minor}", "char", 4, 64 + minor, 0o660, 0, 20, "dialout")
          for minor in range(32)),
    ),
)  # fmt: skip


def golden() -> dict[str, str]:
    """Every output that is kept, by its file's name."""
    return {
        "run-80.txt": render(reports.REPORT, "text"),
        "run-120.txt": render(reports.REPORT, "text", width=120),
        "run-color.txt": render(reports.REPORT, "text", width=80, color=True),
        "passed-80.txt": render(reports.PASSED, "text", width=80),
        "run.json": render(reports.REPORT, "json"),
        "run.md": render(reports.REPORT, "markdown"),
        "passed.md": render(reports.PASSED, "markdown"),
        "doctor.txt": doctor.text(report_on(PI, reports.BOARD)) + "\n",
        "doctor.json": doctor.to_json(report_on(PI, reports.BOARD)) + "\n",
    }


@pytest.mark.parametrize("name", golden())
def test_the_output_is_the_golden_one(name: str) -> None:
    assert golden()[name] == (GOLDEN / name).read_text()


def test_no_format_and_no_golden_output_is_forgotten() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(golden())
    assert set(FORMATS) == {"text", "json", "markdown"}


@pytest.mark.parametrize(("file", "told"), [("app/Dockerfile.template", True), ("x.yaml", False)])
@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_what_stands_for_a_compose_file_is_told_at_the_top(
    file: str, told: bool, format_: str
) -> None:
    top = "\n".join(render(replace(reports.PASSED, files=(file,)), format_).splitlines()[:6])
    assert ("no compose file: taken for balena" in top) is told


def test_an_unknown_format_is_the_users_error() -> None:
    with pytest.raises(UsageError, match="no report format is called 'pdf'") as caught:
        render(reports.REPORT, "pdf")
    assert caught.value.hint == "use one of: text, json, markdown"


@pytest.mark.parametrize("name", ["run", "doctor"])
def test_a_shipped_schema_is_one(name: str) -> None:
    Draft202012Validator.check_schema(schemas.shipped(name))


@pytest.mark.parametrize("report", [reports.REPORT, reports.PASSED])
def test_json_keeps_its_schema(report: Report) -> None:
    Draft202012Validator(SCHEMA).validate(to_json(report))


@pytest.mark.parametrize("facts", [PI, cases.BOARD])
def test_the_json_of_doctor_keeps_its_schema(facts: BoardFacts) -> None:
    document = json.loads(doctor.to_json(report_on(facts, reports.BOARD)))
    Draft202012Validator(schemas.strict("doctor")).validate(document)


def test_a_shipped_schema_takes_the_keys_of_a_later_version() -> None:
    later: Any = {**to_json(reports.REPORT), "weather": "fine"}
    later["results"][0]["mood"] = "calm"
    Draft202012Validator(schemas.shipped("run")).validate(later)
    assert not Draft202012Validator(SCHEMA).is_valid(later)


@pytest.mark.parametrize(
    ("key", "value"),
    [("read_by", "hearsay"), ("nodes", [{"path": "/dev/x"}]), ("config", {"DEVMEM": 1})],
)
def test_the_schema_of_doctor_bites(key: str, value: object) -> None:
    document = {**json.loads(doctor.to_json(report_on(PI, reports.BOARD))), key: value}
    assert not Draft202012Validator(schemas.shipped("doctor")).is_valid(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("results", 0, "outcome"), "maybe"),
        (("results", 0, "more"), 1),
        (("board", "provenance"), "imagined"),
        (("summary", "pass"), -1),
        (("findings", 0, "severity"), None),
    ],
)
def test_the_schema_bites(path: tuple[Any, ...], value: object) -> None:
    document: Any = to_json(reports.REPORT)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert not Draft202012Validator(SCHEMA).is_valid(document)


@pytest.mark.parametrize(
    ("words", "path"), [(Layer, "layer"), (Outcome, "outcome"), (Result, "result")]
)
def test_the_schema_has_every_word(words: Any, path: str) -> None:
    known = SCHEMA["$defs"]["result"]["properties"][path]["enum"]
    assert {word.value for word in words} == set(known) - {None}


def test_the_log_is_told_where_no_answer_came() -> None:
    logs = {result["id"]: result.get("log") for result in to_json(reports.REPORT)["results"]}
    assert {name for name, log in logs.items() if log} == {"sensors::kernel-modules"}


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_what_is_pasted_is_never_wrapped(width: int) -> None:
    lines = render(reports.REPORT, "text", width=width).splitlines()
    start = lines.index("patch -p1 <<'EOF'")
    assert "\n".join(lines[start + 1 : lines.index("EOF")]) + "\n" == reports.PATCH
    assert "  fix (board): build the kernel with CONFIG_DEVMEM=y, or use /dev/gpiomem" in lines


def test_what_is_pasted_mends_the_file(tmp_path: Path) -> None:
    lines = [
        "services:",
        "  sensors:",
        "    image: x",
        "    volumes: # bus",
        "      - /dev/i2c-1:/dev/i2c-1",
    ]
    (tmp_path / "compose.yaml").write_text("\n".join(lines))
    made = patch("\n".join(lines), "compose.yaml", "sensors", reports.MOVE.changes)
    verdict = replace(reports.RESULTS[0].verdict, remedy=replace(reports.MOVE, patch=made))
    report = replace(reports.REPORT, results=(replace(reports.RESULTS[0], verdict=verdict),))
    text = render(report, "text", width=80)
    pasted = text[text.index("patch -p1") : text.index("\nEOF\n") + 5]
    subprocess.run(["sh"], input=pasted.encode(), cwd=tmp_path, check=True, capture_output=True)
    fixed = [*lines[:3], "    devices:", "      - /dev/i2c-1:/dev/i2c-1"]
    assert (tmp_path / "compose.yaml").read_text() == "\n".join(fixed)


def test_a_patch_keeps_its_tabs_and_trailing_spaces() -> None:
    kept = "--- a/compose.yaml\n+++ b/compose.yaml\n@@ -1 +1 @@\n-a:\tb  \n+a:\tc  \n"
    first = reports.RESULTS[0]
    verdict = replace(first.verdict, remedy=replace(reports.MOVE, patch=kept))
    report = replace(reports.REPORT, results=(replace(first, verdict=verdict),))
    for color in (False, True):
        assert f"patch -p1 <<'EOF'\n{kept}EOF\n" in render(report, "text", width=80, color=color)


@pytest.mark.parametrize("format_", FORMATS)
def test_emulated_is_said_in_every_format(format_: str) -> None:
    assert "emulated" in render(reports.PASSED, format_).lower()
    assert "emulated" not in render(reports.REPORT, format_).lower()


def test_an_emulated_pass_says_so_beside_itself() -> None:
    reached = [line for line in render(reports.PASSED, "text").splitlines() if "reachable" in line]
    assert reached
    assert all("(emulated)" in line for line in reached)


def test_a_container_cannot_move_the_cursor_of_who_reads() -> None:
    verdict = Verdict(Outcome.BLOCKED, "a\x1b[2Jb", "HW110", Layer.MOUNT, ("\x1b]0;title\x07",))
    report = replace(reports.REPORT, results=(replace(reports.RESULTS[0], verdict=verdict),))
    text = render(report, "text")
    assert "\x1b" not in text
    assert "\\x1b[2J" in text


def test_an_empty_run_can_be_told() -> None:
    empty = replace(reports.REPORT, results=(), findings=())
    assert render(empty, "text").splitlines()[-1].startswith("0 checks: 0 pass in 1.2 s on pi-3")
    assert render(empty, "markdown").startswith("## Hardware access on pi-3")
    Draft202012Validator(SCHEMA).validate(to_json(empty))


@pytest.mark.parametrize("bad", ["a|b", "`a`", "<script>", "*a*", "[a](b)", "line\nline"])
def test_markdown_shows_text_as_it_is(bad: str) -> None:
    finding = Finding("HW001", Severity.NOTE, bad, bad, remedy=bad)
    verdict = Verdict(Outcome.UNKNOWN, bad, evidence=("```", bad))
    report = replace(
        reports.REPORT, results=(replace(reports.RESULTS[0], verdict=verdict),), findings=(finding,)
    )
    text = render(report, "markdown")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    unescaped = [line.replace("\\|", "").count("|") for line in rows]
    assert unescaped == [7] * len(rows)
    assert "<script>" not in "".join(line for line in text.split("````")[::2])


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (replace(PI, complete=False, model=""), "could not be read"),
        (replace(PI, has_modules=False), "all is built in"),
        (replace(PI, modules_disabled=True), "switched off until the next start"),
        (replace(PI, lsm=(), lockdown=""), "not in this kernel"),
    ],
)
def test_the_doctor_says_what_it_cannot_see(facts: BoardFacts, words: str) -> None:
    assert words in doctor.text(report_on(facts, reports.BOARD))


def test_the_doctor_says_that_a_board_is_emulated() -> None:
    board = replace(reports.BOARD, provenance=Provenance.EMULATED)
    assert "EMULATED" in doctor.text(report_on(PI, board))
    assert json.loads(doctor.to_json(report_on(PI, board)))["board"]["provenance"] == "emulated"


COMMANDS = Remedy("board", "make a group:\nsudo one \\x\nsudo two")


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_the_commands_of_a_remedy_stand_on_lines_of_their_own(format_: str) -> None:
    first, *others = reports.REPORT.results
    told = replace(first, verdict=replace(first.verdict, remedy=COMMANDS))
    lines = [
        line.strip()
        for line in render(replace(reports.REPORT, results=(told, *others)), format_).splitlines()
    ]
    assert "sudo one \\x" in lines
    assert "sudo two" in lines


def test_one_cause_of_several_checks_is_told_once() -> None:
    first = reports.REPORT.results[0]
    second = replace(first, check=replace(first.check, target="/dev/i2c-2"))
    text = render(replace(reports.REPORT, results=(first, second)), "text", width=80)
    assert text.count(first.verdict.evidence[0]) == 1
    assert text.count(f"FAIL {first.check.id}") == text.count(f"FAIL {second.check.id}") == 1


if __name__ == "__main__":
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for file, content in golden().items():
        (GOLDEN / file).write_text(content)
    sys.stdout.write(f"wrote {GOLDEN}\n")
