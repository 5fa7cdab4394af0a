"""One change of a compose service as one replacement in the file's text.

A stretch of the text is replaced, in the file's own manner.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hwaccess.compose.grants.values import TRUTHS
from hwaccess.compose.yaml.scalars import read_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.compose.write.layout import Layout, Part
    from hwaccess.model import Change

PAIRS: Final = ("environment", "labels", "sysctls")  # fields that are a map or a list of NAME=VALUE
LISTS: Final = (
    "cap_add", "cap_drop", "device_cgroup_rules", "devices", "dns", "env_file", "expose",
    "group_add", "ports",
    "security_opt", "tmpfs", "volumes",
)  # fmt: skip
PLAIN: Final = re.compile(r"[\w./-]([\w./:=@+-]*[\w./=@+-])?", re.ASCII)
PLAIN_IN_FLOW: Final = re.compile(r"[\w./][\w./@+-]*", re.ASCII)
PAIR: Final = re.compile(r"(?P<name>[^\s:=]+)(?P<separator>: |=)(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Edit:
    """What to put in place of text[start:end]."""

    start: int
    end: int
    new: str

    def applied(self, text: str) -> str:
        """The text after the edit."""
        return text[: self.start] + self.new + text[self.end :]


@dataclass(frozen=True, slots=True)
class Location:
    """A service's body in its layout, and where in its field the change is to be made.

    found: the index in a list field, the key in a map field, None when nothing there is to be
    found.
    """

    layout: Layout
    services: Part
    body: Part
    found: int | str | None


def edit_for(location: Location, change: Change) -> Edit | None:
    """The edit that makes the change, or None when the way it is written leaves no safe one."""
    field = location.body.get(change.field)
    if field is not None and (field.kind == "alias" or field.tag == "!reset"):
        return None
    match change.op:
        case "add":
            return _created(location, change) if field is None else _added(location, field, change)
        case "set":
            return _created(location, change) if field is None else _scalar(field, change)
        case "remove":
            return None if field is None else _removed(location, field, change)
        case "replace":
            return None if field is None else _replaced(location, field, change)


def pair(value: str) -> tuple[str, str | None]:
    """Name and value of `NAME=VALUE` or `NAME: VALUE`, quotes around the latter taken off.

    None without a value.
    """
    match = PAIR.fullmatch(value)
    if match is None:
        return value, None
    text = match["value"]
    if match["separator"] == ": " and len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return match["name"], text


def quoted(value: str, *, style: str = "", flow: bool = False) -> str:
    """A text as YAML, in the given quotes.

    Without them it is plain if it stays a text that way, else in double quotes.
    """
    plain = PLAIN_IN_FLOW if flow else PLAIN
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    if (
        style != '"'
        and plain.fullmatch(value)
        and isinstance(read_plain(value), str)
        and value != "-"
    ):
        return value
    return json.dumps(value, ensure_ascii=False)


def _pieces(change: Change, *, as_map: bool, style: str, flow: bool) -> str:
    """The change's value as an item of a list, or as a key with its value."""
    if change.field not in PAIRS:
        return quoted(change.value, style=style, flow=flow)
    name, value = pair(change.value)
    if not as_map:
        return quoted(name if value is None else f"{name}={value}", style=style, flow=flow)
    key = quoted(name, flow=flow)
    return f"{key}:" if value is None else f"{key}: {quoted(value, style=style, flow=flow)}"


def _style(part: Part) -> str:
    """The quotes of the last value of a collection."""
    last = part.items[-1]
    return last.style if last.kind == "scalar" else ""


def _added(location: Location, field: Part, change: Change) -> Edit | None:
    """One more item at the end of a field that is there."""
    if field.kind == "scalar":
        return _filled(location, field, change) if field.empty else None
    as_map = field.kind == "map"
    if as_map and change.field not in PAIRS:
        return None
    if not field.items:
        new = _pieces(change, as_map=as_map, style="", flow=True)
        bare = len(location.layout.text[field.start : field.end].strip("[]{} ")) == 0
        return (
            Edit(field.start, field.end, f"{{{new}}}" if as_map else f"[{new}]") if bare else None
        )
    new = _pieces(change, as_map=as_map, style=_style(field), flow=field.flow)
    if field.flow:
        return _flow_added(location.layout, field, new)
    lead = location.layout.before(field.spans[0][0])
    if not re.fullmatch(r" *" if as_map else r" *- +", lead):
        return None
    return _line_added(location.layout, field.end, (lead + new,))


