"""Capabilities, security options, groups and namespaces of a service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from hwaccess.compose.grants import rules
from hwaccess.compose.grants.reader import is_null, written
from hwaccess.compose.load.source import read_text
from hwaccess.facts import CAPABILITIES
from hwaccess.grants import (
    CapabilityGrant,
    GroupGrant,
    NamespaceGrant,
    NamespaceKind,
    SecurityOptGrant,
)
from hwaccess.words import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.compose.grants.reader import Reader
    from hwaccess.compose.yaml.tree import Node, Scalar

SECURITY_OPTIONS: Final = frozenset(
    {"seccomp", "apparmor", "label", "no-new-privileges", "systempaths", "writable-cgroups"}
)
# What Go's ParseBool takes, which is what the engine asks
GO_TRUTH: Final = frozenset(
    {"1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"}
)
# Words that stand alone and words that a ":NAME" follows; network_mode may also name a network of
# its own.
MODES: Final = {
    NamespaceKind.PID: (("host", "private"), ("container", "service")),
    NamespaceKind.IPC: (("host", "none", "private", "shareable"), ("container", "service")),
    NamespaceKind.UTS: (("host", "private"), ()),
    NamespaceKind.CGROUP: (("host", "private"), ()),
    NamespaceKind.USER: (
        ("host", "private", "keep-id", "auto", "nomap"),
        ("keep-id", "auto", "container", "ns"),
    ),
}


def capabilities(reader: Reader, node: Node) -> Iterator[CapabilityGrant]:
    """Each name of `cap_add` or `cap_drop`.

    An unknown one stays, so that the engine can refuse it in its own words.
    """
    for text, item in reader.texts(node):
        name = text.upper()
        if name != "CAP_ALL":  # ALL has no prefix to the engine
            name = name.removeprefix("CAP_")
        if name != "ALL" and name not in CAPABILITIES:
            import difflib  # noqa: PLC0415 -- only a finding needs it

            close = difflib.get_close_matches(name.removeprefix("CAP_"), ["ALL", *CAPABILITIES], 1)
            remedy = f"write {close[0]}" if close else "see capabilities(7) for the names"
            summary = f"no capability is called {text!r}; the engine refuses the container"
            reader.find(rules.CAPABILITY, Severity.ERROR, summary, item.place, remedy)
        yield CapabilityGrant(
            field=reader.field,
            text=text,
            place=item.place,
            name=name,
            add=reader.field == "cap_add",
        )


def groups(reader: Reader, node: Node) -> Iterator[GroupGrant]:
    """Each group name or number."""
    for item in reader.items(node):
        group = reader.loose_text(item)
        yield GroupGrant(field=reader.field, text=written(item), place=item.place, group=group)


def namespaces(reader: Reader, node: Node) -> Iterator[NamespaceGrant]:
    """The namespace that the reader's field sets; an empty value sets none."""
    if is_null(node):
        return
    kind, mode = NamespaceKind(reader.field), reader.text(node)
    if not mode:
        return
    if kind in MODES:
        _check_mode(reader, node, mode, *MODES[kind])
    yield NamespaceGrant(field=reader.field, text=mode, place=node.place, kind=kind, mode=mode)


def _check_mode(
    reader: Reader, node: Node, mode: str, alone: tuple[str, ...], followed: tuple[str, ...]
) -> None:
    word, colon, _ = mode.partition(":")
    if word not in (followed if colon else alone):
        choices = ", ".join((*alone, *(f"{word}:NAME" for word in followed)))
        summary = f"{reader.field} {mode!r} is no mode that an engine knows"
        reader.find(rules.NAMESPACE, Severity.ERROR, summary, node.place, f"use one of: {choices}")


def security_opts(reader: Reader, node: Node) -> Iterator[SecurityOptGrant]:
    """Each `security_opt`, with a seccomp profile's text where one is named.

    Raises `ComposeError` when one has no value where it needs one.
    """
    for text, item in reader.texts(node):
        option, separator, value = _split(text)
        if not separator and option != "no-new-privileges":
            raise reader.error(
                item.place,
                f"{text!r} has no value",
                'write NAME=VALUE, for example "seccomp=unconfined"',
            )
        _check_security_opt(reader, item, option, separator, value)
        profile = None
        if option == "seccomp" and value not in ("unconfined", "builtin", ""):
            profile = _seccomp_profile(reader, item, value)
        yield SecurityOptGrant(
            field=reader.field,
            text=text,
            place=item.place,
            option=option,
            value=value,
            profile=profile,
        )


def _split(text: str) -> tuple[str, str, str]:
    """Name, separator, value: at the first "=", else at the first ":" of the old spelling."""
    return text.partition("=" if "=" in text else ":")


def _check_security_opt(
    reader: Reader, item: Scalar, option: str, separator: str, value: str
) -> None:
    if option not in SECURITY_OPTIONS:
        import difflib  # noqa: PLC0415 -- only a finding needs it

        close = difflib.get_close_matches(option, sorted(SECURITY_OPTIONS), 1)
        remedy = (
            f"write {close[0]}" if close else f"use one of: {', '.join(sorted(SECURITY_OPTIONS))}"
        )
        summary = f"the engine knows no security option {option!r} and refuses the container"
        reader.find(rules.SECURITY_OPT, Severity.ERROR, summary, item.place, remedy)
    elif option == "no-new-privileges" and separator and value not in GO_TRUTH:
        summary = (
            f"no-new-privileges is true or false, not {value!r}; the engine refuses the container"
        )
        reader.find(
            rules.SECURITY_OPT, Severity.ERROR, summary, item.place, "write no-new-privileges:true"
        )
    elif option == "systempaths" and (separator, value) != ("=", "unconfined"):
        summary = f"{item.text!r} is not understood: systempaths is only ever =unconfined"
        reader.find(
            rules.SECURITY_OPT, Severity.ERROR, summary, item.place, "write systempaths=unconfined"
        )


def _seccomp_profile(reader: Reader, item: Scalar, value: str) -> str:
    """The JSON text of the profile file, which compose reads and sends along."""
    path = reader.path(value)
    text = read_text(path, "seccomp profile", item.place)
    try:
        profile = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise reader.error(
            item.place, f"the seccomp profile {path} is not JSON: {error}", f"fix {path}"
        ) from error
    if not isinstance(profile, dict):
        raise reader.error(
            item.place, f"the seccomp profile {path} is not a JSON object", f"fix {path}"
        )
    return text
