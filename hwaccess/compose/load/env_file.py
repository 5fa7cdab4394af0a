"""Env files (`.env`, `--env-file`, a service's `env_file`): NAME=VALUE lines as compose reads them.

Without quotes a value ends at the line or at ` #`. In single quotes nothing is replaced, in double
quotes escapes and variables are; both may run over several lines. `export` before the name is
passed over; a name alone is looked up.
"""

from __future__ import annotations

import re
from collections import ChainMap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hwaccess.compose.load.interpolate import Interpolation
from hwaccess.compose.load.source import read_text
from hwaccess.errors import ComposeError
from hwaccess.words import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.compose.load.findings import Findings

EXPORT: Final = re.compile(r"export[ \t]+(?=[^\s=])")
NAME: Final = re.compile(r"[^\s=:#'\"]+")
SEPARATOR: Final = re.compile(r"[ \t]*[=:][ \t]*")
BLANK: Final = re.compile(r"(?:\s+|#[^\n]*)*")
REST_OF_LINE: Final = re.compile(r"[^\n]*")
COMMENT: Final = re.compile(r"(?:^|[ \t])#.*")
ESCAPE: Final = re.compile(r"\\(.)", re.DOTALL)
ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Variable:
    """One line: its name, its value, where each begins."""

    name: str
    value: str
    place: Place
    value_place: Place


def read_env_file(
    path: str, environment: Mapping[str, str], findings: Findings, *, raw: bool = False
) -> tuple[Variable, ...]:
    """The variables that a file sets.

    Values may name those of `environment` and of the lines above.

    A name without `=` is there only when `environment` has it. raw: values are taken letter by
    letter, quotes and all.
    """
    text = read_text(path, "env file")
    reader = _Reader(text, path, environment, findings)
    return tuple(reader.raw_lines() if raw else reader.lines())


class _Reader:
    """One env file being read from top to bottom.

    Raises `ComposeError` with file and line when a line is not `NAME=VALUE`.
    """

    def __init__(
        self, text: str, file: str, environment: Mapping[str, str], findings: Findings
    ) -> None:
        self.text = text
        self.file = file
        self.environment = environment
        self.set: dict[str, str] = {}
        # The environment comes first here too: compose lets a shell variable win over the line
        # above.
        self.interpolation = Interpolation(ChainMap(dict(environment), self.set), findings)
        self.at = 0
        self._line = 1
        self._line_start = 0

    def lines(self) -> Iterator[Variable]:
        while self.skip(BLANK) and self.at < len(self.text):
            self.skip(EXPORT)
            place = self.place()
            name = NAME.match(self.text, self.at)
            if name is None:
                raise self.error(place, "a line begins with no variable name")
            self.at = name.end()
            if variable := self.rest(name[0], place):
                self.set[variable.name] = variable.value
                yield variable

    def rest(self, name: str, place: Place) -> Variable | None:
        """What follows the name: a value, or nothing and then the environment's."""
        separator = SEPARATOR.match(self.text, self.at)
        if separator is None:
            rest = REST_OF_LINE.match(self.text, self.at)
            left = COMMENT.sub("", rest[0]).strip() if rest else ""
            if left:
                raise self.error(place, f"no '=' after the name {name!r}")
            value = self.environment.get(name)
            return None if value is None else Variable(name, value, place, place)
        self.at = separator.end()
        value_place = self.place()
        return Variable(name, self.value(value_place), place, value_place)

    def value(self, place: Place) -> str:
        quote = self.text[self.at : self.at + 1]
        if quote in {"'", '"'}:
            return self.quoted(quote, place)
        start = self.at
        self.skip(REST_OF_LINE)
        return self.interpolation.text(COMMENT.sub("", self.text[start : self.at]).strip(), place)

    def quoted(self, quote: str, place: Place) -> str:
        end = self.at + 1
        while self.text[end : end + 1] != quote:
            if end >= len(self.text):
                raise self.error(place, f"the quote {quote} is never closed")
            end += 2 if self.text[end] == "\\" else 1
        inner = self.text[self.at + 1 : end]
        self.at = end + 1
        rest = REST_OF_LINE.match(self.text, self.at)
        if rest and COMMENT.sub("", rest[0]).strip():
            raise self.error(place, "something follows the closing quote")
        self.skip(REST_OF_LINE)
        if quote == "'":
            return inner.replace("\\'", "'")
        # Variables first: an escaped dollar must not begin one.
        escaped = inner.replace("\\$", "$$")
        return ESCAPE.sub(
            lambda match: ESCAPES.get(match[1], match[1]), self.interpolation.text(escaped, place)
        )

    def raw_lines(self) -> Iterator[Variable]:
        for number, line in enumerate(self.text.split("\n"), 1):
            name, separator, value = line.partition("=")
            place = Place(self.file, number, 1)
            if separator and not line.startswith("#"):
                yield Variable(name.strip(), value, place, Place(self.file, number, len(name) + 2))

    def skip(self, pattern: re.Pattern[str]) -> bool:
        """Move behind the pattern if it is here.

        Always true, so that it can stand in a condition.
        """
        if match := pattern.match(self.text, self.at):
            self.at = match.end()
        return True

    def place(self) -> Place:
        """Where `at` is."""
        self._line += self.text.count("\n", self._line_start, self.at)
        self._line_start = self.text.rfind("\n", 0, self.at) + 1
        return Place(self.file, self._line, self.at - self._line_start + 1)

    def error(self, place: Place, message: str) -> ComposeError:
        return ComposeError(
            message, hint='write NAME=VALUE, or NAME="VALUE" with quotes on both sides', place=place
        )
