"""YAML text to nodes that know their place: what a file means.

How it is written is layout.py's, writing render.py's.

Nodes are built from the parser's events, without yaml's own node layer: half the time, and
duplicate keys, the recursion of an alias into itself and the growth by aliases are seen where they
happen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import yaml

from hwaccess.compose.yaml.scalars import read_plain, read_tagged
from hwaccess.compose.yaml.tree import Entry, Mapping, Node, Scalar, Sequence
from hwaccess.errors import ComposeError
from hwaccess.words import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.compose.yaml.tree import ScalarValue

# libyaml where PyYAML was built with it: ten times faster. The events are the same, but for two
# quirks of pure Python: it refuses a tab behind a value, and an empty value in braces stands one
# column further left.
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST: Final = 64  # compose itself needs ten; every pass over the tree is recursive
TOO_DEEP: Final = f"nested more than {DEEPEST} levels deep"
DEEP_HINT: Final = "look for brackets or dashes that are repeated by mistake"
MOST_NODES_BY_ALIAS: Final = 100_000
MERGE: Final = "<<"
STANDARD_TAG: Final = "tag:yaml.org,2002:"
NOT_YAML: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# From a fragment of the parser's message to advice. libyaml and pure Python word some messages
# differently.
HINTS: Final = (
    (
        "mapping values are not allowed",
        "quote the value if it holds ': ', or correct the indentation",
    ),
    ("undefined alias", "define it earlier in the same file: `x-NAME: &NAME ...`"),
    ("escape", "use single quotes, or write a backslash twice within double quotes"),
    ("quoted scalar", "close the quote"),
    ("expected ',' or", "close the bracket, or put a comma between the items"),
    ("cannot start any token", "put the value in quotes"),
)
ANY_HINT: Final = (
    "compare the indentation of this line with the lines above it, "
    "and close every quote and bracket"
)


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document.

    tags holds the tag of every value that carries a private one (`!reset`), by its place.
    """

    root: Node
    tags: dict[Place, str]


@dataclass(slots=True)
class _Anchored:
    """What `&name` stands for.

    Node is None while it is being read, size and height count what an alias adds.
    """

    place: Place
    node: Node | None = None
    size: int = 0
    height: int = 0