def _line_added(layout: Layout, end: int, lines: tuple[str, ...]) -> Edit | None:
    """Lines of their own below the line on which something ends."""
    if not layout.ends_line(end):
        return None
    at, newline = layout.next_line(end), layout.newline
    if at == len(layout.text) and not layout.text.endswith(
        "\n"
    ):  # the file's last line stays without an ending
        return Edit(at, at, "".join(newline + line for line in lines))
    return Edit(at, at, "".join(line + newline for line in lines))


def _flow_added(layout: Layout, part: Part, new: str) -> Edit:
    """One more item within brackets: on a line of its own when the last one has one."""
    start, end = part.spans[-1]
    rest, lead = layout.after(end), layout.before(start)
    if lead.strip() or layout.line_end(end) >= part.end:
        return Edit(end, end, f", {new}")
    comma = "," if rest.lstrip().startswith(",") else ""
    return Edit(
        end, end + len(rest), f"{rest if comma else ',' + rest}{layout.newline}{lead}{new}{comma}"
    )


def _filled(location: Location, field: Part, change: Change) -> Edit | None:
    """The first item of a field that is written and holds nothing."""
    if location.body.flow or field.named:
        return None
    return _line_added(location.layout, field.end, _item_lines(location, change))


def _created(location: Location, change: Change) -> Edit | None:
    """A field that is not there yet, after the service's last one; `x-` fields stay at the end."""
    entries = list(location.body.entries)
    if not entries:
        return None
    scalar = change.op == "set"
    if location.body.flow:
        value = _scalar_text(change) if scalar else _in_brackets(location, change)
        return _flow_added(location.layout, location.body, f"{change.field}: {value}")
    key, _ = entries[0]
    lead = location.layout.before(key.start)
    if lead.strip():
        return None
    last = next(
        (item for name, item in reversed(entries) if not name.text.startswith("x-")), entries[-1][1]
    )
    if scalar:
        return _line_added(
            location.layout, last.end, (f"{lead}{change.field}: {_scalar_text(change)}",)
        )
    if _model(location, change).flow:
        return _line_added(
            location.layout, last.end, (f"{lead}{change.field}: {_in_brackets(location, change)}",)
        )
    return _line_added(
        location.layout, last.end, (f"{lead}{change.field}:", *_item_lines(location, change))
    )


@dataclass(frozen=True, slots=True)
class Manner:
    """How a new field of a service is to be written.

    indent counts from the field's name to the dash or the key.
    """

    as_map: bool
    flow: bool
    indent: int
    style: str


def _model(location: Location, change: Change) -> Manner:
    """The manner of the nearest field like the one to write.

    It is of the same service, else of any other in the file.
    """
    column = location.layout.column(location.body.keys[0].start)
    step = column - location.layout.column(location.services.keys[0].start)
    for key, part in _like(location, change.field):
        indent = (
            step
            if part.flow
            else _column(location.layout, part) - location.layout.column(key.start)
        )
        return Manner(part.kind == "map", part.flow, indent, _style(part))
    return Manner(change.field in PAIRS, flow=False, indent=step, style="")


def _column(layout: Layout, part: Part) -> int:
    """Where the dashes of a block list, or the keys of a block map, stand."""
    lead = layout.before(part.spans[0][0])
    return len(lead.rstrip()) - 1 if part.kind == "list" else len(lead)


