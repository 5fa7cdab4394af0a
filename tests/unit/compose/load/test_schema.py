"""Fields that compose does not know, sections of the wrong kind, versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hwaccess.compose.load.rules import RULES
from hwaccess.compose.load.schema_fields import FIELDS

if TYPE_CHECKING:
    from tests.unit.compose.conftest import Load, Refuse


def in_service(lines: str) -> str:
    return f"services:\n  a:\n    image: i\n    {lines}\n"


@pytest.mark.parametrize(
    ("text", "rule", "place", "says"),
    [
        (
            in_service("device: [x]"),
            "HW001",
            "4:5",
            "no field 'device' under services.a; did you mean 'devices'?",
        ),
        (in_service("cap-add: [x]"), "HW001", "4:5", "did you mean 'cap_add'?"),
        (in_service("capAdd: [x]"), "HW001", "4:5", "did you mean 'cap_add'?"),
        (in_service("caps: [x]"), "HW001", "4:5", "did you mean 'cap_add'?"),
        (in_service("capabilities: [x]"), "HW001", "4:5", "did you mean 'cap_add'?"),
        (in_service("privilege: true"), "HW001", "4:5", "did you mean 'privileged'?"),
        (in_service("Privileged: true"), "HW001", "4:5", "did you mean 'privileged'?"),
        (
            in_service("device_cgroup_rule: []"),
            "HW001",
            "4:5",
            "did you mean 'device_cgroup_rules'?",
        ),
        (in_service("net: host"), "HW001", "4:5", "did you mean 'network_mode'?"),
        (in_service("network: host"), "HW001", "4:5", "did you mean 'networks'?"),
        (in_service("enviroment: []"), "HW001", "4:5", "did you mean 'environment'?"),
        (in_service("zzz: 1"), "HW001", "4:5", "compose knows no field 'zzz' under services.a"),
        (
            in_service("dockerfile: x"),
            "HW002",
            "4:5",
            (
                "'dockerfile' does nothing under services.a: "
                "'dockerfile' belongs under services.a.build"
            ),
        ),
        (in_service("version: 1"), "HW002", "4:5", "belongs at the top level"),
        (
            in_service("build: {contxt: .}"),
            "HW001",
            "4:13",
            "under services.a.build; did you mean 'context'?",
        ),
        (in_service("build: {devices: []}"), "HW002", "4:13", "belongs under services.a"),
        (in_service("deploy: {cap_add: []}"), "HW002", "4:14", "belongs under services.a"),
        (in_service("deploy: {resources: {limit: {}}}"), "HW001", "4:26", "did you mean 'limits'?"),
        (
            in_service("volumes: [{type: bind, src: /a, target: /b}]"),
            "HW001",
            "4:28",
            "under services.a.volumes; did you mean 'source'?",
        ),
        (
            in_service("volumes: [{bind: {propagtion: x}}]"),
            "HW001",
            "4:23",
            "did you mean 'propagation'?",
        ),
        (
            in_service("devices: [{source: a, permission: r}]"),
            "HW001",
            "4:27",
            "did you mean 'permissions'?",
        ),
        (in_service("healthcheck: {tests: x}"), "HW001", "4:19", "did you mean 'test'?"),
        (in_service("networks: {n: {alias: []}}"), "HW001", "4:20", "did you mean 'aliases'?"),
        (
            in_service("env_file: [{path: /dev/null, require: 1}]"),
            "HW001",
            "4:34",
            "did you mean 'required'?",
        ),
        (
            in_service("x: 1") + "devices: []",
            "HW002",
            "5:1",
            "'devices' does nothing at the top level: 'devices' belongs",
        ),
        (
            in_service("") + "device: []",
            "HW002",
            "5:1",
            "does nothing at the top level: 'devices' belongs under services.NAME",
        ),
        (in_service("tty: true") + "service: {}", "HW001", "5:1", "did you mean 'services'?"),
        (
            in_service("tty: true") + "volumes: {v: {drivr: x}}",
            "HW001",
            "5:15",
            "under volumes; did you mean 'driver'?",
        ),
        (
            "include: [{paths: x, path: b.yml}]\n" + in_service(""),
            "HW001",
            "1:12",
            "did you mean 'path'?",
        ),
        (in_service("x-hwacces: {}"), "HW001", "4:5", "did you mean 'x-hwaccess'?"),
        (in_service("x-hw-access: {}"), "HW001", "4:5", "did you mean 'x-hwaccess'?"),
        (in_service("x-HwAccess: {}"), "HW001", "4:5", "did you mean 'x-hwaccess'?"),
        ("x-hwaccess: {}\n" + in_service(""), "HW002", "1:1", "belongs under services.NAME"),
        ("x-hwacess: {}\n" + in_service(""), "HW002", "1:1", "belongs under services.NAME"),
        (in_service("build: {x-hwaccess: {}}"), "HW002", "4:13", "belongs under services.a"),
        (in_service("devices: !rest []"), "HW003", "4:14", "compose passes over the tag !rest"),
        (
            "version: 1\n" + in_service(""),
            "HW004",
            "1:10",
            "no compose file format has the version '1'",
        ),
        ("version: '3.10'\n" + in_service(""), "HW004", "1:10", "version '3.10'"),
        ("version: '2.5'\n" + in_service(""), "HW004", "1:10", "version '2.5'"),
        ("version: [2]\n" + in_service(""), "HW004", "1:10", "version 'a list'"),
    ],
)
def test_what_compose_does_not_know_is_told(
    load: Load, text: str, rule: str, place: str, says: str
) -> None:
    loaded = load({"compose.yml": text, "b.yml": "services: {b: {image: i}}"})
    told = [(found.rule, str(found.place), found.summary) for found in loaded.tree.findings]
    assert any(
        found[:2] == (rule, f"compose.yml:{place}") and says in found[2] for found in told
    ), told
    assert all(found.remedy for found in loaded.tree.findings)


@pytest.mark.parametrize(
    ("line", "severity"),
    [("device: [x]", "error"), ("x-hwacces: {}", "error"), ("devices: !rest []", "warning")],
)
def test_what_compose_refuses_or_nobody_reads_is_an_error(
    load: Load, line: str, severity: str
) -> None:
    (finding,) = load({"compose.yml": in_service(line)}).tree.findings
    assert finding.severity.value == severity


@pytest.mark.parametrize(
    ("field", "place", "says"),
    [
        ("post_start: [{comand: x}]", "4:19", "services.a.post_start; did you mean 'command'?"),
        (
            "develop: {watch: [{pth: x}]}",
            "4:24",
            "services.a.develop.watch; did you mean 'path'?",
        ),
        (
            "deploy: {resources: {limits: {devices: []}}}",
            "4:35",
            "'devices' belongs under services.a",
        ),
        ("volumes: [{cluster: {}}]", "4:16", "compose knows no field 'cluster'"),
    ],
)
def test_the_sections_that_a_list_by_hand_had_missed_are_looked_at(
    load: Load, field: str, place: str, says: str
) -> None:
    (finding,) = load({"compose.yml": in_service(field)}).tree.findings
    assert str(finding.place) == f"compose.yml:{place}"
    assert says in finding.summary


VERSIONS = ["2", "2.0", "2.1", "2.4", "3", "3.0", "3.8", "3.9"]


@pytest.mark.parametrize("version", [*VERSIONS, *(f"'{version}'" for version in VERSIONS)])
def test_a_known_version_is_no_finding(load: Load, version: str) -> None:
    loaded = load({"compose.yml": f"version: {version}\n" + in_service("")})
    assert loaded.findings == []
    assert str(loaded.root["version"]) == version.strip("'")


def test_x_fields_are_allowed_everywhere(load: Load) -> None:
    text = """\
