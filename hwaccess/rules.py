"""Every cause by its id, with its page: what `hwaccess explain` prints and `docs/rules.md` holds.

`python -m hwaccess.rules` prints the latter.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess import access
from hwaccess.compose.grants import rules as grant_rules
from hwaccess.compose.load import rules as load_rules
from hwaccess.diagnose import rules as ladder_rules
from hwaccess.diagnose.board import rules as board_rules
from hwaccess.diagnose.refusal import rules as refusal_rules
from hwaccess.errors import UsageError
from hwaccess.run import rules as run_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hwaccess.model import Rule

# Rooms that are no kinds; each has RULES, and a pages.md beside the module.
ROOMS: Final = (load_rules, grant_rules, refusal_rules, run_rules, board_rules, ladder_rules)
SECTION: Final = re.compile(r"^## (\S+)\n", re.MULTILINE)
ID: Final = re.compile(r"(?:HW)?(\d+)", re.IGNORECASE)
OURS: Final = re.compile(r"HW(\d+)")
NEAREST: Final = 3
MOST_NAMED: Final = 8
HEAD: Final = """\
# Rules

Every finding and every check that does not pass names the rule that explains it. \
`hwaccess explain ID` prints the same
pages offline. The words of the kernel in them are in the [glossary](glossary.md).

<!-- Made by: python -m hwaccess.rules > docs/rules.md -->

"""


def all_rules() -> Mapping[str, Rule]:
    """Every rule by its id, in the order of the ids.

    Raises `UsageError` when two rules have one id.
    """
    return by_id(rule for rules, _ in rooms() for rule in rules)


def rooms() -> Iterator[tuple[tuple[Rule, ...], Path]]:
    """The rules of each room and kind, with the Markdown file that explains them."""
    for room in ROOMS:
        yield room.RULES, Path(str(room.__file__)).with_name("pages.md")
    for kind in access.kinds():
        yield kind.RULES, kind.PAGES


def sections(pages: Path) -> dict[str, str]:
    """The text below each heading `## ID` of a file of pages."""
    _, *parts = SECTION.split(pages.read_text(encoding="utf-8"))
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}


def all_pages() -> dict[str, str]:
    """The page of every rule by its id. A rule of two kinds is explained by the first."""
    found: dict[str, str] = {}
    for _, pages in rooms():
        found = sections(pages) | found
    return found


def by_id(rules: Iterable[Rule]) -> Mapping[str, Rule]:
    """The rules by their ids. Kinds that share one rule may both name it.

    Raises `UsageError` when two other rules have one id.
    """
    found: dict[str, Rule] = {}
    for rule in rules:
        if found.setdefault(rule.id, rule) != rule:
            message = (
                f"two rules have the id {rule.id}: {found[rule.id].title!r} and {rule.title!r}"
            )
            raise UsageError(
                message, hint="uninstall the package whose access kind takes it: pip list"
            )
    return dict(sorted(found.items()))


def explain(wanted: str) -> Rule:
    """The rule of an id, in any case and with or without its letters.

    UsageError with the nearest ones when none.

    Raises `UsageError` when there is none.
    """
    rules = all_rules()
    number = ID.fullmatch(wanted.strip())
    name = f"HW{int(number[1]):03}" if number else wanted.strip().upper()
    if name not in rules:
        message = f"no rule is called {wanted!r}"
        raise UsageError(message, hint=_hint(rules, wanted, int(number[1]) if number else None))
    return rules[name]


def _hint(rules: Mapping[str, Rule], wanted: str, number: int | None) -> str:
    """The ids nearest to a number, or the rules whose title or layer holds a word."""
    if number is not None:
        ours = [name for name in rules if OURS.fullmatch(name)]
        near = sorted(ours, key=lambda name: abs(int(name[2:]) - number))[:NEAREST]
        return f"did you mean {', '.join(sorted(near))}?"
    word = wanted.strip().lower()
    about = [
        name
        for name, rule in rules.items()
        if word and word in f"{rule.title} {rule.layer}".lower()
    ]
    return (
        f"rules about it: {', '.join(about[:MOST_NAMED])}"
        if about
        else "a report names the id of each cause, such as HW080"
    )


def page(rule: Rule, text: str) -> str:
    """A rule's page in Markdown: its title and layer above the text."""
    layer = f"Layer: `{rule.layer}`\n\n" if rule.layer else ""
    return f"# {rule.id}: {rule.title}\n\n{layer}{text}\n"


def explained(wanted: str) -> str:
    """The page of the rule that is asked for by its id, as `hwaccess explain` prints it."""
    rule = explain(wanted)
    return page(rule, all_pages()[rule.id])


def markdown_index() -> str:
    """All rules as one Markdown document: a table, then the pages."""
    rules, pages = all_rules().values(), all_pages()
    rows = [
        f"| [{rule.id}](#{rule.id.lower()}) | {rule.title} | {rule.layer or ''} |" for rule in rules
    ]
    texts = [f'<a id="{rule.id.lower()}"></a>\n\n#{page(rule, pages[rule.id])}' for rule in rules]
    return "\n".join([HEAD + "| id | cause | layer |\n|---|---|---|", *rows, "", *texts])


if __name__ == "__main__":
    sys.stdout.write(markdown_index())
