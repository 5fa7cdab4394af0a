"""Patches of compose files: just the wanted change, in the file's manner, taken by real `patch`."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml

from hwaccess.compose.write.patch import patch
from hwaccess.model import Change

EXAMPLES = Path(__file__).parents[4] / "compose-examples"
ADD = Change("add", "devices", "/dev/i2c-1:/dev/i2c-1")
CAP = Change("add", "cap_add", "SYS_RAWIO")
ENV = Change("add", "environment", "BUS=unix:path=/run/bus")
LABEL = Change("add", "labels", 'io.balena.features.dbus: "1"')


def applied(
    folder: Path, text: str, *changes: Change, service: str = "app", file: str = "compose.yaml"
) -> str | None:
    """The text after `patch -p1` took what `patch` made of it, or None when it made nothing."""
    made = patch(text, file, service, changes)
    if made is None:
        return None
    target = folder / file
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text.encode())
    done = subprocess.run(
        ["patch", "-p1", "--batch", "--fuzz=0"],
        input=made.encode(),
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode() + made
    return target.read_bytes().decode()


def service(*lines: str) -> str:
    """A file with these lines below the service `app` and another service after it."""
    return "\n".join(
        ["services:", "  app:", *(f"    {line}" for line in lines), "  other:", "    image: x", ""]
    )


CASES = {
    "block list": (
        (ADD,),
        ("devices:", "  - /dev/a"),
        ("devices:", "  - /dev/a", "  - /dev/i2c-1:/dev/i2c-1"),
    ),
    "dashes level with the field": (
        (ADD,),
        ("devices:", "- '/dev/a'", "# end", "image: x"),
        ("devices:", "- '/dev/a'", "- '/dev/i2c-1:/dev/i2c-1'", "# end", "image: x"),
    ),
    "wide dashes, a comment behind": (
        (ADD,),
        ("devices:", '  -   "/dev/a"  # the a', "", "image: x"),
        ("devices:", '  -   "/dev/a"  # the a', '  -   "/dev/i2c-1:/dev/i2c-1"', "", "image: x"),
    ),
    "long form before it": (
        (ADD,),
        ("devices:", "  - source: /dev/a", "    target: /dev/a", "image: x"),
        (
            "devices:",
            "  - source: /dev/a",
            "    target: /dev/a",
            "  - /dev/i2c-1:/dev/i2c-1",
            "image: x",
        ),
    ),
    "flow list": ((ADD,), ("devices: [/dev/a]",), ('devices: [/dev/a, "/dev/i2c-1:/dev/i2c-1"]',)),
    "flow list with spaces": (
        (ADD,),
        ("devices: [ '/dev/a' ] # a",),
        ("devices: [ '/dev/a', '/dev/i2c-1:/dev/i2c-1' ] # a",),
    ),
    "flow list over lines": (
        (CAP,),
        ("cap_add: [", "  NET_RAW,", "  SYS_TIME, # clock", "]"),
        ("cap_add: [", "  NET_RAW,", "  SYS_TIME, # clock", "  SYS_RAWIO,", "]"),
    ),
    "flow list over lines, no last comma": (
        (CAP,),
        ("cap_add: [", "  NET_RAW,", "  SYS_TIME # clock", "]"),
        ("cap_add: [", "  NET_RAW,", "  SYS_TIME, # clock", "  SYS_RAWIO", "]"),
    ),
    "empty flow list": ((CAP,), ("cap_add: []", "image: x"), ("cap_add: [SYS_RAWIO]", "image: x")),
    "empty field": ((CAP,), ("cap_add:", "image: x"), ("cap_add:", "  - SYS_RAWIO", "image: x")),
    "new field": ((CAP,), ("image: x",), ("image: x", "cap_add:", "  - SYS_RAWIO")),
    "new field before extensions": (
        (CAP,),
        ("image: x", "x-hwaccess:", "  reach:", "    - i2c"),
        ("image: x", "cap_add:", "  - SYS_RAWIO", "x-hwaccess:", "  reach:", "    - i2c"),
    ),
    "new field like its brother in brackets": (
        (ADD,),
        ('cap_add: ["A"]', "image: x"),
        ('cap_add: ["A"]', "image: x", 'devices: ["/dev/i2c-1:/dev/i2c-1"]'),
    ),
    "new field like its level brother": (
        (ADD,),
        ("cap_add:", "- A", "command: [a, b]"),
        ("cap_add:", "- A", "command: [a, b]", "devices:", "- /dev/i2c-1:/dev/i2c-1"),
    ),
    "new field after a block scalar": (
        (CAP,),
        ("image: x", "command: |", "  one", "  two", "", "# a comment"),
        (
            "image: x",
            "command: |",
            "  one",
            "  two",
            "cap_add:",
            "  - SYS_RAWIO",
            "",
            "# a comment",
        ),
    ),
    "a number stays a text": (
        (Change("add", "group_add", "998"),),
        ("group_add:", "  - i2c"),
        ("group_add:", "  - i2c", '  - "998"'),
    ),
    "a number in its own quotes": (
        (Change("replace", "group_add", '"998"', "i2c"),),
        ("group_add:", "  - i2c"),
        ("group_add:", '  - "998"'),
    ),
    "a cgroup rule is quoted": (
        (Change("add", "device_cgroup_rules", "c 89:* rw"),),
        ("image: x",),
        ("image: x", "device_cgroup_rules:", '  - "c 89:* rw"'),
    ),
    "environment as a map": (
        (ENV,),
        ("environment:", "  A: 1", "  # none"),
        ("environment:", "  A: 1", "  BUS: unix:path=/run/bus", "  # none"),
    ),
    "environment as a list": (
        (ENV,),
        ("environment:", "- A=1"),
        ("environment:", "- A=1", "- BUS=unix:path=/run/bus"),
    ),
    "environment as a flow map": (
        (ENV,),
        ("environment: {A: 1}",),
        ('environment: {A: 1, BUS: "unix:path=/run/bus"}',),
    ),
    "new environment": (
        (ENV,),
        ("image: x",),
        ("image: x", "environment:", "  BUS: unix:path=/run/bus"),
    ),
    "new labels like the list of variables": (
        (LABEL,),
        ("environment:", "  - A=1"),
        ("environment:", "  - A=1", "labels:", "  - io.balena.features.dbus=1"),
    ),
    "label in a map": (
        (LABEL,),
        ("labels:", "  io.balena.features.sysfs: '1'"),
        ("labels:", "  io.balena.features.sysfs: '1'", "  io.balena.features.dbus: '1'"),
    ),
    "label in a list": (
        (LABEL,),
        ("labels:", '  - "a=1"'),
        ("labels:", '  - "a=1"', '  - "io.balena.features.dbus=1"'),
    ),
    "two changes": (
        (Change("remove", "volumes", "/dev/a:/dev/a"), ADD),
        ("volumes:", "  - /dev/a:/dev/a", "  - data:/data", "image: x"),
        ("volumes:", "  - data:/data", "image: x", "devices:", "  - /dev/i2c-1:/dev/i2c-1"),
    ),
    "the last item takes the field along": (
        (Change("remove", "volumes", "/dev/a:/dev/a"),),
        ("volumes:", "  - /dev/a:/dev/a # bus", "# next", "image: x"),
        ("# next", "image: x"),
    ),
    "remove in brackets": (
        (Change("remove", "cap_drop", "A"),),
        ("cap_drop: [A, B]",),
        ("cap_drop: [B]",),
    ),
    "remove the last in brackets": (
        (Change("remove", "cap_drop", "B"),),
        ("cap_drop: [A, B]",),
        ("cap_drop: [A]",),
    ),
    "remove a long form": (
        (Change("remove", "devices", "{source: /dev/a, target: /dev/b}"),),
        ("devices:", "  - source: /dev/a", "    target: /dev/b", "  - /dev/c"),
        ("devices:", "  - /dev/c"),
    ),
    "remove a variable": (
        (Change("remove", "environment", "A: 1"),),
        ("environment:", "  A: '1'", "  B: 2"),
        ("environment:", "  B: 2"),
    ),
    "remove a value": (
        (Change("remove", "privileged", "true"),),
        ("image: x", "privileged: true"),
        ("image: x",),
    ),
    "set a new value": (
        (Change("set", "privileged", "true"),),
        ("image: x",),
        ("image: x", "privileged: true"),
    ),
    "set a number as text": (
        (Change("set", "user", "0"),),
        ("user: app # not root", "image: x"),
        ('user: "0" # not root', "image: x"),
    ),
    "set in its quotes": (
        (Change("set", "user", "0"),),
        ("user: '1000'", "image: x"),
        ("user: '0'", "image: x"),
    ),
    "set an empty value": (
        (Change("set", "network_mode", "host"),),
        ("network_mode:", "image: x"),
        ("network_mode: host", "image: x"),
    ),
    "replace a value": (
        (Change("replace", "network_mode", "host", "bridge"),),
        ('network_mode: "bridge"', "image: x"),
        ('network_mode: "host"', "image: x"),
    ),
    "replace an item": (
        (Change("replace", "devices", "/dev/a:/dev/a:rw", "/dev/a:/dev/a:r"),),
        ("devices:", "  - /dev/a:/dev/a:r # read", "  - /dev/b"),
        ("devices:", "  - /dev/a:/dev/a:rw # read", "  - /dev/b"),
    ),
    "replace a variable of a map": (
        (Change("replace", "environment", "BUS=new", "BUS: old"),),
        ("environment:", "  BUS: old # here", "  B: 1"),
        ("environment:", "  BUS: new # here", "  B: 1"),
    ),
    "replace a variable of a list": (
        (Change("replace", "environment", "BUS=new", "BUS=old"),),
        ("environment:", "  - BUS=old", "  - B=1"),
        ("environment:", "  - BUS=new", "  - B=1"),
    ),
    "replace a long form": (
        (Change("replace", "devices", "/dev/a", "{source: /dev/a, permissions: r}"),),
        ("devices:", "  - source: /dev/a", "    permissions: r", "  - /dev/b"),
        ("devices:", "  - /dev/a", "  - /dev/b"),
    ),
    "an anchored list": (
        (CAP,),
        ("cap_add: &caps", "  - A"),
        ("cap_add: &caps", "  - A", "  - SYS_RAWIO"),
    ),
    "an alias as the last item": (
        (CAP,),
        ("cap_drop: [&c A]", "cap_add:", "  - *c"),
        ("cap_drop: [&c A]", "cap_add:", "  - *c", "  - SYS_RAWIO"),
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_change_and_nothing_else(tmp_path: Path, name: str, ending: str) -> None:
    changes, before, after = CASES[name]
    text, wanted = (service(*lines).replace("\n", ending) for lines in (before, after))
    assert applied(tmp_path, text, *changes) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("services:\n  app: {image: x}\n", "services:\n  app: {image: x, cap_add: [SYS_RAWIO]}\n"),
        ("services: {app: {image: x}}", "services: {app: {image: x, cap_add: [SYS_RAWIO]}}"),
        (
            "services:\n    app:\n        image: x\n",
            "services:\n    app:\n        image: x\n        cap_add:\n            - SYS_RAWIO\n",
        ),
        (
            "services:\n  app:\n    image: x\n    cap_add:\n      - A",
            "services:\n  app:\n    image: x\n    cap_add:\n      - A\n      - SYS_RAWIO",
        ),
        (
            "\ufeffservices:\n  app:\n    image: 'äö'\n",
            "\ufeffservices:\n  app:\n    image: 'äö'\n    cap_add:\n      - SYS_RAWIO\n",
        ),
        (
            "x: 1\n---\nservices:\n  app:\n    image: x\n",
            "x: 1\n---\nservices:\n  app:\n    image: x\n    cap_add:\n      - SYS_RAWIO\n",
        ),
        (
            "services:\n  app:\n    image: x\n  b:\n    devices:\n    - /dev/b\n",
            (
                "services:\n  app:\n    image: x\n    cap_add:\n    - SYS_RAWIO\n"
                "  b:\n    devices:\n    - /dev/b\n"
            ),
        ),
    ],
)
def test_other_layouts_of_a_file(tmp_path: Path, text: str, wanted: str) -> None:
    assert applied(tmp_path, text, CAP) == wanted


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("compose.yaml", "compose.yaml"),
        ("./deploy/compose.yaml", "deploy/compose.yaml"),
        ("/srv/app/compose.yaml", "compose.yaml"),
        ("../app/compose.yaml", "compose.yaml"),
    ],
)
def test_the_header_names_a_file_that_patch_takes(file: str, named: str) -> None:
    made = patch(service("image: x"), file, "app", [CAP])
    assert made is not None
    assert made.splitlines()[:2] == [f"--- a/{named}", f"+++ b/{named}"]


def test_a_name_with_a_space(tmp_path: Path) -> None:
    assert applied(tmp_path, service("image: x"), CAP, file="my app/compose.yaml") == service(
        "image: x", "cap_add:", "  - SYS_RAWIO"
    )


def test_git_takes_it(tmp_path: Path) -> None:
    text = service("image: x").rstrip("\n")
    (tmp_path / "compose.yaml").write_text(text)
    made = patch(text, "compose.yaml", "other", [CAP])
    assert made is not None
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply", "-"], input=made.encode(), cwd=tmp_path, check=True)
    assert (tmp_path / "compose.yaml").read_text() == text + "\n    cap_add:\n      - SYS_RAWIO"


def service_names() -> list[tuple[str, str]]:
    """Every compose file of the examples with each of its services."""
    files = sorted(path for suffix in ("yml", "yaml") for path in EXAMPLES.glob(f"*/*.{suffix}"))
    found = []
    for path in files:
        services = (yaml.safe_load(path.read_text()) or {}).get("services") or {}
        found += [(str(path.relative_to(EXAMPLES)), name) for name in services]
    return found


@pytest.mark.parametrize(("file", "name"), service_names())
def test_there_and_back_on_each_example(tmp_path: Path, file: str, name: str) -> None:
    text = (EXAMPLES / file).read_bytes().decode()
    added = [
        Change("add", "group_add", "64001"),
        Change("add", "volumes", "/srv/hw:/srv/hw"),
        Change("add", "environment", "HW_X=1"),
    ]
    there = applied(tmp_path, text, *added, service=name)
    assert there is not None
    assert there != text
    removed = [Change("remove", change.field, change.value) for change in reversed(added)]
    assert applied(tmp_path, there, *removed, service=name) == text
