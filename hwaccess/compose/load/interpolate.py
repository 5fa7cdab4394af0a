"""Variables in values, nested to any sensible depth.

The forms are `$X ${X} ${X:-d} ${X-d} ${X:?e} ${X?e} ${X:+a} ${X+a} $$`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hwaccess.compose.load.rules import UNSET_VARIABLE
from hwaccess.compose.yaml.path import changed_mapping, everywhere
from hwaccess.compose.yaml.tree import Scalar
from hwaccess.errors import ComposeError

if TYPE_CHECKING:
    from collections.abc import Mapping as Variables

    from hwaccess.compose.load.findings import Findings
    from hwaccess.compose.yaml.tree import Mapping
    from hwaccess.words import Place

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
OPERATOR: Final = re.compile(r":?[-?+]")
DEEPEST: Final = 32
EVERY_VALUE: Final = everywhere(rule=True)


@dataclass(frozen=True, slots=True)
class Interpolation:
    """What variables are replaced with, and where a variable that is not set is told."""

    variables: Variables[str, str]
    findings: Findings

    def mapping(self, mapping: Mapping) -> Mapping:
        """The mapping with the variables in its values replaced.

        The same one when it holds none.
        """
        return changed_mapping(mapping, EVERY_VALUE, self._scalar)

    def text(self, text: str, place: Place) -> str:
        """The text with its variables replaced.

        ComposeError for a malformed or a required and missing one.
        """
        return _Text(text, place, self).replaced() if "$" in text else text

    def _scalar(self, scalar: Scalar, _: object) -> Scalar:
        if "$" not in scalar.text:
            return scalar
        # A value that was put together is text, whatever it looks like; casts.py reads numbers and
        # booleans again for the fields that take one, as compose does.
        text = self.text(scalar.text, scalar.place)
        return Scalar(text, text, scalar.place)


@dataclass(slots=True)
class _Text:
    """One text being read from left to right; `at` is the position.

    Raises `ComposeError` when a `$` begins nothing that compose knows, or a required variable is
    not set.
    """

    text: str
    place: Place
    interpolation: Interpolation
    at: int = 0
    depth: int = field(default=0)

    def replaced(self) -> str:
        parts = []
        while self.at < len(self.text):
            dollar = self.text.find("$", self.at)
            if dollar < 0:
                dollar = len(self.text)
            parts.append(self.text[self.at : dollar])
            self.at = dollar
            if dollar < len(self.text):
                parts.append(self.variable(used=True))
        return "".join(parts)

    def variable(self, *, used: bool) -> str:
        """The value of what begins at `$`.

        Not used: it stands in a branch that is not taken, so nothing is told.
        """
        start = self.at
        self.at += 1
        if self.text.startswith("$", self.at):
            self.at += 1
            return "$"
        if braced := self.text.startswith("{", self.at):
            self.at += 1
        name = NAME.match(self.text, self.at)
        if name is None:
            raise self.malformed(start)
        self.at = name.end()
        if not braced:
            return self.plain(name[0], used=used)
        operator = OPERATOR.match(self.text, self.at)
        if operator is None:
            self.close(start)
            return self.plain(name[0], used=used)
        self.at = operator.end()
        return self.chosen(name[0], operator[0], start, used=used)

    def plain(self, name: str, *, used: bool) -> str:
        value = self.interpolation.variables.get(name)
        if value is None and used:
            self.interpolation.findings.warn(
                UNSET_VARIABLE,
                f"the variable {name} is not set; {self.text!r} gets empty text in its place",
                place=self.place,
                remedy=f"set it ({name}=... hwaccess check, or in .env), "
                f"or give a default: ${{{name}:-...}}",
                once=name,
            )
        return value or ""

    def chosen(self, name: str, operator: str, start: int, *, used: bool) -> str:
        """The variable or the word behind the operator.

        The word counts only when it is the one that is taken.
        """
        value = self.interpolation.variables.get(name)
        present = bool(value) if operator[0] == ":" else value is not None
        takes_word = present if operator[-1] == "+" else not present
        word = self.word(start, used=used and takes_word)
        if operator[-1] == "+":
            return word if present else ""
        if operator[-1] == "?" and not present and used:
            message = f"the required variable {name} is not set" + (f": {word}" if word else "")
            raise ComposeError(message, hint=f"{name}=... hwaccess check", place=self.place)
        return (value or "") if present else word

    def word(self, start: int, *, used: bool) -> str:
        """The text up to the closing brace, variables in it replaced."""
        self.depth += 1
        if self.depth > DEEPEST:
            message = f"variables nested more than {DEEPEST} deep"
            raise ComposeError(message, hint="set the inner ones in .env", place=self.place)
        parts = []
        while not self.text.startswith("}", self.at):
            if self.at >= len(self.text):
                raise self.malformed(start)
            if self.text[self.at] == "$":
                parts.append(self.variable(used=used))
            else:
                parts.append(self.text[self.at])
                self.at += 1
        self.at += 1
        self.depth -= 1
        return "".join(parts)

    def close(self, start: int) -> None:
        if not self.text.startswith("}", self.at):
            raise self.malformed(start)
        self.at += 1

    def malformed(self, start: int) -> ComposeError:
        piece = self.text[start:].splitlines()[0][:40]
        message = f"no variable can be read at {piece!r}"
        return ComposeError(
            message, hint="write $$ for a plain dollar sign, or ${NAME}", place=self.place
        )
