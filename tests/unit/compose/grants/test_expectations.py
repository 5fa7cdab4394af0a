"""The `x-hwaccess` block: what it becomes, and where each error stands."""

from __future__ import annotations

import subprocess
import sys
from textwrap import indent
from typing import TYPE_CHECKING, Any, cast

import pytest
from jsonschema import Draft202012Validator

from hwaccess.access import BUILT_IN, kind
from hwaccess.compose import load_project
from hwaccess.compose.grants.expectations import expectations
from hwaccess.compose.grants.reader import Reader
from hwaccess.compose.yaml.parser import parse
from hwaccess.compose.yaml.tree import Mapping
from hwaccess.errors import ComposeError
from hwaccess.grants import Expectations, ExpectedAccess
from hwaccess.model import Layer
from hwaccess.words import Place, Risk

if TYPE_CHECKING:
    from pathlib import Path

    from hwaccess.access.base import Kind

BUS: dict[str, Any] = {
    "addresses": {
        "type": "array",
        "items": {"type": "integer", "minimum": 3, "maximum": 0x77},
        "description": "7-bit addresses that must answer",
    },
    "speed": {"enum": ["slow", "fast"]},
}
LOAD: dict[str, Any] = {"load": {"type": "boolean"}}


class Words:
    """As much of a kind as reading a block needs: its words."""

    def __init__(self, params: dict[str, Any]) -> None:
        self.PARAMS = params


def words(name: str) -> Kind:
    table = {"i2c": BUS, "kernel-modules": LOAD}
    return cast("Kind", Words(table[name])) if name in table else kind(name)


def read(block: str) -> Expectations:
    root = parse(f"x-hwaccess:\n{indent(block, '  ')}\n", "compose.yml")[0].root
    assert isinstance(root, Mapping)
    return expectations(Reader("app", "/srv", {}, [], "x-hwaccess"), root.entries[0].value, words)


def test_every_form() -> None:
    block = read("""\
allow: read
reach:
  - i2c: /dev/i2c-1
    addresses: [0x48, 0x68]
  - kernel-modules: i2c-dev
    load: true
  - dbus
  - i2c:
deny:
  - supervisor-api
  - i2c: /dev/i2c-0
    layer: engine
""")
    assert block.allow is Risk.READ
    assert block.place is not None
    assert block.accesses == (
        ExpectedAccess(
            "i2c",
            "/dev/i2c-1",
            reach=True,
            place=Place("compose.yml", 4, 7),
            params=(("addresses", (0x48, 0x68)),),
        ),
        ExpectedAccess(
            "kernel-modules",
            "i2c-dev",
            reach=True,
            place=Place("compose.yml", 6, 7),
            params=(("load", True),),
        ),
        ExpectedAccess("dbus", "", reach=True, place=Place("compose.yml", 8, 7)),
        ExpectedAccess("i2c", "", reach=True, place=Place("compose.yml", 9, 7)),
        ExpectedAccess("supervisor-api", "", reach=False, place=Place("compose.yml", 11, 7)),
        ExpectedAccess(
            "i2c", "/dev/i2c-0", reach=False, place=Place("compose.yml", 12, 7), layer="engine"
        ),
    )


@pytest.mark.parametrize("block", ["allow: look", "reach:\ndeny:", "reach: []"])
def test_a_block_may_say_little(block: str) -> None:
    assert read(block).accesses == ()


