"""`extends` and `include`: chains, other directories, circles, conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.compose.conftest import Load, Refuse


def test_a_service_is_laid_over_the_one_it_extends(load: Load) -> None:
    loaded = load(
        {
            "compose.yml": """\
services:
  top:
    extends: {service: middle}
    cap_add: [SYS_RAWIO]
  middle:
    extends: base
    devices: ["/dev/b:/dev/x"]
    environment: [A=2]
  base:
    image: i
    devices: ["/dev/a:/dev/x", /dev/y]
    environment: {A: 1, B: 1}
"""
        }
    )
    assert loaded.services["top"] == {
        "image": "i",
        "devices": ["/dev/b:/dev/x", "/dev/y"],
        "environment": {"A": "2", "B": 1},
        "cap_add": ["SYS_RAWIO"],
    }
    assert loaded.place("services/top") == "compose.yml:3:5"
    assert loaded.place("services/top/devices/1") == "compose.yml:11:32"
    assert loaded.place("services/top/cap_add/0") == "compose.yml:4:15"


def test_reset_and_override_work_against_the_extended_service(load: Load) -> None:
    loaded = load(
        {
            "compose.yml": """\
services:
  a: {image: i, devices: [/dev/a], cap_add: [A], privileged: true}
  b: {extends: a, devices: !override [/dev/b], cap_add: !reset [], privileged: !reset null}
  c: {extends: b}
"""
        }
    )
    assert loaded.services["b"] == loaded.services["c"] == {"image": "i", "devices": ["/dev/b"]}


def test_paths_of_an_extended_service_start_at_its_own_file(load: Load, tmp_path: Path) -> None:
    loaded = load(
        {
            "compose.yml": (
                "services: {a: {extends: {file: sub/base.yml, service: b}, volumes: ['./x:/x']}}"
            ),
            "sub/base.yml": """\
services:
  b:
    extends: {file: ../deep/c.yml, service: c}
    build: {context: ., additional_contexts: {one: ./one, two: "https://example.com/two.git"}}
    volumes: ["./data:/data", "named:/named", "~/h:/h", "/abs:/abs",
              {type: bind, source: .., target: /up}]
    env_file: b.env
  unused: {image: i}
