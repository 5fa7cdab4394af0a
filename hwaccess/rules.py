"""Every cause by its id, with its page: what `hwaccess explain` prints and `docs/rules.md` holds.

`python -m hwaccess.rules` prints the latter.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final

from hwaccess import access, plan_rules
from hwaccess.compose import rules as loader_rules
from hwaccess.compose import typed_rules
from hwaccess.diagnose import board as board_rules
from hwaccess.diagnose import rules as ladder_rules
from hwaccess.engine import rules as engine_rules
from hwaccess.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hwaccess.model import Rule

ROOMS: Final = (loader_rules, typed_rules, engine_rules, plan_rules, board_rules, ladder_rules)
ID: Final = re.compile(r"(?:HW)?(\d+)", re.IGNORECASE)
NEAREST: Final = 3
MOST_NAMED: Final = 8
HEAD: Final = """\
# Rules

Every finding and every check that does not pass names the rule that explains it. `hwaccess explain ID` prints the same
pages offline.

<!-- Made by: python -m hwaccess.rules > docs/rules.md -->

"""


def all_rules() -> Mapping[str, Rule]:
    """Every rule by its id, in the order of the ids; two rules under one id are an error."""
    return by_id(
        (*(rule for room in ROOMS for rule in room.RULES), *(rule for kind in access.kinds() for rule in kind.RULES))
    )


def by_id(rules: Iterable[Rule]) -> Mapping[str, Rule]:
    """The rules by their ids. Kinds that share one rule may both name it."""
    found: dict[str, Rule] = {}
    for rule in rules:
        if found.setdefault(rule.id, rule) != rule:
            message = f"two rules have the id {rule.id}: {found[rule.id].title!r} and {rule.title!r}"
            raise UsageError(message, hint="uninstall the package whose access kind takes it: pip list")
    return dict(sorted(found.items()))


def explain(wanted: str) -> Rule:
    """The rule of an id, in any case and with or without its letters; UsageError with the nearest ones when none."""
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
        near = sorted(rules, key=lambda name: abs(int(name[2:]) - number))[:NEAREST]
        return f"did you mean {', '.join(sorted(near))}?"
    word = wanted.strip().lower()
    about = [name for name, rule in rules.items() if word and word in f"{rule.title} {rule.layer}".lower()]
    return (
        f"rules about it: {', '.join(about[:MOST_NAMED])}"
        if about
        else "a report names the id of each cause, such as HW080"
    )


def page(rule: Rule) -> str:
    """A rule's page in Markdown."""
    layer = f"Layer: `{rule.layer}`\n\n" if rule.layer else ""
    return f"# {rule.id}: {rule.title}\n\n{layer}{rule.page.strip()}\n"


def markdown_index() -> str:
    """All rules as one Markdown document: a table, then the pages."""
    rules = all_rules().values()
    rows = [f"| [{rule.id}](#{rule.id.lower()}) | {rule.title} | {rule.layer or ''} |" for rule in rules]
    pages = [f'<a id="{rule.id.lower()}"></a>\n\n#{page(rule)}' for rule in rules]
    return "\n".join([HEAD + "| id | cause | layer |\n|---|---|---|", *rows, "", *pages])


if __name__ == "__main__":
    sys.stdout.write(markdown_index())
