"""YAML as compose reads it: values, places, anchors, and what is no YAML."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from hwaccess.compose.yaml import parser
from hwaccess.compose.yaml.parser import parse
from hwaccess.compose.yaml.scalars import read_plain
from hwaccess.compose.yaml.tree import Mapping, Node, Scalar, Sequence
from hwaccess.errors import ComposeError

if TYPE_CHECKING:
    from tests.unit.compose.conftest import Load, Refuse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("NULL", None),
        ("nUll", "nUll"),
        ("true", True),
        ("TRUE", True),
        ("False", False),
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("y", "y"),
        ("0", 0),
        ("-0", 0),
        ("12", 12),
        ("+12", 12),
        ("-3", -3),
        ("1_000", 1000),
        ("0660", 432),
        ("-010", -8),
        ("0o660", 432),
        ("0x1F", 31),
        ("-0x10", -16),
        ("0b101", 5),
        ("00", 0),
        ("08", 8.0),
        ("1.5", 1.5),
        ("1.", 1.0),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-2.5E-1", -0.25),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", float(2**64)),
        ("22:22", "22:22"),
        ("190:20:30", "190:20:30"),
        ("2018-03-07", "2018-03-07"),
        ("1.2.3", "1.2.3"),
        (".", "."),
        ("-", "-"),
        ("+", "+"),
        ("0x", "0x"),
        ("0xg", "0xg"),
        ("_1", "_1"),
        ("٣", "٣"),
        ("12k", "12k"),
        ("c 89:* rw", "c 89:* rw"),
        ("/dev/i2c-1", "/dev/i2c-1"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_a_plain_scalar_has_the_value_that_compose_gives_it(text: str, value: object) -> None:
    read = read_plain(text)
    assert (read, type(read)) == (value, type(value))


def test_not_a_number_is_read() -> None:
    read = read_plain(".NaN")
    assert isinstance(read, float)
    assert math.isnan(read)


def root_of(text: str) -> Node:
    (document,) = parse(text, "f.yml")
    return document.root


def values(node: Node) -> Any:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [values(item) for item in node.items]
    return {entry.key.text: values(entry.value) for entry in node}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: '1'", {"a": "1"}),
        ('a: "true"', {"a": "true"}),
        ("a: !!str 1", {"a": "1"}),
        ("a: !!int '0x10'", {"a": 16}),
        ("a: !!float 1", {"a": 1.0}),
        ("a: !!bool 'true'", {"a": True}),
        ("a: !!null ''", {"a": None}),
        ("a: ! 1", {"a": "1"}),
        ("a: !mine 1", {"a": 1}),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("a: >\n  x\n  y\n", {"a": "x y\n"}),
        ("1: x\ntrue: y", {"1": "x", "true": "y"}),
        ("{a: [1, {b: c}], d: }", {"a": [1, {"b": "c"}], "d": None}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", {"a": {"p": 1, "q": 2}, "b": {"q": 3, "p": 1}}),
        (
            "a: &x {p: 1}\nb: &y {p: 2, r: 3}\nc: {<<: [*x, *y]}",
            {"a": {"p": 1}, "b": {"p": 2, "r": 3}, "c": {"p": 1, "r": 3}},
        ),
        (
            "a: &x {p: 1}\nb: &y {<<: *x, q: 2}\nc: {<<: *y}",
            {"a": {"p": 1}, "b": {"q": 2, "p": 1}, "c": {"q": 2, "p": 1}},
        ),
        ("# only\na: b # end", {"a": "b"}),
        ("a: ü€😀", {"a": "ü€😀"}),
    ],
)
def test_a_document_has_these_values(text: str, value: object) -> None:
    assert values(root_of(text)) == value


def places(node: Node) -> list[tuple[str, int, int]]:
    if isinstance(node, Scalar):
        return [(node.text, node.place.line, node.place.column)]
    if isinstance(node, Sequence):
        return [place for item in node.items for place in places(item)]
    return [place for entry in node for part in (entry.key, entry.value) for place in places(part)]


def test_every_value_has_its_line_and_column_from_one() -> None:
    text = "services:\n  é: {image: 'x'}\n  b:\n    devices:\n      - /dev/i2c-1\n"
    assert places(root_of(text)) == [
        ("services", 1, 1),
        ("é", 2, 3),
        ("image", 2, 7),
        ("x", 2, 14),
        ("b", 3, 3),
        ("devices", 4, 5),
        ("/dev/i2c-1", 5, 9),
    ]


def test_what_an_alias_brings_in_has_the_place_where_it_was_written() -> None:
    assert places(root_of("a: &x {p: 1}\nb: {<<: *x}\nc: *x"))[3:] == [
        ("b", 2, 1),
        ("p", 1, 8),
        ("1", 1, 11),
        ("c", 3, 1),
        ("p", 1, 8),
        ("1", 1, 11),
    ]


TEXTS = [
    "a: b\n",
    "x: &x {p: !reset [], q: !override {r: 1}}\ny: {<<: *x, z: *x}\n",
    "a: |+\n  1\n\n\nb: >-\n  2\n  3\n",
    "a:\n- 1\n-\n  - 2\n  -   - 3\n",
    '"\\u00e9": "\\x41\\n"\n? b\n: c\n',
    "{a: !!str 1, b: ! 2, c: !!binary aGk=}\n",
    "---\na: 1\n...\n---\nb: 2\n",
    "é: ü\n# ö\nß:\n  - 😀\n",
    "\ufeffa: 1\n",
    "",
    "# nothing\n",
]


@pytest.mark.parametrize("text", TEXTS)
def test_libyaml_and_the_pure_reader_agree(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = text.removeprefix("\ufeff")  # source.py takes the byte order mark away before
    monkeypatch.setattr(parser, "LOADER", yaml.CSafeLoader)
    fast = parse(text, "f")
    monkeypatch.setattr(parser, "LOADER", yaml.SafeLoader)
    assert parse(text, "f") == fast


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(f'*{old}' for _ in range(10))}]\n"
    for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader])
@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("a: 1\nb: 2\na: 3", "3:1", "the key 'a' is here for the second time (first f.yml:1:1)"),
        ("a: &x {}\nb:\n  <<: *x\n  <<: *x", "4:3", "the key '<<' is here for the second time"),
        ("a:\n\tb: 1", "2:1", "cannot start any token"),
        ("a: b: c", "1:5", "mapping values are not allowed"),
        ("a: [1, 2\nb: 3", "2:2", "expected ',' or ']'"),
        ("a: 'b", "1:6", "quoted scalar"),
        ("a: *x", "1:4", "the alias *x has no anchor"),
        ("a: &x [*x]", "1:8", "within its own anchor (f.yml:1:4)"),
        ("a: &x\n  b: {c: *x}", "2:10", "within its own anchor"),
        ("a: {<<: 1}", "1:5", "<< takes a mapping or a list of mappings, not the value '1'"),
        ("a: {<<: [1]}", "1:5", "<< takes"),
        ("? [a]\n: b", "1:3", "a key is a list or mapping"),
        ("~: b", "1:1", "a key is empty"),
        ("a: !!int x", "1:4", "'x' is no !!int"),
        ("a: !!bool 1", "1:4", "'1' is no !!bool"),
        ("a: @b", "1:4", "cannot start any token"),
        ("a: b\n c: d", "2:3", "mapping values are not allowed"),
        ("a: \0", "1:4", "the character U+0000 cannot stand in YAML"),
        ("a: 1\nb: \x07", "2:4", "the character U+0007"),
        ("[" * 200, "1:65", "nested more than 64 levels deep"),
        ("- " * 200, "1:129", "nested more than 64 levels deep"),
        (LAUGHS, "5:29", "beyond all measure"),
    ],
)
def test_what_is_no_yaml_is_told_with_its_place(
    text: str, place: str, says: str, loader: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parser, "LOADER", loader)
    with pytest.raises(ComposeError) as caught:
        parse(text, "f.yml")
    assert str(caught.value).startswith(f"f.yml:{place}: ")
    assert says in str(caught.value)
    assert caught.value.hint


def test_an_anchor_used_often_but_reasonably_is_no_bomb() -> None:
    text = "x: &x {a: 1, b: [2, 3]}\nl:\n" + "- *x\n" * 1000
    root = root_of(text)
    assert isinstance(root, Mapping)
    assert len(values(root)["l"]) == 1000


def test_several_documents_are_laid_over_one_another(load: Load) -> None:
    loaded = load(
        {
            "compose.yml": (
                "services: {a: {image: x, tty: true}}\n---\n"
                "services: {a: {image: y}, b: {image: z}}\n"
            )
        }
    )
    assert loaded.services == {"a": {"image": "y", "tty": True}, "b": {"image": "z"}}


def test_hints_say_what_to_do(refuse: Refuse) -> None:
    assert "spaces" in refuse({"compose.yml": "services:\n\ta: {}\n"}).hint
    assert "quote" in refuse({"compose.yml": "services:\n  a: b: c"}).hint
