"""Env files: their syntax, which of them win, and what a service gets from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hwaccess.compose.load.env_file import read_env_file
from hwaccess.compose.load.findings import Findings
from hwaccess.errors import ComposeError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.compose.conftest import Load, Refuse


def read(path: Path, data: bytes, *, raw: bool = False) -> dict[str, str]:
    path.write_bytes(data)
    return {
        each.name: each.value
        for each in read_env_file(str(path), {"SHELL": "sh"}, Findings(), raw=raw)
    }


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("", {}),
        ("\n\n# c\n  # d\n", {}),
        ("A=1", {"A": "1"}),
        ("A=1\nB=2\n", {"A": "1", "B": "2"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("\ufeffA=1", {"A": "1"}),
        ("  A = 1  ", {"A": "1"}),
        ("export A=1", {"A": "1"}),
        ("export\tA=1", {"A": "1"}),
        ("export=1", {"export": "1"}),
        ("A: 1", {"A": "1"}),
        ("A=", {"A": ""}),
        ("A=\nB=2", {"A": "", "B": "2"}),
        ("A=a b c", {"A": "a b c"}),
        ("A=a # c", {"A": "a"}),
        ("A=a#b", {"A": "a#b"}),
        ("A=#b", {"A": ""}),
        ("A=a=b", {"A": "a=b"}),
        ("A='a # b'", {"A": "a # b"}),
        ('A="a # b" # c', {"A": "a # b"}),
        ("A='$SHELL'", {"A": "$SHELL"}),
        ('A="$SHELL ${U:-d}"', {"A": "sh d"}),
        ("A=$SHELL", {"A": "sh"}),
        ("A=1\nB=$A-${A}", {"A": "1", "B": "1-1"}),
        ("SHELL=other\nB=$SHELL", {"SHELL": "other", "B": "sh"}),
        ('A="a\\nb\\tc\\\\d\\"e"', {"A": 'a\nb\tc\\d"e'}),
        ('A="\\$SHELL"', {"A": "$SHELL"}),
        ("A='it\\'s'", {"A": "it's"}),
        ("A='a\\nb'", {"A": "a\\nb"}),
        ("A='a\nb'\nC=1", {"A": "a\nb", "C": "1"}),
        ('A="a\nb"\nC=1', {"A": "a\nb", "C": "1"}),
        ("A=''", {"A": ""}),
        ("A=1\nA=2", {"A": "2"}),
        ("SHELL", {"SHELL": "sh"}),
        ("SHELL # c", {"SHELL": "sh"}),
        ("UNSET\nA=1", {"A": "1"}),
        ("a.b-c=1", {"a.b-c": "1"}),
        ("A=$$x", {"A": "$x"}),
    ],
)
def test_lines_are_read_as_compose_reads_them(
    tmp_path: Path, text: str, result: dict[str, str]
) -> None:
    assert read(tmp_path / ".env", text.encode()) == result


def test_a_raw_file_is_taken_letter_by_letter(tmp_path: Path) -> None:
    assert read(tmp_path / "e", b"#c\nA='$X' # y\n\nB\nC=1\n", raw=True) == {
        "A": "'$X' # y",
        "C": "1",
    }


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("A=1\n=2", "2:1", "a line begins with no variable name"),
        ("A B=1", "1:1", "no '=' after the name 'A'"),
        ("A=1\n  what is this", "2:3", "no '=' after the name 'what'"),
        ("A='b", "1:3", "the quote ' is never closed"),
        ('A=1\nB="b\n\n', "2:3", 'the quote " is never closed'),
        ("A='b' c", "1:3", "something follows the closing quote"),
        ("A='x\ny'\nB=${A:?}\nC=$(d)", "4:3", "no variable can be read"),
        ("A=${U:?u}", "1:3", "the required variable U is not set: u"),
        ('"A"=1', "1:1", "a line begins with no variable name"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_with_its_place(
    tmp_path: Path, text: str, place: str, says: str
) -> None:
    file = tmp_path / ".env"
    with pytest.raises(ComposeError) as caught:
        read(file, text.encode())
    assert str(caught.value).startswith(f"{file}:{place}: {says}")


IMAGE = {"compose.yml": "services: {a: {image: '${A}-${B:-b}'}}"}


@pytest.mark.parametrize(
    ("files", "options", "image"),
    [
        ({".env": "A=dot"}, {}, "dot-b"),
        ({".env": "A=dot"}, {"environment": {"A": "shell"}}, "shell-b"),
        (
            {".env": "A=dot", "1.env": "A=1\nB=1", "2.env": "A=2"},
            {"env_files": ["1.env", "2.env"]},
            "2-1",
        ),
        (
            {".env": "A=dot", "1.env": "B=1"},
            {"env_files": ["1.env"], "environment": {"A": ""}},
            "-1",
        ),
        ({".env": "A=dot", "1.env": "A=1"}, {"environment": {"COMPOSE_ENV_FILES": "1.env"}}, "1-b"),
        ({"1.env": "A=1", "2.env": "B=$A"}, {"env_files": ["1.env", "2.env"]}, "1-1"),
        ({"p/.env": "A=p", ".env": "A=dot"}, {"project_directory": "p"}, "p-b"),
    ],
)
def test_the_shell_wins_over_env_files_and_they_replace_dot_env(
    load: Load, files: dict[str, str], options: dict[str, object], image: str
) -> None:
    assert load({**IMAGE, **files}, **options).services["a"]["image"] == image


def test_an_env_file_that_is_not_there_is_an_error(refuse: Refuse) -> None:
    assert str(refuse(IMAGE, env_files=["no.env"])) == "the env file no.env is not there"


def test_a_service_gets_the_lines_of_its_env_files(load: Load) -> None:
    loaded = load(
        {
            "compose.yml": """\
