"""What compose refuses, and that no value ends in a traceback."""

from __future__ import annotations

import pytest
from typed import one, project

from hwaccess.compose.grants.reader import EXAMPLES
from hwaccess.errors import ComposeError


@pytest.mark.parametrize(
    ("fields", "message", "hint"),
    [
        (
            "devices: /dev/i2c-1",
            "3:14: devices of service 'app': a list is wanted, not the text '/dev/i2c-1'",
            "devices: [",
        ),
        (
            "devices: [1]",
            "3:15: devices of service 'app': a text is wanted, not the number 1",
            "devices: [",
        ),
        ("devices: [{target: /dev/a}]", "a device has no source", "source: /dev/i2c-1"),
        (
            "privileged: maybe",
            "3:17: privileged of service 'app': true or false is wanted",
            "privileged: true",
        ),
        (
            "cap_add: {SYS_RAWIO: 1}",
            "3:14: cap_add of service 'app': a list is wanted, not a mapping",
            "cap_add: [",
        ),
        ("cap_add: [[A]]", "a list of texts is wanted, not a list", "cap_add: ["),
        (
            "user: 1000",
            "3:11: user of service 'app': a text is wanted, not the number 1000",
            'user: "1000:1000"',
        ),
        ("group_add: gpio", "a list is wanted", 'group_add: ["998"]'),
        ("network_mode: [host]", "a text is wanted, not a list", "network_mode: host"),
        ("security_opt: [unconfined]", "'unconfined' has no value", "seccomp=unconfined"),
        ("volumes: ['C:\\x:/x']", "is a Windows path", "begin the path"),
        ("volumes: ['/a:/b:ro:x']", "too many colons", "long form"),
        ("volumes: ['/a:']", "empty part", "SOURCE:TARGET"),
        ("volumes: [{source: /a, target: /b}]", "a mount has no type", "bind, volume"),
        ("volumes: [{type: blind, target: /b}]", "a mount of type 'blind'", "bind, volume"),
        ("volumes: [{type: bind, target: /b}]", "no source", "source:"),
        ("volumes: [{type: tmpfs}]", "no target", "target:"),
        (
            "volumes: ['nowhere:/x']",
            "3:15: service 'app' uses the volume 'nowhere', which is not declared",
            "volumes: {nowhere: {}}",
        ),
        ("gpus: some", "a list is wanted", "gpus: all"),
        ("gpus: [{count: 1, device_ids: ['0']}]", "exclude each other", "keep one"),
        ("gpus: [{count: many}]", 'a count or "all" is wanted', "gpus: all"),
        (
            "deploy: {resources: {reservations: {devices: [{count: 1}]}}}",
            "has no capabilities",
            'capabilities: ["gpu"]',
        ),
        ("environment: {A: [b]}", "a single value for 'A' is wanted", "environment: {"),
        ("labels: text", "a mapping is wanted", "labels: {"),
        ("sysctls: [net.core.somaxconn]", "has no value", "sysctls: {"),
        ("build: 7", "a text is wanted", "build: ./gpio"),
    ],
)
def test_what_compose_refuses(fields: str, message: str, hint: str) -> None:
    with pytest.raises(ComposeError) as caught:
        one(fields)
    assert message in caught.value.message
    assert caught.value.place is not None
    assert caught.value.message.startswith("compose.yml:3:")
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (
            "services: {a: {network_mode: host, networks: [b]}}",
            "1:30: network_mode of service 'a'",
            "remove one",
        ),
        (
            "services: {a: {pid: 'service:b'}}",
            "1:21: pid of service 'a': no service is called 'b'",
            "use one of: a",
        ),
        ("services: {a: {volumes_from: [b]}}", "no service is called 'b'", "remove it"),
        ("services: {a: 1}", "service 'a' is not a mapping", "write a:"),
        (
            "services: {}\nvolumes: [data]",
            "2:10: top-level volumes: a mapping is wanted",
            "volumes: {data: {}}",
        ),
        (
            "services: {}\nvolumes: {data: {external: perhaps}}",
            "true or false is wanted",
            "volumes: {data: {}}",
        ),
    ],
)
def test_what_compose_refuses_in_a_project(text: str, message: str, hint: str) -> None:
    with pytest.raises(ComposeError) as caught:
        project(text)
    assert message in caught.value.message
    assert hint in caught.value.hint


VALUES = (
    *("", "x", "1", "1.5", "true", "''", "' '", "':'", "a:b:c", "a=b"),
    *(
        "[]",
        "[1]",
        "[null]",
        "[true]",
        "['a:b:c']",
        "[':']",
        "['']",
        "['=']",
        "[[]]",
        "[{}]",
        "[a, a]",
    ),
    *(
        "[{source: 1}]",
        "[{source: ''}]",
        "[{type: bind}]",
        "[{type: bind, source: a, target: '', bind: 1}]",
        "[{count: }]",
    ),
    *(
        "{}",
        "{a: 1}",
        "{a: }",
        "{a: [1]}",
        "{a: {}}",
        "{1: 2}",
        "{'': ''}",
        "{context: [1]}",
        "{context: , target: 1}",
    ),
    *(
        "{resources: 1}",
        "{resources: {reservations: {devices: 1}}}",
        "{resources: {reservations: {devices: [{}]}}}",
    ),
    *(
        f"[{'9' * 5000}]",
        f"['{'9' * 5000}']",
        f"['c {'9' * 5000}:* rw']",
        f"[{{count: '{'9' * 5000}'}}]",
    ),
    *("{reach: 1}", "{reach: [{dbus: {}}]}", "{deny: [{'': a}]}", "{allow: {}}", "{allow: }"),
)


@pytest.mark.parametrize("field", sorted(EXAMPLES.keys() - {"services", "top-level volumes"}))
def test_no_value_of_any_field_ends_in_a_traceback(field: str) -> None:
    for value in VALUES:
        error = None
        places: set[str] = set()
        try:
            places = {grant.place.file for grant in one(f"{field}: {value}")[0].grants}
        except ComposeError as refused:
            error = refused
        assert places <= {"compose.yml"}, value
        assert error is None or (error.place is not None and error.hint), value
