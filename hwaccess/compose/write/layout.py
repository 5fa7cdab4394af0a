"""How a compose file is written, for edits of its own text.

That is where each value begins and ends, flow or block, and its quotes. `yaml/parser.py` tells what
a file means, with aliases followed and merge keys resolved; here nothing is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["scalar", "list", "map", "alias"]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """One value as written.

    start and end are offsets into the text, start includes its anchor and tag. style is the quote
    of a scalar ("", "'", '"', "|" or ">") and "flow" or "" of a collection. named: it carries an
    anchor or a tag (tag: which, "" for none). keys are those of a map, in the order of its items.
    """

    kind: Kind
    start: int
    end: int
    text: str = ""
    style: str = ""
    named: bool = False
    tag: str = ""
    items: tuple[Part, ...] = ()
    keys: tuple[Part, ...] = ()

    @property
    def flow(self) -> bool:
        """Whether it is a collection in brackets or braces."""
        return self.style == "flow"

    @property
    def empty(self) -> bool:
        """Whether nothing is written there."""
        return self.kind == "scalar" and self.start == self.end

    def get(self, key: str) -> Part | None:
        """The value of a key, or None."""
        return next((item for name, item in self.entries if name.text == key), None)

    @property
    def entries(self) -> Iterator[tuple[Part, Part]]:
        """The keys of a map with their values."""
        return zip(self.keys, self.items, strict=True)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Where each item of a list, or each key with its value, stands."""
        if self.kind == "map":
            return tuple((key.start, max(key.end, item.end)) for key, item in self.entries)
        return tuple((item.start, item.end) for item in self.items)

    def span_of(self, key: str) -> int | None:
        """The index of a key's span; None for one that only a merge key brings."""
        return next((index for index, name in enumerate(self.keys) if name.text == key), None)


@dataclass(frozen=True, slots=True)
class Layout:
    """A text with its documents' top parts. Lines end at a line feed, whatever stands before it."""

    text: str
    documents: tuple[Part, ...]

    @property
    def newline(self) -> str:
        """The line ending that the file uses."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def line_start(self, offset: int) -> int:
        """Where the line of an offset begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Where the line of an offset ends, before its line ending."""
        end = self.text.find("\n", offset)
        if end < 0:
            return len(self.text)
        return end - 1 if end > offset and self.text[end - 1] == "\r" else end

    def next_line(self, offset: int) -> int:
        """Where the line after that of an offset begins."""
        end = self.text.find("\n", offset)
        return len(self.text) if end < 0 else end + 1

    def column(self, offset: int) -> int:
        """How many characters stand before an offset on its line."""
        return offset - self.line_start(offset)

    def before(self, offset: int) -> str:
        """What stands before an offset on its line."""
        return self.text[self.line_start(offset) : offset]

    def after(self, offset: int) -> str:
        """What stands after an offset on its line."""
        return self.text[offset : self.line_end(offset)]

    def ends_line(self, offset: int) -> bool:
        """Whether nothing but a comment follows on the line."""
        return re.fullmatch(r"[ \t]*([ \t]#.*)?", self.after(offset)) is not None


def read_layout(text: str) -> Layout:
    """The layout of a YAML text. Raises `yaml.YAMLError` when it is none."""
    # Pure Python on purpose: its offsets count characters, also behind a byte order mark and
    # carriage returns.
    events = iter(yaml.parse(text, Loader=yaml.SafeLoader))
    return Layout(
        text,
        tuple(
            _part(next(events), events, text)
            for event in events
            if isinstance(event, yaml.DocumentStartEvent)
        ),
    )


def _part(event: yaml.Event, events: Iterator[yaml.Event], text: str) -> Part:
    start, end = _offsets(event)
    tag: str = getattr(event, "tag", None) or ""
    named = bool(tag) or (isinstance(event, yaml.NodeEvent) and event.anchor is not None)
    if isinstance(event, yaml.ScalarEvent):
        if event.style in ("|", ">"):  # its mark stands at the next value
            end = len(text[:end].rstrip())
        return Part("scalar", start, end, event.value, event.style or "", named, tag)
    if isinstance(event, yaml.AliasEvent):
        return Part("alias", start, end)
    parts: list[Part] = []
    for inner in events:
        if isinstance(inner, yaml.CollectionEndEvent):
            closed = _offsets(inner)[1]
            break
        parts.append(_part(inner, events, text))
    flow = isinstance(event, yaml.CollectionStartEvent) and bool(event.flow_style)
    # A block has no end of its own: its mark stands at whatever follows, behind comments and empty
    # lines.
    end = closed if flow else max((part.end for part in parts), default=end)
    style = "flow" if flow else ""
    if isinstance(event, yaml.SequenceStartEvent):
        return Part("list", start, end, style=style, named=named, tag=tag, items=tuple(parts))
    return Part(
        "map",
        start,
        end,
        style=style,
        named=named,
        tag=tag,
        items=tuple(parts[1::2]),
        keys=tuple(parts[::2]),
    )


def _offsets(event: yaml.Event) -> Span:
    start, end = event.start_mark, event.end_mark
    return (start.index if start else 0, end.index if end else 0)