services:
  a:
    image: i
    env_file:
      - one.env
      - path: sub/two.env
      - path: none.env
        required: false
      - {path: raw.env, format: raw}
    environment:
      - C=own
      - LOOKED_UP
  b: {image: i, env_file: one.env, environment: {A: 1}}
  c: {image: i, env_file: one.env}
  d: {image: i, env_file: }
""",
            "one.env": "A=1\nB=${SHELL}\n",
            "sub/two.env": "\nB=2\nC=2\n",
            "raw.env": "D='$x'\n",
        },
        environment={"SHELL": "sh"},
    )
    assert loaded.services == {
        "a": {
            "image": "i",
            "environment": {"A": "1", "B": "2", "C": "own", "D": "'$x'", "LOOKED_UP": None},
        },
        "b": {"image": "i", "environment": {"A": 1, "B": "sh"}},
        "c": {"image": "i", "environment": {"A": "1", "B": "sh"}},
        "d": {"image": "i"},
    }
    assert loaded.place("services/a/environment/B") == "sub/two.env:2:3"
    assert loaded.place("services/a/environment/C") == "compose.yml:11:9"


def test_a_line_may_name_what_the_service_sets(load: Load) -> None:
    service = "services: {a: {image: i, env_file: e, environment: [BUS=1, HOST]}}"
    loaded = load({"compose.yml": service, "e": "DEVICE=/dev/i2c-$BUS\n"})
    assert loaded.services["a"]["environment"] == {"DEVICE": "/dev/i2c-1", "BUS": "1", "HOST": None}
    assert loaded.findings == []


def test_labels_come_from_files_too(load: Load) -> None:
    loaded = load(
        {
            "compose.yml": "services: {a: {image: i, label_file: [l], labels: {x: y}}}",
            "l": "io.balena.features.dbus=1\nx=z\n",
        }
    )
    assert loaded.services["a"]["labels"] == {"io.balena.features.dbus": "1", "x": "y"}
    assert loaded.place("services/a/labels/io.balena.features.dbus") == "l:1:25"


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("no.env", "compose.yml:1:36: the file no.env is not there"),
        ("[{path: no.env, required: true}]", "compose.yml:1:44: the file no.env is not there"),
        ("[[a]]", "compose.yml:1:37: env_file takes the path of a file, and this is a list"),
        (
            "[{required: false}]",
            "compose.yml:1:37: env_file takes the path of a file, and this is a mapping",
        ),
        ("['']", "compose.yml:1:37: env_file takes the path of a file"),
        (".", "the env file '.' cannot be read: is a directory"),
    ],
)
def test_a_service_env_file_that_cannot_be_used_is_an_error(
    refuse: Refuse, written: str, says: str
) -> None:
    assert says in str(
        refuse({"compose.yml": f"services: {{a: {{image: i, env_file: {written}}}}}"})
    )
