"""Variables in values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hwaccess.compose.load.findings import Findings
from hwaccess.compose.load.interpolate import Interpolation
from hwaccess.errors import ComposeError
from hwaccess.words import Place

if TYPE_CHECKING:
    from tests.unit.compose.conftest import Load, Refuse

SET = {"X": "x", "E": "", "N": "1", "_a1": "u", "D": "$X"}
HERE = Place("f.yml", 3, 7)


def replaced(text: str, findings: Findings | None = None) -> str:
    return Interpolation(SET, findings or Findings()).text(text, HERE)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("", ""),
        ("plain", "plain"),
        ("$X", "x"),
        ("${X}", "x"),
        ("a${X}b$X", "axbx"),
        ("$X/$X-$X.", "x/x-x."),
        ("${_a1}$_a1", "uu"),
        ("$$X", "$X"),
        ("$$$X", "$x"),
        ("$${X}", "${X}"),
        ("${X:-d}", "x"),
        ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("${U:-d}", "d"),
        ("${U-d}", "d"),
        ("${U:-}", ""),
        ("${U:-${X}}", "x"),
        ("${U:-a${V:-${X}b}c}d", "axbcd"),
        ("${U:-$X}", "x"),
        ("${U:-$$X}", "$X"),
        ("${U:-{a}}", "{a}"),
        ("${U:-a:b-c?d+e}", "a:b-c?d+e"),
        ("${X:?e}", "x"),
        ("${E?e}", ""),
        ("${X?e}", "x"),
        ("${X:+a}", "a"),
        ("${E:+a}", ""),
        ("${E+a}", "a"),
        ("${U+a}", ""),
        ("${U:+a}", ""),
        ("${X:+${N}}", "1"),
        ("${D}", "$X"),
        ("${X:-${U:?never asked}}", "x"),
        ("/dev/tty${U:-USB0}:/dev/ttyUSB0", "/dev/ttyUSB0:/dev/ttyUSB0"),
    ],
)
def test_a_text_with_variables_becomes(text: str, result: str) -> None:
    findings = Findings()
    assert replaced(text, findings) == result
    assert findings.all() == ()


@pytest.mark.parametrize("text", ["$U", "${U}", "${V:-$U}", "${X:+$U}"])
def test_a_variable_that_is_not_set_is_told_and_empty(text: str) -> None:
    findings = Findings()
    assert replaced(text, findings) == ""
    (finding,) = findings.all()
    assert (finding.rule, finding.place) == ("HW005", HERE)
    assert "the variable U is not set" in finding.summary


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("${U:?}", "the required variable U is not set"),
        ("${U?which port}", "the required variable U is not set: which port"),
        ("${E:?set $X}", "the required variable E is not set: set x"),
        ("${V:-${U:?deep}}", "the required variable U is not set: deep"),
    ],
)
def test_a_required_variable_must_be_set(text: str, says: str) -> None:
    with pytest.raises(ComposeError) as caught:
        replaced(text)
    assert str(caught.value) == f"f.yml:3:7: {says}"
    assert caught.value.hint in {"U=... hwaccess check", "E=... hwaccess check"}


@pytest.mark.parametrize(
    "text",
    [
        "$",
        "a$",
        "$1",
        "$ X",
        "$(date)",
        "${",
        "${}",
        "${X",
        "${1}",
        "${X Y}",
        "${X:}",
        "${X:-",
        "${U:-${X}",
        "${X!}",
    ],
)
def test_a_dollar_that_begins_no_variable_is_an_error(text: str) -> None:
    with pytest.raises(ComposeError, match="no variable can be read at") as caught:
        replaced(text)
    assert "$$" in caught.value.hint


def test_endless_nesting_is_an_error() -> None:
    with pytest.raises(ComposeError, match="nested more than"):
        replaced("${U:-" * 500 + "}" * 500)


def test_keys_are_left_alone_and_values_keep_their_place(load: Load) -> None:
    loaded = load(
        {"compose.yml": "services:\n  a:\n    image: i\n    labels:\n      $X: ${X}\n"},
        environment={"X": "1"},
    )
    assert loaded.services["a"]["labels"] == {"$X": "1"}
    assert loaded.place("services/a/labels/$X") == "compose.yml:5:11"


@pytest.mark.parametrize(
    ("field", "written", "value"),
    [
        ("privileged", "${P}", True),
        ("privileged", '"${P}"', True),
        ("privileged", "yes", True),
        ("privileged", '"off"', False),
        ("privileged", "maybe", "maybe"),
        ("pids_limit", "${N}", 7),
        ("cpus", "'0.5'", 0.5),
        ("mem_limit", "512m", "512m"),
        ("pids_limit", f"'{'9' * 5000}'", "9" * 5000),
        ("image", "${N}", "7"),
        ("user", "${N}", "7"),
        ("environment", "{A: '${N}', privileged: 'yes'}", {"A": "7", "privileged": "yes"}),
        ("environment", "{A: $P}", {"A": "true"}),
        ("ulimits", "{nofile: {hard: '${N}'}, core: '0'}", {"nofile": {"hard": 7}, "core": 0}),
        ("volumes", "[{type: bind, source: /a, target: /b, read_only: '${P}'}]", None),
    ],
)
def test_only_fields_that_are_one_become_boolean_or_number(
    load: Load, field: str, written: str, value: object
) -> None:
    loaded = load(
        {"compose.yml": f"services:\n  a:\n    {field}: {written}\n"},
        environment={"P": "true", "N": "7"},
    )
    found = loaded.services["a"][field]
    if field == "volumes":
        found, value = found[0]["read_only"], True
    assert (found, type(found)) == (value, type(value))


def test_the_error_of_a_required_variable_has_the_place_of_its_value(refuse: Refuse) -> None:
    error = refuse(
        {
            "compose.yml": (
                "services:\n  a:\n    devices:\n      - /dev/i2c-1\n      - ${BUS:?which bus}\n"
            )
        }
    )
    assert str(error) == "compose.yml:5:9: the required variable BUS is not set: which bus"
    assert error.hint == "BUS=... hwaccess check"
