"""No patch where the way a file is written leaves no safe one."""

from __future__ import annotations

import pytest

from hwaccess.compose.write.patch import patch
from hwaccess.model import Change
from tests.unit.compose.write.test_patch import CAP, ENV

SHARED = "x-base: &base\n  cap_add:\n    - A\nservices:\n"
UNSAFE = {
    "field out of a merge key": (SHARED + "  app:\n    <<: *base\n    image: x\n", CAP),
    "removal out of a merge key": (
        SHARED + "  app:\n    <<: *base\n    image: x\n",
        Change("remove", "cap_add", "A"),
    ),
    "a variable out of a merge key, remove": (
        "x-e: &e {A: 1, B: 2}\nservices:\n  app:\n    environment:\n      <<: *e\n      C: 3\n",
        Change("remove", "environment", "A=1"),
    ),
    "a variable out of a merge key, replace": (
        "x-e: &e {A: 1, B: 2}\nservices:\n  app:\n    environment:\n      <<: *e\n      C: 3\n",
        Change("replace", "environment", "A=2", "A=1"),
    ),
    "a list that is an alias": ("x-c: &c [A]\nservices:\n  app:\n    cap_add: *c\n", CAP),
    "a list that others share": (
        "services:\n  app:\n    cap_add: &c\n      - A\n  b:\n    cap_add: *c\n",
        CAP,
    ),
    "a service that is an alias": ("x-s: &s {image: x}\nservices:\n  app: *s\n", CAP),
    "a service of another file": ("services:\n  other:\n    image: x\n", CAP),
    "an item of the service that is extended": (
        "services:\n  base:\n    cap_drop: [A]\n  app:\n    extends: base\n",
        Change("remove", "cap_drop", "A"),
    ),
    "an item with a variable": (
        "services:\n  app:\n    devices:\n      - ${DEV}:/dev/a\n",
        Change("remove", "devices", "/dev/x:/dev/a"),
    ),
    "an item that is there twice": (
        "services:\n  app:\n    group_add: [a, a, b]\n",
        Change("remove", "group_add", "a"),
    ),
    "an item that is there already": ("services:\n  app:\n    cap_add: [SYS_RAWIO]\n", CAP),
    "a variable that is there already": ("services:\n  app:\n    environment: [BUS=1]\n", ENV),
    "a variable that the map has already": ("services:\n  app:\n    environment: {BUS: 1}\n", ENV),
    "an anchored item that others use": (
        "services:\n  app:\n    cap_drop:\n      - &a A\n      - B\n  b:\n    cap_drop: [*a]\n",
        Change("remove", "cap_drop", "A"),
    ),
    "a field under a merge tag": (
        "services:\n  app:\n    cap_add: !reset []\n",
        Change("replace", "cap_add", "A", "B"),
    ),
    "a list that is reset": ("services:\n  app:\n    cap_add: !reset\n      - A\n", CAP),
    "a wrong kind of field": ("services:\n  app:\n    cap_add: {A: 1}\n", CAP),
    "one value in place of a list": (
        "services:\n  app:\n    tmpfs: /run\n",
        Change("add", "tmpfs", "/tmp"),
    ),
    "another old value": ("services:\n  app:\n    user: a\n", Change("replace", "user", "0", "b")),
    "a value that is set so": ("services:\n  app:\n    user: a\n", Change("set", "user", "a")),
    "the only field": ("services:\n  app:\n    cap_add: [A]\n", Change("remove", "cap_add", "A")),
    "no YAML": ("services: [\n", CAP),
    "a comment that would go": (
        "services:\n  app:\n    cap_drop: [\n      A, # why\n      B\n    ]\n",
        Change("remove", "cap_drop", "B"),
    ),
    "another type": (
        "services:\n  app:\n    privileged: [true]\n",
        Change("set", "privileged", "true"),
    ),
    "a field within a field": (
        "services:\n  app:\n    image: x\n",
        Change("remove", "deploy.resources", "x"),
    ),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_no_patch_rather_than_a_wrong_one(name: str) -> None:
    text, change = UNSAFE[name]
    assert patch(text, "compose.yaml", "app", [change]) is None