def _like(location: Location, field: str) -> Iterator[tuple[Part, Part]]:
    """Fields that are written as the new one could be, the nearest first."""
    bodies = [
        location.body,
        *(
            part
            for part in location.services.items
            if part.kind == "map" and part is not location.body
        ),
    ]
    fields = PAIRS if field in PAIRS else LISTS
    for body in bodies:
        for key, part in body.entries:
            if (
                key.text in fields
                and part.items
                and part.kind in (("map", "list") if field in PAIRS else ("list",))
            ):
                yield key, part


def _item_lines(location: Location, change: Change) -> tuple[str, ...]:
    manner = _model(location, change)
    indent = " " * (location.layout.column(location.body.keys[0].start) + manner.indent)
    new = _pieces(change, as_map=manner.as_map, style=manner.style, flow=False)
    return (f"{indent}{new}" if manner.as_map else f"{indent}- {new}",)


def _in_brackets(location: Location, change: Change) -> str:
    manner = _model(location, change)
    new = _pieces(change, as_map=manner.as_map, style=manner.style, flow=True)
    return f"{{{new}}}" if manner.as_map else f"[{new}]"


def _scalar_text(change: Change, style: str = "", *, flow: bool = False) -> str:
    return change.value if change.field in TRUTHS else quoted(change.value, style=style, flow=flow)


def _scalar(field: Part, change: Change) -> Edit | None:
    """Another value for a field that is one value."""
    if field.kind != "scalar" or field.named or field.style in ("|", ">"):
        return None
    new = _scalar_text(change, field.style, flow=True)
    return Edit(field.start, field.end, f" {new}" if field.empty else new)


def _removed(location: Location, field: Part, change: Change) -> Edit | None:
    """The item gone; the whole field when it was the only one."""
    if field.kind == "scalar":
        return (
            _cut(location.layout, location.body, location.body.span_of(change.field))
            if field.text == change.value
            else None
        )
    if location.found is None:
        return None
    if len(field.items) == 1:
        return _cut(location.layout, location.body, location.body.span_of(change.field))
    return _cut(
        location.layout,
        field,
        field.span_of(location.found) if isinstance(location.found, str) else location.found,
    )


def _cut(layout: Layout, part: Part, index: int | None) -> Edit | None:
    """One item of a list or one key of a map taken out, with its lines or its comma.

    None for the only one.
    """
    if index is None or len(part.items) < 2:
        return None
    start, end = part.spans[index]
    if part.flow:
        last = index == len(part.items) - 1
        cut = (part.spans[index - 1][1], end) if last else (start, part.spans[index + 1][0])
        return (
            None
            if "#" in layout.text[slice(*cut)].replace(layout.text[start:end], "")
            else Edit(*cut, "")
        )
    if layout.before(start).strip() not in ("", "-") or not layout.ends_line(end):
        return None
    first, after = layout.line_start(start), layout.next_line(end)
    if after == len(layout.text) and not layout.text.endswith(
        "\n"
    ):  # take the ending of the line before instead
        first, after = layout.line_end(first - 1) if first else 0, len(layout.text)
    return Edit(first, after, "")


def _replaced(location: Location, field: Part, change: Change) -> Edit | None:
    """Another item in the place of the old one, in its quotes."""
    if field.kind == "scalar":
        return _scalar(field, change) if field.text == change.old else None
    if isinstance(location.found, str):
        return _replaced_entry(field, field.span_of(location.found), change)
    if location.found is None:
        return None
    item = field.items[location.found]
    commented = item.kind != "scalar" and "#" in location.layout.text[item.start : item.end]
    if item.named or item.kind == "alias" or commented:
        return None
    style = item.style if item.kind == "scalar" else ""
    return Edit(item.start, item.end, _pieces(change, as_map=False, style=style, flow=field.flow))


def _replaced_entry(field: Part, index: int | None, change: Change) -> Edit | None:
    """Another value for a key of a map; another key as well when the change names one."""
    if index is None:
        return None
    key, item = field.keys[index], field.items[index]
    if key.named or item.named or item.kind != "scalar" or item.style in ("|", ">"):
        return None
    new = _pieces(change, as_map=True, style=item.style, flow=field.flow)
    return Edit(*field.spans[index], new)