x-top: {anything: 1}
services:
  x-a-service-all-the-same: {image: i, x-a: [1]}
  a:
    image: i
    x-a: 1
    x-access: 1
    x-hardware: 1
    x-hwaccess: {}
    build: {context: ., x-b: 1}
    deploy: {x-c: 1, resources: {x-d: {}}}
    volumes: [{type: bind, source: /a, target: /b, x-e: 1}]
networks: {n: {x-f: 1}}
"""
    assert load({"compose.yml": text}).findings == []


def test_a_finding_of_a_service_names_it_and_is_told_once(load: Load) -> None:
    text = (
        "x-a: &a\n  device: [x]\n"
        "services:\n  a: {<<: *a, image: i}\n  b: {<<: *a, image: i}\n  c: {extends: a}\n"
    )
    (finding,) = load({"compose.yml": text}).tree.findings
    assert (finding.service, str(finding.place)) == ("a", "compose.yml:2:3")


def test_every_field_of_a_full_service_is_known(load: Load) -> None:
    special = {"extends", "env_file", "label_file"}
    fields = "".join(f"    {name}: \n" for name in sorted(FIELDS["services.*"] - special))
    assert load({"compose.yml": f"services:\n  a:\n{fields}"}).findings == []


def test_the_rules_are_numbered_for_the_loader() -> None:
    ids = [rule.id for rule in RULES]
    assert ids == sorted(set(ids))
    assert all("HW001" <= rule.id <= "HW019" for rule in RULES)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("services: [a]", "1:11: services is a mapping by name, and this is a list"),
        ("services: a", "1:11: services is a mapping by name, and this is the value 'a'"),
        (
            "services: {a: b}",
            "1:15: the service 'a' is a mapping of fields, and this is the value 'b'",
        ),
        ("services: {a: [b]}", "1:15: the service 'a' is a mapping of fields, and this is a list"),
        ("services: {image: x, build: .}", "1:19: the service 'image' is a mapping of fields"),
        ("services: {a: }", "1:12: the service 'a' is empty"),
        ("services: {'a b': {image: i}}", "1:12: 'a b' is no name for a service"),
        ("services: {'': {image: i}}", "1:12: '' is no name for a service"),
        (
            "services: {a: {image: i}}\nvolumes: [v]",
            "2:10: volumes is a mapping by name, and this is a list",
        ),
        ("services: {a: {image: i}}\nvolumes: {v: w}", "2:14: volumes: v is a mapping of fields"),
        ("services: {a: {image: i}}\nnetworks: n", "2:11: networks is a mapping by name"),
        ("services:", "1:10: compose.yml has no services"),
        ("services: {}", "1:11: compose.yml has no services"),
        ("x-a: 1", "1:1: compose.yml has no services"),
        ("service: {a: {image: i}}", "1:1: compose.yml has no services"),
        (
            "a: {image: i}",
            "1:1: the service 'a' stands at the top level, as in compose files of version 1",
        ),
        ("version: '2'\na: {build: .}", "2:1: the service 'a' stands at the top level"),
        ("- a", "1:1: a compose file is a mapping, and this is a list"),
        ("text", "1:1: a compose file is a mapping, and this is the value 'text'"),
        ("42", "1:1: a compose file is a mapping"),
        ("~", "1:1: a compose file is a mapping, and this is empty"),
        ("services: {a: {image: i}}\nname: A B", "2:7: name: 'A B' is no project name"),
    ],
)
def test_a_section_of_the_wrong_kind_is_an_error(refuse: Refuse, text: str, says: str) -> None:
    assert str(refuse({"compose.yml": text})).startswith(f"compose.yml:{says}")


def test_services_under_another_name_are_guessed(refuse: Refuse) -> None:
    assert (
        refuse({"compose.yml": "service: {a: {image: i}}\nx-a: 1"}).hint
        == "write services: instead of service:"
    )