""",
            "sub/b.env": "B=1\n",
            "deep/c.yml": (
                "services: {c: {env_file: [c.env], volumes: ['./c:/c'], "
                "develop: {watch: [{path: ./w}]}}}"
            ),
            "deep/c.env": "C=1\n",
        },
        environment={},
    )
    service = loaded.services["a"]
    sub, deep = tmp_path / "sub", tmp_path / "sub/../deep"
    deep = tmp_path / "deep"
    assert service["build"] == {
        "context": str(sub),
        "additional_contexts": {"one": str(sub / "one"), "two": "https://example.com/two.git"},
    }
    volumes = [volume for volume in service["volumes"] if not str(volume).endswith("/h:/h")]
    assert volumes == [
        f"{deep}/c:/c",
        f"{sub}/data:/data",
        "named:/named",
        "/abs:/abs",
        {"type": "bind", "source": f"{sub}/..", "target": "/up"},
        "./x:/x",
    ]
    assert service["environment"] == {"C": "1", "B": "1"}
    assert service["develop"] == {"watch": [{"path": f"{deep}/w"}]}
    assert loaded.place("services/a/volumes/1") == "sub/base.yml:5:15"
    assert loaded.tree.files == ("compose.yml", "sub/base.yml", "sub/../deep/c.yml")


def test_a_file_in_the_same_directory_leaves_paths_as_written(load: Load) -> None:
    loaded = load(
        {
            "compose.yml": "services: {a: {extends: {file: ./base.yml, service: b}}}",
            "base.yml": "services: {b: {build: ., volumes: ['./x:/x']}}",
        }
    )
    assert loaded.services["a"] == {"build": ".", "volumes": ["./x:/x"]}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            {"compose.yml": "services:\n  a: {extends: b}\n  b: {extends: c}\n  c: {extends: a}\n"},
            "in a circle: a (compose.yml:2:7) -> b (compose.yml:3:7) -> c (compose.yml:4:7) -> a",
        ),
        (
            {"compose.yml": "services:\n  a: {extends: a}\n"},
            "compose.yml:2:7: extends goes round in a circle: a (compose.yml:2:7) -> a",
        ),
        (
            {"compose.yml": "services:\n  x: {extends: a}\n  a: {extends: b}\n  b: {extends: a}\n"},
            (
                "compose.yml:3:7: extends goes round in a circle: "
                "a (compose.yml:3:7) -> b (compose.yml:4:7) -> a"
            ),
        ),
        (
            {
                "compose.yml": "services:\n  a: {extends: {file: d/o.yml, service: b}}\n",
                "d/o.yml": "services:\n  b: {extends: {file: ../compose.yml, service: a}}\n",
            },
            "circle: a (compose.yml:2:7) -> b (d/o.yml:2:7) -> a",
        ),
        (
            {"compose.yml": "services:\n  a: {extends: sensr}\n  sensor: {image: i}\n"},
            "compose.yml:2:16: there is no service 'sensr' in compose.yml to extend",
        ),
        (
            {
                "compose.yml": "services:\n  a: {extends: {service: b, file: o.yml}}\n",
                "o.yml": "services: {c: {image: i}}",
            },
            "compose.yml:2:26: there is no service 'b' in o.yml to extend",
        ),
        (
            {
                "compose.yml": "services:\n  a: {extends: {service: b, file: o.yml}}\n",
                "o.yml": "x-y: 1",
            },
            "there is no service 'b' in o.yml to extend",
        ),
        (
            {"compose.yml": "services:\n  a: {extends: {service: b, file: no.yml}}\n"},
            "compose.yml:2:35: the compose file no.yml is not there",
        ),
        (
            {"compose.yml": "services:\n  a: {extends: {file: o.yml}}\n"},
            "compose.yml:2:16: extends names no service",
        ),
        (
            {"compose.yml": "services:\n  a: {extends: [b]}\n"},
            "compose.yml:2:16: extends is a list",
        ),
        ({"compose.yml": "services:\n  a: {extends: }\n"}, "compose.yml:2:16: extends is empty"),
        (
            {"compose.yml": "services:\n  a: {extends: {service: b, file: [x]}}\n"},
            "the file of extends is a list",
        ),
        (
            {"compose.yml": "services:\n  a: {extends: {service: b, file: 'https://x/y.yml'}}\n"},
            "'https://x/y.yml' would have to be fetched",
        ),
        ({"compose.yml": 'services:\n  a: {extends: {service: b, file: "a\\0b"}}\n'}, "is no path"),
        (
            {
                "compose.yml": "services:\n  s0: {image: i}\n"
                + "".join(f"  s{n}: {{extends: s{n - 1}}}\n" for n in reversed(range(1, 900)))
            },
            "a chain of more than 40 extends",
        ),
    ],
)
def test_an_extends_that_leads_nowhere_is_an_error(
    refuse: Refuse, files: dict[str, str], says: str
) -> None:
    assert says in str(refuse(files))


def test_did_you_mean_the_service(refuse: Refuse) -> None:
    assert (
        refuse({"compose.yml": "services: {a: {extends: sensr}, sensor: {image: i}}"}).hint
        == "did you mean 'sensor'?"
    )


def test_an_included_file_has_its_own_directory_and_env_file(load: Load, tmp_path: Path) -> None:
    loaded = load(
        {
            "compose.yml": "include:\n  - sub/compose.yml\nservices: {a: {image: '${V}'}}\n",
            ".env": "V=main\nBOTH=main\n",
            "sub/compose.yml": """\
include: [{path: inner/i.yml, project_directory: ., env_file: inner/own.env}]
services:
  b: {image: "${BOTH}-${SUB}", build: ., volumes: ["./d:/d", "v:/v"], env_file: b.env}
