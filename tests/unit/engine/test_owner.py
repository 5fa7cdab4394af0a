"""When a container counts as left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from hwaccess.engine import owner
from hwaccess.engine.sweep import offset

US = owner.current()
NOW = 1_000_000.0


def test_a_living_owner_keeps_its_container_however_old() -> None:
    assert not owner.is_leftover(str(US), 0.0, US, NOW)


def test_a_dead_owner_leaves_its_container() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    label = str(replace(US, pid=child.pid, started=owner.start_time(child.pid)))
    before = owner.is_leftover(label, NOW, US, NOW)
    child.communicate(b"\n")

    assert (before, owner.is_leftover(label, NOW, US, NOW)) == (False, True)


def test_another_process_with_the_same_pid_is_another_owner() -> None:
    assert owner.is_leftover(str(replace(US, started="1")), NOW, US, NOW)


@pytest.mark.parametrize("other", [replace(US, boot="other"), replace(US, namespace="1")])
@pytest.mark.parametrize(("age", "left"), [(60, False), (3601, True)])
def test_an_owner_that_cannot_be_asked_is_judged_by_age(
    other: owner.Owner, age: int, left: bool
) -> None:
    assert owner.is_leftover(str(other), NOW - age, US, NOW) is left


def test_a_label_that_is_none_of_ours_is_judged_by_age() -> None:
    assert owner.parse("a/b") is None
    assert not owner.is_leftover("a/b", NOW, US, NOW)


def test_an_owner_reads_itself_back() -> None:
    assert owner.parse(str(US)) == US
    assert US.pid == os.getpid()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-01T00:00:00.123456789Z", 0),
        ("2026-01-01T00:00:00+02:00", 7200),
        ("2026-01-01T00:00:00-03:30", -12600),
    ],
)
def test_the_engines_clock_may_stand_in_any_zone(text: str, seconds: int) -> None:
    assert offset(text) == seconds
