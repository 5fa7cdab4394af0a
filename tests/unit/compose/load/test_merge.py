"""Several files over one another: each field by compose's rule for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.compose.conftest import Load, Refuse


def one(field: str, value: str) -> str:
    return f"services:\n  a:\n    {field}: {value}\n"


@pytest.mark.parametrize(
    ("field", "base", "over", "result"),
    [
        ("image", "x", "y", "y"),
        ("image", "x", "", "x"),
        ("privileged", "true", "false", False),
        ("command", "[a, b]", "[c]", ["c"]),
        ("command", "a b", "[c]", ["c"]),
        ("entrypoint", "[a]", "b", "b"),
        ("healthcheck", "{test: [a], retries: 1}", "{test: b}", {"test": "b", "retries": 1}),
        ("cap_add", "[A, B]", "[B, C]", ["A", "B", "C"]),
        ("cap_drop", "[ALL]", "[ALL]", ["ALL"]),
        ("group_add", "[dialout]", "[20]", ["dialout", 20]),
        ("devices", "[/dev/a]", "[/dev/b]", ["/dev/a", "/dev/b"]),
        (
            "devices",
            '["/dev/a:/dev/x", /dev/b]',
            '["/dev/c:/dev/x:r"]',
            ["/dev/c:/dev/x:r", "/dev/b"],
        ),
        (
            "devices",
            "[/dev/a]",
            "[{source: /dev/b, target: /dev/a}]",
            [{"source": "/dev/b", "target": "/dev/a"}],
        ),
        ("devices", "[/dev/a]", '["/dev/a:/dev/a:rw"]', ["/dev/a:/dev/a:rw"]),
        ("volumes", '["/a:/x", "b:/y"]', '["/c:/x/:ro"]', ["/c:/x/:ro", "b:/y"]),
        (
            "volumes",
            '["./a:/x"]',
            "[{type: bind, source: /b, target: /x}]",
            [{"type": "bind", "source": "/b", "target": "/x"}],
        ),
        ("volumes", "['c:\\a:/x']", "['d:/b:/x:ro']", ["d:/b:/x:ro"]),
        ("tmpfs", "/a", "/b", ["/a", "/b"]),
        ("tmpfs", "/a", "[/b, /a]", ["/a", "/b"]),
        ("dns", "1.1.1.1", "[8.8.8.8]", ["1.1.1.1", "8.8.8.8"]),
        ("ports", '["80:80", "1:1"]', '["81:80", "80:80"]', ["80:80", "1:1", "81:80"]),
        (
            "ports",
            '["80:80"]',
            "[{target: 80, published: '80'}]",
            [{"target": 80, "published": "80"}],
        ),
        ("ports", "['53:53/udp']", "['53:53']", ["53:53/udp", "53:53"]),
        ("ports", "['127.0.0.1:80:80']", "['80:80', 80]", ["127.0.0.1:80:80", "80:80", 80]),
        ("secrets", "[s, t]", "[{source: u, target: s}]", [{"source": "u", "target": "s"}, "t"]),
        ("configs", "[c]", "[{source: d, target: /c}]", [{"source": "d", "target": "/c"}]),
        ("environment", "{A: 1, B: 2}", "{B: 3, C: }", {"A": 1, "B": 3, "C": None}),
        ("environment", "[A=1, B=2]", "{B: 3}", {"A": "1", "B": 3}),
        ("environment", "{A: 1}", "[A, C=x=y]", {"A": None, "C": "x=y"}),
        ("environment", "[A=1]", "[B=2]", {"A": "1", "B": "2"}),
        ("environment", "", "[B=2]", {"B": "2"}),
        ("environment", "[B=2]", "", {"B": "2"}),
        ("labels", "{a: 1}", "[a=2, b]", {"a": "2", "b": None}),
        ("sysctls", "{a: 1}", "{b: 2}", {"a": 1, "b": 2}),
        ("extra_hosts", "[a:1.1.1.1]", "{b: 2.2.2.2}", ["a:1.1.1.1", "b=2.2.2.2"]),
        ("extra_hosts", "{a: 1.1.1.1}", "{b: 2.2.2.2}", {"a": "1.1.1.1", "b": "2.2.2.2"}),
        ("build", ".", "{args: [A=1]}", {"context": ".", "args": ["A=1"]}),
        (
            "build",
            "{args: {A: 1}, target: t}",
            "{args: [B=2]}",
            {"args": {"A": 1, "B": "2"}, "target": "t"},
        ),
        ("build", "{context: a}", "b", {"context": "b"}),
        ("networks", "[n]", "{m: {aliases: [x]}}", {"n": None, "m": {"aliases": ["x"]}}),
        ("networks", "[n]", "[m, n]", ["n", "m"]),
        (
            "depends_on",
            "[b]",
            "{c: {condition: service_healthy}}",
            {"b": {"condition": "service_started"}, "c": {"condition": "service_healthy"}},
        ),
        (
            "logging",
            "{driver: a, options: {x: 1}}",
            "{options: {y: 2}}",
            {"driver": "a", "options": {"x": 1, "y": 2}},
        ),
        ("logging", "{driver: a, options: {x: 1}}", "{driver: b}", {"driver": "b"}),
        (
            "ulimits",
            "{nofile: 1, core: 2}",
            "{nofile: {soft: 1, hard: 2}}",
            {"nofile": {"soft": 1, "hard": 2}, "core": 2},
        ),
        (
            "deploy",
            "{resources: {limits: {cpus: 1}}}",
            "{resources: {limits: {memory: 1m}}}",
            {"resources": {"limits": {"cpus": 1, "memory": "1m"}}},
        ),
        ("x-mine", "{a: 1, b: [1]}", "{b: [2]}", {"a": 1, "b": [1, 2]}),
        ("x-mine", "{a: {b: 1}}", "{a: [c]}", {"a": ["c"]}),
        ("cap_add", "[A]", "!override [B]", ["B"]),
        ("environment", "{A: 1}", "!override {B: 2}", {"B": 2}),
        ("image", "x", "!override y", "y"),
        ("environment", "{A: 1, B: 2}", "{A: !reset null}", {"B": 2}),
        ("security_opt", "[a]", "[b, a]", ["a", "b"]),
    ],
)
def test_a_field_merges_by_its_rule(
    load: Load, field: str, base: str, over: str, result: object
) -> None:
    loaded = load({"1.yml": one(field, base), "2.yml": one(field, over)}, "1.yml", "2.yml")
    assert loaded.services["a"] == {field: result}


@pytest.mark.parametrize("value", ["[]", "null", "{}", "[/dev/z]"])
def test_reset_takes_the_field_away(load: Load, value: str) -> None:
    over = f"services: {{a: {{devices: !reset {value}}}}}"
    loaded = load(
        {"1.yml": "services: {a: {image: i, devices: [/dev/a]}}", "2.yml": over}, "1.yml", "2.yml"
    )
    assert loaded.services == {"a": {"image": "i"}}


def test_a_third_file_adds_after_a_reset(load: Load) -> None:
    files = {
        "1.yml": "services: {a: {devices: [/dev/a]}}",
        "2.yml": "services: {a: {devices: !reset []}, b: !reset {}}",
        "3.yml": "services: {a: {devices: [/dev/c]}}",
    }
    assert load(files, *files).services == {"a": {"devices": ["/dev/c"]}}


def test_a_single_file_has_each_target_once_too(load: Load) -> None:
    loaded = load({"compose.yml": one("devices", '["/dev/a:/dev/x", "/dev/b:/dev/x"]')})
    assert loaded.services["a"]["devices"] == ["/dev/b:/dev/x"]


def test_a_variable_that_is_set_twice_has_the_last_value(load: Load) -> None:
    assert load({"compose.yml": one("environment", "[A=1, B=2, A=3]")}).services["a"][
        "environment"
    ] == ["A=3", "B=2"]


def test_an_external_network_may_change_its_form(load: Load) -> None:
    files = {
        "1.yml": "services: {a: {image: i}}\nnetworks: {n: {external: true}}",
        "2.yml": "networks: {n: {external: {name: z}}}",
    }
    assert load(files, *files).root["networks"] == {"n": {"external": {"name": "z"}}}


def test_whole_resources_are_added_and_merged(load: Load) -> None:
    files = {
        "1.yml": "version: '2.1'\nservices: {a: {image: i}}\nvolumes: {v: , w: {driver: x}}",
        "2.yml": "version: '2.4'\nservices: {b: {image: j}}\nvolumes: {v: {driver: y}, w: }",
    }
    assert load(files, *files).root == {
        "version": "2.4",
        "services": {"a": {"image": "i"}, "b": {"image": "j"}},
        "volumes": {"v": {"driver": "y"}, "w": {"driver": "x"}},
    }


def test_every_value_keeps_the_place_where_it_was_written(load: Load) -> None:
    files = {
        "1.yml": "services:\n  a:\n    image: i\n    devices:\n      - /dev/a\n",
        "2.yml": "services:\n  a:\n    devices: [/dev/b]\n    tty: true\n",
    }
    loaded = load(files, *files)
    assert [
        loaded.place(f"services/a/{path}") for path in ("devices/0", "devices/1", "tty", "image")
    ] == [
        "1.yml:5:9",
        "2.yml:3:15",
        "2.yml:4:10",
        "1.yml:3:12",
    ]


@pytest.mark.parametrize(
    ("field", "base", "over", "says"),
    [
        ("devices", "[a]", "b", "the value 'b' cannot be laid over a list (1.yml:3:14)"),
        ("devices", "[a]", "{b: c}", "a mapping cannot be laid over a list (1.yml:3:14)"),
        ("labels", "{a: b}", "c", "the value 'c' cannot be laid over a mapping (1.yml:3:13)"),
        ("deploy", "{mode: a}", "[a]", "a list cannot be laid over a mapping (1.yml:3:13)"),
        ("environment", "[A=1]", "[[x]]", "a list stands where NAME=VALUE belongs"),
    ],
)
def test_two_forms_that_do_not_go_together_are_an_error(
    refuse: Refuse, field: str, base: str, over: str, says: str
) -> None:
    error = refuse({"1.yml": one(field, base), "2.yml": one(field, over)}, "1.yml", "2.yml")
    assert says in str(error)
    assert error.place is not None
    assert error.place.file == "2.yml"