@dataclass(slots=True)
class _Reader:
    """The state of reading one text.

    Raises `ComposeError` when the text is YAML that no compose file may have.
    """

    file: str
    events: Iterator[yaml.Event]
    anchors: dict[str, _Anchored] = field(default_factory=dict)
    tags: dict[Place, str] = field(default_factory=dict)
    read: int = 0  # nodes, those behind aliases counted at each use
    aliased: int = 0
    deepest: int = 0

    def documents(self) -> Iterator[Document]:
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors, self.tags = {}, {}
                root = self.node(next(self.events), 1)
                yield Document(root, self.tags)

    def place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file, 1, 1)

    def node(self, event: yaml.Event, depth: int) -> Node:
        place = self.place(event)
        self.read += 1
        self.deepest = max(self.deepest, depth)
        if depth > DEEPEST:
            raise ComposeError(TOO_DEEP, hint=DEEP_HINT, place=place)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, place, depth)
        if not isinstance(event, yaml.NodeEvent) or event.anchor is None:
            return self.value(event, place, depth)
        self.anchors[event.anchor] = anchored = _Anchored(place)
        return self.anchored(event, anchored, depth)

    def anchored(self, event: yaml.NodeEvent, anchored: _Anchored, depth: int) -> Node:
        before, deepest = self.read, self.deepest
        self.deepest = depth
        node = self.value(event, anchored.place, depth)
        anchored.node, anchored.size, anchored.height = (
            node,
            self.read - before + 1,
            self.deepest - depth,
        )
        self.deepest = max(self.deepest, deepest)
        return node

    def alias(self, event: yaml.AliasEvent, place: Place, depth: int) -> Node:
        found = self.anchors.get(event.anchor or "")
        if found is None:
            message = f"the alias *{event.anchor} has no anchor"
            raise ComposeError(
                message, hint=f"define &{event.anchor} above this line, in this file", place=place
            )
        if found.node is None:
            message = f"the alias *{event.anchor} stands within its own anchor ({found.place})"
            raise ComposeError(
                message, hint="an anchor cannot hold itself: move the alias out of it", place=place
            )
        self.read += found.size
        self.aliased += found.size
        self.deepest = max(self.deepest, depth + found.height)
        if self.aliased > MOST_NODES_BY_ALIAS or depth + found.height > DEEPEST:
            message = f"the aliases of this file grow it beyond all measure (at *{event.anchor})"
            raise ComposeError(
                message,
                hint="write the repeated part out, or use fewer aliases of aliases",
                place=place,
            )
        return found.node

    def value(self, event: yaml.Event, place: Place, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            self.tag(event.tag, place)
            return Scalar(self.scalar(event, place), event.value, place)
        if isinstance(event, yaml.SequenceStartEvent):
            self.tag(event.tag, place)
            return Sequence(tuple(self.items(depth)), place)
        if isinstance(event, yaml.MappingStartEvent):
            self.tag(event.tag, place)
            return self.mapping(place, depth)
        message = "here YAML has no value"  # an event that no parser sends at this point
        raise ComposeError(message, hint=ANY_HINT, place=place)

    def tag(self, tag: str | None, place: Place) -> None:
        if tag is not None and not tag.startswith(STANDARD_TAG) and tag != "!":
            self.tags[place] = tag

    def scalar(self, event: yaml.ScalarEvent, place: Place) -> ScalarValue:
        if event.tag is None or not event.tag.startswith(STANDARD_TAG):
            quoted = bool(event.style) or event.tag == "!"
            return event.value if quoted else read_plain(event.value)
        try:
            return read_tagged(event.tag, event.value)
        except ValueError as error:
            raise ComposeError(
                str(error), hint="drop the tag, or correct the value", place=place
            ) from error

    def items(self, depth: int) -> Iterator[Node]:
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self.node(event, depth + 1)

    def mapping(self, place: Place, depth: int) -> Mapping:
        own: dict[str, Entry] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self.key(event, depth)
            if key.text in own:
                first = own[key.text].key.place
                message = f"the key {key.text!r} is here for the second time (first {first})"
                hint = (
                    "write one list: <<: [*a, *b]"
                    if key.text == MERGE
                    else "delete one of them, or join the two"
                )
                raise ComposeError(message, hint=hint, place=key.place)
            own[key.text] = Entry(key, self.node(next(self.events), depth + 1))
        merge = own.pop(MERGE, None)
        for source in _merge_sources(merge) if merge else ():
            for entry in source:
                own.setdefault(entry.key.text, entry)
        return Mapping(tuple(own.values()), place)

    def key(self, event: yaml.Event, depth: int) -> Scalar:
        key = self.node(event, depth + 1)
        if not isinstance(key, Scalar) or key.value is None:
            what = "empty" if isinstance(key, Scalar) else "a list or mapping"
            message = f"a key is {what}"
            raise ComposeError(
                message, hint="write the name of the field before the colon", place=key.place
            )
        return key


def _merge_sources(merge: Entry) -> tuple[Mapping, ...]:
    """The mappings that `<<` brings in; an earlier one wins."""
    nodes = merge.value.items if isinstance(merge.value, Sequence) else (merge.value,)
    for node in nodes:
        if not isinstance(node, Mapping):
            message = f"<< takes a mapping or a list of mappings, not {kind_of(node)}"
            raise ComposeError(
                message, hint="write <<: *NAME with an anchor of a mapping", place=merge.key.place
            )
    return tuple(node for node in nodes if isinstance(node, Mapping))


def kind_of(node: Node) -> str:
    """A node's kind in words for a message."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    return "empty" if node.value is None else f"the value {node.text!r}"


def parse(text: str, file: str) -> tuple[Document, ...]:
    """The documents of a YAML text; file is what places name.

    Raises `ComposeError` when it is no YAML.
    """
    if bad := NOT_YAML.search(text):
        message = f"the character U+{ord(bad[0]):04X} cannot stand in YAML"
        hint = (
            "this looks like a binary file"
            if bad[0] == "\0"
            else "delete the character, or write it as an escape"
        )
        raise ComposeError(message, hint=hint, place=_place_of(text, bad.start(), file))
    try:
        return tuple(_Reader(file, iter(yaml.parse(text, Loader=LOADER))).documents())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file, 1, 1)
        if "nesting depth" in (
            error.problem or ""
        ):  # libyaml's own limit, from 0.2.6 on, met while it looks ahead
            raise ComposeError(TOO_DEEP, hint=DEEP_HINT, place=place) from error
        message = ": ".join(("no YAML", *(part for part in (error.context, error.problem) if part)))
        raise ComposeError(message, hint=_hint(message, text, place), place=place) from error
    except yaml.YAMLError as error:
        message = f"no YAML: {error}"
        raise ComposeError(message, hint=ANY_HINT, place=Place(file, 1, 1)) from error


def _place_of(text: str, offset: int, file: str) -> Place:
    return Place(file, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _hint(message: str, text: str, place: Place) -> str:
    line = text.split("\n")[place.line - 1 : place.line]
    if line and "\t" in line[0][: len(line[0]) - len(line[0].lstrip())]:
        return "indent with spaces: YAML allows no tab there"
    return next((hint for fragment, hint in HINTS if fragment in message), ANY_HINT)
