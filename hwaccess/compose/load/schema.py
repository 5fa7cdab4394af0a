"""Whether a document has compose's shape.

Sections are of the right kind, and there is no field that compose does not know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hwaccess.compose.load.rules import MISPLACED_FIELD, UNKNOWN_FIELD, UNKNOWN_TAG, UNKNOWN_VERSION
from hwaccess.compose.load.schema_fields import FIELDS, MEANT
from hwaccess.compose.yaml.parser import kind_of
from hwaccess.compose.yaml.path import entries, paths
from hwaccess.compose.yaml.tree import Entry, Mapping, Node, Scalar, Sequence
from hwaccess.errors import ComposeError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hwaccess.compose.load.findings import Findings
    from hwaccess.compose.yaml.parser import Document

VERSION: Final = re.compile(r"2(\.[0-4])?|3(\.[0-9])?")
SERVICE_NAME: Final = re.compile(r"[a-zA-Z0-9._-]+", re.ASCII)
BY_NAME: Final = ("services", "networks", "volumes", "secrets", "configs", "models")
MERGE_TAGS: Final = ("!reset", "!override")
SERVICE: Final = "services.*"
HOMES: Final = (SERVICE, "", "services.*.build", "services.*.deploy", "services.*.healthcheck")
SECTIONS: Final = paths(FIELDS)
BLOCK: Final = "x-hwaccess"
CLOSE: Final = 0.75  # `privilege` is that close to `privileged`, `ports` and `expose` are not
OURS: Final = 0.88  # one slip in x-hwaccess; x-access (0.875) may be somebody's own


def check_document(document: Document, findings: Findings) -> Mapping:
    """The document's top level.

    Unknown fields are findings. Raises `ComposeError` when a section is of the wrong kind.
    """
    root = document.root
    if not isinstance(root, Mapping):
        message = f"a compose file is a mapping, and this is {kind_of(root)}"
        raise ComposeError(
            message, hint="begin with `services:` at the left margin", place=root.place
        )
    _check_version_1(root)
    for entry in root:
        if entry.key.text in BY_NAME:
            _check_section(entry)
    _check_fields(root, findings)
    _check_version(root.get("version"), findings)
    for place, tag in document.tags.items():
        if tag not in MERGE_TAGS:
            remedy = f"write {nearest(tag, MERGE_TAGS) or '!reset or !override'}, or delete the tag"
            findings.warn(
                UNKNOWN_TAG, f"compose passes over the tag {tag}", place=place, remedy=remedy
            )
    return root


def _check_version_1(root: Mapping) -> None:
    """A file of version 1 has its services at the top level."""
    if root.get("services") or root.get("include"):
        return
    for entry in root:
        value = entry.value
        is_service = isinstance(value, Mapping) and any(
            value.get(name) for name in ("image", "build")
        )
        if is_service and entry.key.text not in FIELDS[""] and not entry.key.text.startswith("x-"):
            message = (
                f"the service {entry.key.text!r} stands at the top level, "
                "as in compose files of version 1"
            )
            hint = (
                "put `services:` above it and indent the services by two spaces: "
                f"services: {{{entry.key.text}: ...}}"
            )
            raise ComposeError(message, hint=hint, place=entry.key.place)


def _check_section(section: Entry) -> None:
    name = section.key.text
    if isinstance(section.value, Scalar) and section.value.value is None:
        return
    if not isinstance(section.value, Mapping):
        message = f"{name} is a mapping by name, and this is {kind_of(section.value)}"
        raise ComposeError(message, hint=f"write {name}: {{NAME: ...}}", place=section.value.place)
    for entry in section.value:
        if name == "services" and not SERVICE_NAME.fullmatch(entry.key.text):
            message = f"{entry.key.text!r} is no name for a service"
            hint = "use letters, digits, dots, dashes and underscores only"
            raise ComposeError(message, hint=hint, place=entry.key.place)
        if isinstance(entry.value, Sequence) or (
            isinstance(entry.value, Scalar) and entry.value.value is not None
        ):
            what = (
                f"the service {entry.key.text!r}"
                if name == "services"
                else f"{name}: {entry.key.text}"
            )
            message = f"{what} is a mapping of fields, and this is {kind_of(entry.value)}"
            hint = f"write {name}: {{NAME: {{{entry.key.text}: ...}}}}"
            raise ComposeError(message, hint=hint, place=entry.value.place)


def _check_version(version: Node | None, findings: Findings) -> None:
    if version is None:
        return
    text = version.text if isinstance(version, Scalar) else kind_of(version)
    if not VERSION.fullmatch(text):
        summary = f"no compose file format has the version {text!r}"
        remedy = 'delete the line, or write version: "2.4"'
        findings.warn(UNKNOWN_VERSION, summary, place=version.place, remedy=remedy)


def _check_fields(root: Mapping, findings: Findings) -> None:
    """A finding for each field that compose does not know, and each block of ours out of its place.

    What is below any other `x-` field is the user's own.
    """
    for entry, path, keys in entries(root, SECTIONS):
        name = entry.key.text
        if path.rule is None or name in path.rule or any(key.startswith("x-") for key in keys):
            continue
        service = keys[1] if keys[:1] == ("services",) and len(keys) > 1 else None
        if name.startswith("x-"):
            _unread_block(entry, path.text, service, findings)
        else:
            _unknown(entry, path.text, service, findings)


def _unread_block(entry: Entry, at: str, service: str | None, findings: Findings) -> None:
    """`x-hwaccess` misspelt, or where hwaccess does not look: what it asks for is never checked."""
    name, plain = entry.key.text, re.sub(r"[-_ ]", "", entry.key.text).lower()
    if name == BLOCK and at == SERVICE:
        return
    if not nearest(plain, [BLOCK.replace("-", "")], cutoff=OURS):
        return
    if at == SERVICE:
        summary = f"{name!r} {_words(at, service)} is read by nobody; did you mean {BLOCK!r}?"
        rule, remedy = UNKNOWN_FIELD, f"write {BLOCK} instead of {name}"
    else:
        there = _words(SERVICE, service or "NAME")
        summary = f"{name!r} does nothing {_words(at, service)}: {BLOCK!r} belongs {there}"
        rule, remedy = MISPLACED_FIELD, f"move the lines {there}"
    findings.error(rule, summary, place=entry.key.place, remedy=remedy, service=service)


def _unknown(entry: Entry, at: str, service: str | None, findings: Findings) -> None:
    name, where = entry.key.text, _words(at, service)
    section, field = _meant(name, at)
    rule, summary = UNKNOWN_FIELD, f"compose knows no field {name!r} {where}"
    remedy = f"delete {name}, or call it x-{name}"
    if field and section == at:
        summary, remedy = (
            f"{summary}; did you mean {field!r}?",
            f"write {field} instead of {name}",
        )
    elif field:
        there = _words(section, service or "NAME")
        rule, summary = (
            MISPLACED_FIELD,
            f"{name!r} does nothing {where}: {field!r} belongs {there}",
        )
        remedy = f"move the lines {there}"
    findings.error(rule, summary, place=entry.key.place, remedy=remedy, service=service)


def _words(at: str, service: str | None) -> str:
    """Where a section is, in words."""
    if not at:
        return "at the top level"
    head, _, rest = at.removesuffix(".*").replace(".*", "[]").partition("[]")
    if head == "services":
        return f"under services.{service}{rest}"
    return f"under {head}{rest}"


def _plain(name: str) -> str:
    """`cap-add` and `capAdd` as `cap_add`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower().replace("-", "_").replace(" ", "_")


def _meant(name: str, at: str) -> tuple[str, str | None]:
    """The section and the field in it that were meant by a name that the section does not have."""
    plain = _plain(name)
    if field := _spelt(plain, at):
        return at, field
    home = next((path for path in HOMES if name in FIELDS[path]), None)
    if home is not None:
        return home, name
    if (field := nearest(plain, FIELDS[at])) or at:
        return at, field
    return SERVICE, _spelt(plain, SERVICE) or nearest(plain, FIELDS[SERVICE])


def _spelt(plain: str, at: str) -> str | None:
    """The section's own field behind another way of writing it."""
    return next((field for field in (plain, MEANT.get(plain)) if field in FIELDS[at]), None)


def nearest(name: str, known: Iterable[str], cutoff: float = CLOSE) -> str | None:
    """The known name that comes closest, if one is at least that much like it (1.0: the same)."""
    import difflib  # noqa: PLC0415 -- only a finding or an error needs it

    return next(iter(difflib.get_close_matches(name, sorted(known), n=1, cutoff=cutoff)), None)
