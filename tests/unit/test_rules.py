"""The registry of rules: complete, without clashes, and explained."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import hwaccess
from hwaccess.errors import UsageError
from hwaccess.rules import (
    all_pages,
    all_rules,
    by_id,
    explain,
    markdown_index,
    page,
    rooms,
    sections,
)
from hwaccess.run import rules as run_rules

ROOT = Path(__file__).parents[2]
RULES = all_rules()
PAGES = all_pages()
# A rule as the source makes it: the id is its first argument.
MADE = re.compile(r'\bRule\(\s*"(HW\d+)"')


def test_every_rule_of_the_source_is_in_the_registry_once() -> None:
    made = [
        name
        for path in Path(hwaccess.__file__).parent.rglob("*.py")
        for name in MADE.findall(path.read_text())
    ]
    assert sorted(made) == sorted(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_can_be_read(name: str) -> None:
    rule = RULES[name]
    assert re.fullmatch(r"HW\d{3}", rule.id)
    assert rule.title == rule.title.strip().rstrip(".")
    assert not set(rule.title) & set("\n|")  # it is a cell of a table
    assert len(PAGES[name].split()) >= 20
    assert 2 <= len(PAGES[name].splitlines()) <= 30
    assert page(rule, PAGES[name]).startswith(f"# {rule.id}: {rule.title}\n\n")


# What a reader who never wrote kernel code does not know: names of errors and of system calls.
JARGON = re.compile(r"\b\w+\(2\)|\bE[A-Z]{3,}\b|\b(?:ioctl|errno|syscall)\b")


@pytest.mark.parametrize("name", RULES)
def test_a_page_begins_with_what_happened_in_plain_words(name: str) -> None:
    first = PAGES[name].strip().partition("\n\n")[0]
    assert not JARGON.search(first), first


@pytest.mark.parametrize("name", RULES)
def test_a_page_shows_a_look_or_a_fix_to_paste(name: str) -> None:
    assert "\n    " in PAGES[name]


def test_every_room_explains_its_own_rules_in_their_order_and_no_others() -> None:
    for rules, pages in rooms():
        assert list(sections(pages)) == [rule.id for rule in rules], pages


def test_two_rules_under_one_id_are_an_error() -> None:
    one = run_rules.RULES[0]
    assert by_id((one, one)) == {one.id: one}
    with pytest.raises(UsageError, match=f"two rules have the id {one.id}"):
        by_id((one, replace(one, title="another")))


@pytest.mark.parametrize("wanted", ["HW080", "hw080", "hw80", "80", " HW080 "])
def test_a_rule_is_found_however_its_id_is_written(wanted: str) -> None:
    assert explain(wanted).id == "HW080"


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("HW000", "did you mean HW001, HW002, HW003?"),
        ("lockdown", "HW089"),
        ("zebra", "a report names the id"),
    ],
)
def test_an_unknown_id_gets_the_nearest(wanted: str, hint: str) -> None:
    with pytest.raises(UsageError, match=f"no rule is called '{wanted}'") as caught:
        explain(wanted)
    assert hint in caught.value.hint


def test_the_document_is_up_to_date() -> None:
    written = (ROOT / "docs" / "rules.md").read_text()
    assert written == markdown_index(), "python -m hwaccess.rules > docs/rules.md"


def test_the_module_prints_the_document() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hwaccess.rules"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == markdown_index()