volumes: {v: }
secrets: {s: {file: s.txt}}
""",
            "sub/.env": "BOTH=sub\nSUB=sub\n",
            "sub/b.env": "B=1\n",
            "sub/inner/i.yml": "services: {c: {image: '${SUB}-${OWN}', build: ./here}}\n",
            "sub/inner/own.env": "OWN=own\nSUB=inner\n",
        }
    )
    sub = tmp_path / "sub"
    assert loaded.root == {
        "services": {
            "a": {"image": "main"},
            "b": {
                "image": "main-sub",
                "build": str(sub),
                "volumes": [f"{sub}/d:/d", "v:/v"],
                "environment": {"B": "1"},
            },
            "c": {"image": "sub-own", "build": f"{sub}/here"},
        },
        "volumes": {"v": None},
        "secrets": {"s": {"file": f"{sub}/s.txt"}},
    }
    assert loaded.place("services/b/volumes/0") == "sub/compose.yml:3:52"
    assert loaded.tree.files == ("compose.yml", "sub/compose.yml", "sub/inner/i.yml")
    assert loaded.tree.directory == str(tmp_path)


def test_the_files_of_one_include_are_merged_and_the_main_file_may_extend_theirs(
    load: Load,
) -> None:
    files = {
        "compose.yml": (
            "include: [{path: [s/1.yml, s/2.yml]}]\nservices: {a: {extends: b, tty: true}}\n"
        ),
        "s/1.yml": "services: {b: {image: i}}\n",
        "s/2.yml": "services: {b: {image: j}}\n",
    }
    assert load(files).services == {"a": {"image": "j", "tty": True}, "b": {"image": "j"}}


def test_a_later_file_overrides_what_an_earlier_one_includes(load: Load) -> None:
    files = {
        "compose.yml": "include: [b.yml]\n",
        "compose.override.yml": "services: {b: {image: j}}\n",
        "b.yml": "services: {b: {image: i, tty: true}}\n",
    }
    assert load(files, ".").services == {"b": {"image": "j", "tty": True}}


def test_the_same_service_twice_is_no_conflict(load: Load) -> None:
    files = {
        "compose.yml": "include: [b.yml]\nservices: {b: {image: i}}\n",
        "b.yml": "services: {b: {image: i}}\n",
    }
    assert load(files).services == {"b": {"image": "i"}}


@pytest.mark.parametrize(
    ("files", "says"),
    [
        (
            {
                "compose.yml": "include: [b.yml]\nservices: {b: {image: i}}\n",
                "b.yml": "services: {b: {image: j}}\n",
            },
            (
                "compose.yml:2:12: services: 'b' is here and, otherwise, "
                "in an included file (b.yml:1:12)"
            ),
        ),
        (
            {
                "compose.yml": "include:\n  - b.yml\n",
                "b.yml": "include: [s/c.yml]\n",
                "s/c.yml": "include: [../compose.yml]\n",
            },
            (
                "circle: compose.yml -> b.yml (compose.yml:2:5) -> s/c.yml (b.yml:1:11) "
                "-> s/../compose.yml (s/c.yml:1:11)"
            ),
        ),
        (
            {"compose.yml": "include: [compose.yml]\n"},
            "circle: compose.yml -> compose.yml (compose.yml:1:11)",
        ),
        (
            {"compose.yml": "include: [no.yml]\n"},
            "compose.yml:1:11: the compose file no.yml is not there",
        ),
        (
            {"compose.yml": "include: no.yml\n"},
            "compose.yml:1:10: include is a list, and this is the value 'no.yml'",
        ),
        (
            {"compose.yml": "include: [{env_file: x}]\n"},
            "compose.yml:1:11: this include names no file",
        ),
        ({"compose.yml": "include: [[x]]\n"}, "this include names no file"),
        ({"compose.yml": "include: ['']\n"}, "a path belongs here"),
        (
            {
                "compose.yml": "include: [{path: b.yml, env_file: no.env}]\n",
                "b.yml": "services: {b: {image: i}}",
            },
            "the env file no.env is not there",
        ),
        ({"compose.yml": "include: ['git@example.com:x.git']\n"}, "would have to be fetched"),
        ({"compose.yml": "include: ['oci://example.com/x']\n"}, "would have to be fetched"),
        (
            {"compose.yml": "include: [b.yml]\n", "b.yml": "services: 1"},
            "b.yml:1:11: services is a mapping by name",
        ),
        (
            {"compose.yml": "include: [b.yml]\n", "b.yml": "volumes: {}"},
            "compose.yml has no services",
        ),
        (
            {"compose.yml": "include: [1.yml, 1.yml]\n", "10.yml": "services: {b: {image: i}}"}
            | {f"{n}.yml": f"include: [{n + 1}.yml, {n + 1}.yml]\n" for n in range(1, 10)},
            "more than 500 files are included or extended",
        ),
    ],
)
def test_an_include_that_cannot_be_is_an_error(
    refuse: Refuse, files: dict[str, str], says: str
) -> None:
    assert says in str(refuse(files))