@pytest.mark.parametrize(
    ("block", "place", "message", "hint"),
    [
        ("wish: []", "2:3", "unknown key 'wish'", "use one of: allow, reach, deny"),
        ("allow: all", "2:10", "allow: 'all' is no risk", "look, open, read, write, disrupt"),
        ("allow: [read]", "2:10", "is no risk", "look, open"),
        ("reach: dbus", "2:10", "reach is a list", "write reach: [{i2c: /dev/i2c-1}]"),
        ("reach: [[dbus]]", "2:11", "not a list", "- i2c: /dev/i2c-1"),
        ("reach: [dbux]", "2:11", "no access is called 'dbux'", "dbus"),
        ("reach: [1]", "2:11", "no access is called '1'", "i2c"),
        ("deny: [{target: /dev/a}]", "2:10", "no access is named: target", "i2c"),
        ("deny: [{}]", "2:10", "no access is named: an empty mapping", "i2c"),
        (
            "deny: [{i2c: /dev/a, spi: /dev/b}]",
            "2:24",
            "two accesses in one item: i2c and spi",
            "- spi: ...",
        ),
        ("reach: [{i2c: 1}]", "2:17", "i2c: 1 is not of type 'string', 'null'", "string"),
        (
            "reach: [{i2c: /dev/a, adresses: [3]}]",
            "2:25",
            "unknown key 'adresses'",
            "use one of: i2c, addresses, speed",
        ),
        (
            "reach: [{i2c: /dev/a, layer: engine}]",
            "2:25",
            "unknown key 'layer'",
            "use one of: i2c, addresses, speed",
        ),
        (
            "reach: [{i2c: /dev/a, addresses: [0x48, 0x99]}]",
            "2:43",
            "addresses: 153 is greater than",
            '"maximum": 119',
        ),
        (
            "reach: [{i2c: /dev/a, addresses: 0x48}]",
            "2:36",
            "is not of type 'array'",
            "7-bit addresses that must",
        ),
        (
            "reach: [{i2c: /dev/a, speed: warp}]",
            "2:32",
            "speed: 'warp' is not one of",
            "use one of: slow, fast",
        ),
        (
            "reach: [{kernel-modules: i2c-dev, load: 1}]",
            "2:43",
            "load: 1 is not of type 'boolean'",
            "boolean",
        ),
        (
            "deny: [{i2c: /dev/a, layer: wall}]",
            "2:31",
            "layer: 'wall' is not one of",
            f"board, {Layer.ENGINE}",
        ),
        (
            "reach: [dbus]\ndeny: [dbus]",
            "3:10",
            "dbus is denied here and reached at compose.yml:2:11",
            "remove one",
        ),
        (
            "deny: [{i2c: /dev/a, layer: engine}]\nreach: [{i2c: /dev/a}]",
            "2:10",
            "i2c /dev/a is denied here and reached at compose.yml:3:11",
            "remove one",
        ),
    ],
)
def test_errors(block: str, place: str, message: str, hint: str) -> None:
    with pytest.raises(ComposeError) as caught:
        read(block)
    assert caught.value.message.startswith(f"compose.yml:{place}: x-hwaccess of service 'app': ")
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_the_same_access_with_another_target_may_be_denied() -> None:
    block = read("reach: [{i2c: /dev/i2c-1}]\ndeny: [{i2c: /dev/i2c-0}]")
    assert [item.reach for item in block.accesses] == [True, False]


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ("{dbus: , call: nodots}", "'nodots' does not match"),
        ("{i2c: /dev/i2c-1, addresses: [0x99]}", "153 is greater than the maximum of 119"),
        ("{i2c: /dev/i2c-1, load: true}", "unknown key 'load'"),
        (
            "{i2c: , registers: [{address: 0x48, register: 0x100, value: 1}]}",
            "register: 256 is greater than",
        ),
        (
            "{i2c: , registers: [{address: 0x48, register: 1, value: 0x1ff}]}",
            "value: 511 is greater than",
        ),
        (
            "{i2c: , registers: [{address: 0x78, register: 1, value: 1}]}",
            "address: 120 is greater than",
        ),
        (
            "{i2c: , registers: [{register: 1, value: 1}]}",
            "registers: 'address' is a required property",
        ),
        (
            "{i2c: , registers: [{address: 0x48, register: 1}]}",
            "registers: 'value' is a required property",
        ),
        (
            "{i2c: , registers: [{address: 3, register: 1, value: 1, size: 2}]}",
            "'size' was unexpected",
        ),
        ("{i2c: , registers: [0x48]}", "registers: 72 is not of type 'object'"),
        ("{i2c: , registers: {address: 3, register: 1, value: 1}}", "is not of type 'array'"),
        ("{network: can0, up: 'yes'}", "'yes' is not of type 'boolean'"),
    ],
)
def test_the_words_are_those_of_the_kind(tmp_path: Path, item: str, message: str) -> None:
    file = tmp_path / "compose.yml"
    file.write_text(
        f"services:\n  app:\n    image: a\n    x-hwaccess: {{reach: [{item}]}}\n", encoding="utf-8"
    )
    with pytest.raises(ComposeError) as caught:
        load_project([str(file)], environment={})
    assert message in caught.value.message
    assert str(file) in caught.value.message


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_words_of_a_kind_are_a_schema_and_clash_with_none_of_ours(name: str) -> None:
    params = kind(name).PARAMS
    Draft202012Validator.check_schema({"properties": params})
    assert not params.keys() & {"layer", *BUILT_IN}


@pytest.mark.parametrize(
    ("extra", "imported"),
    [("", "[]"), ("    x-hwaccess: {reach: [{dbus: /run/dbus}]}\n", "['jsonschema']")],
)
def test_the_schema_checker_is_imported_for_a_block_only(
    tmp_path: Path, extra: str, imported: str
) -> None:
    file = tmp_path / "compose.yml"
    file.write_text(f"services:\n  app:\n    image: a\n{extra}", encoding="utf-8")
    code = (
        "import sys, hwaccess.compose as c; assert 'yaml' not in sys.modules; "
        "c.load_project([sys.argv[1]]); "
        "print([name for name in ('jsonschema', 'docker') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False
    )
    assert (ran.stdout.strip(), ran.stderr) == (imported, "")


def test_what_an_item_of_registers_has_is_told_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "compose.yml"
    item = (
        "          registers: [{address: 0x48, register: 2, value: 3}, {address: 0x48, value: 3}]\n"
    )
    block = f"    x-hwaccess:\n      reach:\n        - i2c: /dev/i2c-1\n{item}"
    file.write_text(f"services:\n  app:\n    image: a\n{block}", encoding="utf-8")
    with pytest.raises(ComposeError) as caught:
        load_project([str(file)], environment={})
    assert caught.value.message.startswith(f"{file}:7:63: ")
    example = "such as {address: 0x48, register: 0x02, value: 0x5a}"
    assert caught.value.hint == f"each of registers has: address, register, value ({example})"
