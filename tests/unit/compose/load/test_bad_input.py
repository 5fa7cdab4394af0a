"""Whatever stands in the files, loading ends in a tree or in an error of ours, and soon."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from hwaccess.compose.load.loader import load_tree
from hwaccess.errors import ComposeError, HwAccessError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the compose file f.yml is empty"),
        (b"# nothing\n", "the compose file f.yml is empty"),
        (b"\xef\xbb\xbf", "the compose file f.yml is empty"),
        (b"a: \xff", "f.yml:1:4: no UTF-8 text: byte 0xff"),
        (b"a: 1\nb: caf\xe9\n", "f.yml:2:7: no UTF-8 text: byte 0xe9"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "f.yml:1:1: the character U+007F cannot stand in YAML"),
        (b"a\x00b", "f.yml:1:2: the character U+0000 cannot stand in YAML"),
        (b"\x1f\x8b\x08", "f.yml:1:2: no UTF-8 text"),
        (b"x: " + b"a" * (10 * 1024 * 1024), "the compose file f.yml is larger than 2 MiB"),
        (b"[" * 100_000, "nested more than 64 levels deep"),
        (b"{a: " * 100_000, "nested more than 64 levels deep"),
        (b"a:\n" + b"".join(b" " * n + b"- \n" for n in range(300)), "nested more than"),
        (b"\xff\xfea", "no UTF-8 text"),
        (b'services: {"a\\0": {image: i}}', "is no name for a service"),
        (b'services: {a: {env_file: "a\\0b"}}', "is not there"),
        (b'services: {a: {env_file: "' + b"a/" * 4000 + b'"}}', "is not there"),
        (b'services: {a: {extends: {service: b, file: "a\\0"}}}', "is no path"),
        (b'include: ["a\\0"]', "is no path"),
        (b'include: ["' + b"a" * 9000 + b'"]', "cannot be read: file name too long"),
        (b"include: [.]", "cannot be read: is a directory"),
    ],
)
def test_a_file_that_is_no_compose_file_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("f.yml").write_bytes(data)
    start = perf_counter()
    with pytest.raises(ComposeError) as caught:
        load_tree(["f.yml"], environment={})
    assert says in str(caught.value)
    assert caught.value.hint
    assert len(str(caught.value)) < 10_000
    assert perf_counter() - start < 5


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("no.yml", "the compose file no.yml is not there"),
        ("no/such/dir.yml", "the compose file no/such/dir.yml is not there"),
        ("a\0b", "cannot be read: embedded null byte"),
        ("x" * 5000, "cannot be read: file name too long"),
        ("", "no compose file in the directory"),
        ("file/x.yml", "cannot be read: not a directory"),
        ("loop.yml", "cannot be read: too many levels of symbolic links"),
    ],
)
def test_a_name_that_leads_to_no_file_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("")
    Path("loop.yml").symlink_to("loop.yml")
    with pytest.raises(ComposeError) as caught:
        load_tree([name], environment={})
    assert says in str(caught.value)


def test_a_file_that_may_not_be_read_is_an_error(tmp_path: Path) -> None:
    """Root may read everything, so this is asked of another user's process."""
    file = tmp_path / "compose.yml"
    file.write_text("services: {a: {image: i}}")
    file.chmod(0)
    code = (
        "import os, sys\n"
        "from hwaccess.compose.load.loader import load_tree\n"
        "from hwaccess.errors import ComposeError\n"
        "if os.getuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: load_tree([sys.argv[1]], environment={})\n"
        "except ComposeError as error: print(error, error.hint, sep='\\n')\n"
    )
    for directory in (tmp_path, *tmp_path.parents):
        if directory.stat().st_uid == os.getuid() and directory != Path("/"):
            directory.chmod(directory.stat().st_mode | 0o055)
        if directory.name.startswith("pytest-of-"):
            break
    run = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True
    )
    assert f"the compose file '{file}' cannot be read: permission denied" in run.stdout


def test_a_utf_16_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "compose.yml"
    file.write_bytes("services: {a: {image: i}}".encode("utf-16"))
    assert load_tree([file], environment={}).root.get("services") is not None


# Every construct that the loader knows, in the shape of a device's compose file.
SEEDS = (
    """\
version: "2.1"
x-common: &common
  restart: always
  labels: &labels
    io.balena.features.dbus: '1'
services:
  gpio:
    <<: *common
    build: {context: ./gpio, args: [A=1]}
    privileged: ${PRIVILEGED:-true}
    devices:
      - "/dev/gpiomem:/dev/gpiomem"
      - {source: /dev/gpiochip0, target: /dev/gpiochip0, permissions: rw}
    cap_add: [SYS_RAWIO]
  i2c:
    extends: {file: base.yml, service: base}
    image: "i2c:${TAG-latest}"
    devices: !override ["/dev/i2c-1"]
    volumes:
      - ./data:/data
      - type: bind
        source: /run/dbus
        target: /host/run/dbus
    env_file: [{path: a.env, required: false}]
    environment:
      - DBUS_SYSTEM_BUS_ADDRESS=unix:path=/host/run/dbus/system_bus_socket
    device_cgroup_rules: ["c 89:* rw"]
    profiles: [hil]
volumes:
  data: {}
""",
    (
        "services:\n  base: {image: b, extends: other, ulimits: {core: 0}}\n"
        "  other: {labels: [a=b], tmpfs: /t}\n"
    ),
    "include: [base.yml]\nservices: {main: {image: m, ports: ['80:80']}}\n",
    "A=1\nexport B='x'\nC=\"${A}\\n$B\"\n",
)
SPLICES = (
    *(
        "$",
        "${",
        "}",
        "{",
        "[",
        "]",
        ":",
        ": ",
        "- ",
        "\n",
        "\t",
        "  ",
        "'",
        '"',
        "&common ",
        "*common",
        "*x",
        "<<: ",
    ),
    *(
        "!reset ",
        "!override ",
        "!!int ",
        "~",
        "null",
        "\\",
        "#",
        "|\n",
        ">\n",
        "---\n",
        "?",
        "%",
        "@",
        "`",
        ",",
        "é",
        "\x85",
    ),
    *(
        "services:",
        "extends: ",
        "include: ",
        "base",
        "gpio",
        "file: ",
        "env_file: ",
        "environment: ",
        "[[[[",
        "0x",
        "1e9",
    ),
)


def mutated(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((0, 0, 1, 2, 5, 20)))
        piece = chance.choice(
            (*SPLICES, text[chance.randrange(len(text) + 1) :][: chance.randint(1, 40)])
        )
        text = text[:start] + piece + text[end:]
    return text


def mutations() -> Iterator[tuple[str, ...]]:
    chance = random.Random(20180307)  # noqa: S311 -- the same files in every run
    for _ in range(800):
        which = chance.randrange(len(SEEDS))
        yield tuple(mutated(text, chance) if n == which else text for n, text in enumerate(SEEDS))


def test_a_damaged_project_loads_or_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ends = {"loaded": 0, "refused": 0}
    for main, base, including, env in mutations():
        Path("compose.yml").write_text(main, encoding="utf-8")
        Path("base.yml").write_text(base, encoding="utf-8")
        Path("including.yml").write_text(including, encoding="utf-8")
        Path("a.env").write_text(env, encoding="utf-8")
        for files in (["compose.yml", "including.yml"], ["including.yml", "compose.yml"]):
            try:
                load_tree(files, profiles=["*"], environment={"TAG": "1"})
            except HwAccessError:
                ends["refused"] += 1
            else:
                ends["loaded"] += 1
    assert min(ends.values()) > 100, ends  # the damage is neither nothing nor everything
