"""Laying one compose file (or service) over another by compose's rules.

List items are then made unique. Mappings merge deeply, lists are appended, single values are
replaced. The tables hold the exceptions, by a path in which `*` stands for any name. Nodes keep the
place where they were written.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from hwaccess.compose.load.unique import unique_items
from hwaccess.compose.yaml.parser import kind_of
from hwaccess.compose.yaml.path import Path, everywhere, paths
from hwaccess.compose.yaml.tree import Entry, Mapping, Node, Scalar, Sequence
from hwaccess.errors import ComposeError

if TYPE_CHECKING:
    from collections.abc import Mapping as Table

    from hwaccess.words import Place

SERVICE: Final = "services.*"
ANY_NAME: Final = frozenset(
    {"services", "networks", "volumes", "secrets", "configs", "models"}
    | {f"{SERVICE}.{name}" for name in ("networks", "ulimits", "depends_on", "models")}
)
REPLACED: Final = frozenset(
    f"{SERVICE}.{name}"
    for name in ("command", "entrypoint", "healthcheck.test", "provider", "build.context")
)
# Written as a list of NAME=VALUE or as a mapping: both become a mapping before they merge.
KEYED: Final = frozenset(
    {"networks.*.labels", "volumes.*.labels"}
    | {
        f"{SERVICE}.{name}"
        for name in (
            "annotations",
            "environment",
            "labels",
            "sysctls",
            "build.args",
            "build.labels",
            "deploy.labels",
        )
    }
    | {f"{SERVICE}.build.additional_contexts"}
)
# A list of names or a mapping by name: a bare name stands for nothing (a network) or for the plain
# condition.
NAMED: Final = frozenset(f"{SERVICE}.{name}" for name in ("networks", "depends_on", "models"))
# One text or a list of them.
LISTED: Final = frozenset(
    f"{SERVICE}.{name}"
    for name in (
        "dns",
        "dns_opt",
        "dns_search",
        "env_file",
        "label_file",
        "tmpfs",
        "extra_hosts",
        "build.extra_hosts",
    )
)
# A short form and a long form that do not mix: the later one stands.
EITHER: Final = frozenset(
    {f"{SERVICE}.{name}" for name in ("ulimits.*", "gpus", "extends", "develop")}
    | {f"{section}.*.external" for section in ("networks", "volumes", "secrets", "configs")}
)


class Rule(Enum):
    """How two values of a field become one, where it is not the way of all others."""

    PLAIN = auto()
    REPLACED = auto()
    KEYED = auto()
    NAMED = auto()
    DEPENDS_ON = auto()
    LISTED = auto()
    EITHER = auto()
    LOGGING = auto()
    BUILD = auto()


RULES: Final = paths(
    {
        **dict.fromkeys((f"{path}.*" for path in ANY_NAME), Rule.PLAIN),
        **dict.fromkeys(REPLACED, Rule.REPLACED),
        **dict.fromkeys(KEYED, Rule.KEYED),
        **dict.fromkeys(NAMED, Rule.NAMED),
        **dict.fromkeys(LISTED, Rule.LISTED),
        **dict.fromkeys(EITHER, Rule.EITHER),
        f"{SERVICE}.depends_on": Rule.DEPENDS_ON,
        f"{SERVICE}.logging": Rule.LOGGING,
        f"{SERVICE}.build": Rule.BUILD,
    }
)
# An `x-` field may change its form from file to file, and so may all that is below it.
EXTENSION: Final = everywhere(Rule.EITHER)
A_SERVICE: Final = RULES.steps["services"].item()
At = Path[Rule] | None  # None where no rule is left


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge of files; tags holds the `!reset` and `!override` of all of them by place."""

    tags: Table[Place, str]

    def files(self, base: Mapping, over: Mapping) -> Mapping:
        """A whole file over what the files before it gave."""
        return self._mappings(base, over, RULES)

    def service(self, base: Mapping, over: Mapping) -> Mapping:
        """A service over the one that it extends; it stays where it is."""
        merged = self._mappings(base, over, A_SERVICE)
        return Mapping(merged.entries, over.place)

    def stripped(self, mapping: Mapping) -> Mapping:
        """A mapping without what `!reset` takes away, for after the last merge only.

        The tag acts on each file before it.
        """
        return self._stripped_mapping(mapping) if "!reset" in self.tags.values() else mapping

    def _stripped_mapping(self, mapping: Mapping) -> Mapping:
        kept = (entry for entry in mapping if not self._tagged(entry.value, "!reset"))
        return Mapping(
            tuple(Entry(entry.key, self._stripped(entry.value)) for entry in kept), mapping.place
        )

    def _stripped(self, node: Node) -> Node:
        if isinstance(node, Mapping):
            return self._stripped_mapping(node)
        if isinstance(node, Scalar):
            return node
        kept = (item for item in node.items if not self._tagged(item, "!reset"))
        return Sequence(tuple(self._stripped(item) for item in kept), node.place)

    def _tagged(self, node: Node, tag: str) -> bool:
        return bool(self.tags) and self.tags.get(node.place) == tag

    def _node(self, base: Node, over: Node, at: At) -> Node:
        rule = _rule(at)
        replaces = (
            self._tagged(over, "!override")
            or self._tagged(over, "!reset")
            or self._tagged(base, "!reset")
        )
        if replaces or rule is Rule.REPLACED:
            return over
        if _is_null(over) and rule is not Rule.KEYED:
            return base
        base, over = _alike(base, over, rule)
        if isinstance(base, Mapping) and isinstance(over, Mapping):
            if rule is Rule.LOGGING and _other_driver(base, over):
                return over
            return self._mappings(base, over, at)
        if isinstance(base, Sequence) and isinstance(over, Sequence):
            return Sequence((*base.items, *over.items), base.place)
        if isinstance(base, Scalar) and isinstance(over, Scalar):
            return over
        if _is_null(base) or rule is Rule.EITHER:
            return over
        message = f"{kind_of(over)} cannot be laid over {kind_of(base)} ({base.place})"
        hint = "write both in the same form, or put !override before the value"
        raise ComposeError(message, hint=hint, place=over.place)

    def _mappings(self, base: Mapping, over: Mapping, at: At) -> Mapping:
        merged = {entry.key.text: entry for entry in base.entries}
        for entry in over.entries:
            name = entry.key.text
            old = merged.get(name)
            if old is None or _rule(at) is Rule.KEYED:
                merged[name] = entry
                continue
            value = self._node(old.value, entry.value, _below(at, name))
            merged[name] = Entry(entry.key if value is entry.value else old.key, value)
        return Mapping(tuple(merged.values()), base.place)


def _below(at: At, name: str) -> At:
    found = at.key(name) if at is not None else None
    return EXTENSION if found is None and name.startswith("x-") else found


def _rule(at: At) -> Rule | None:
    return None if at is None else at.rule


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _other_driver(base: Mapping, over: Mapping) -> bool:
    """Options belong to their driver, so those of another one are not kept."""
    old, new = base.get("driver"), over.get("driver")
    return isinstance(old, Scalar) and isinstance(new, Scalar) and old.text != new.text


def _alike(base: Node, over: Node, rule: Rule | None) -> tuple[Node, Node]:
    """Both in one form, where a field has a short and a long one."""
    if rule is Rule.KEYED:
        return keyed(base), keyed(over)
    if rule in (Rule.NAMED, Rule.DEPENDS_ON) and type(base) is not type(over):
        return _named(base, rule), _named(over, rule)
    if rule is Rule.LISTED and not (isinstance(base, Mapping) and isinstance(over, Mapping)):
        return _listed(base), _listed(over)
    if rule is Rule.BUILD and type(base) is not type(over):
        return _long_build(base), _long_build(over)
    return base, over


def keyed(node: Node) -> Node:
    """A list of `NAME=VALUE` (or of bare names, whose value is then null) as a mapping.

    Anything else as it is.

    Raises `ComposeError` when an item is no text.
    """
    if _is_null(node):
        return Mapping((), node.place)
    if not isinstance(node, Sequence):
        return node
    entries: dict[str, Entry] = {}
    for item in node.items:
        if not isinstance(item, Scalar):
            message = f"{kind_of(item)} stands where NAME=VALUE belongs"
            raise ComposeError(message, hint='write - "NAME=VALUE"', place=item.place)
        name, separator, text = item.text.partition("=")
        value = Scalar(text, text, item.place) if separator else Scalar(None, "", item.place)
        entries[name] = Entry(Scalar(name, name, item.place), value)
    return Mapping(tuple(entries.values()), node.place)


def _named(node: Node, rule: Rule) -> Node:
    if not isinstance(node, Sequence):
        return node
    names = [item for item in node.items if isinstance(item, Scalar)]
    return Mapping(tuple(Entry(name, _bare(name, rule)) for name in names), node.place)


def _bare(name: Scalar, rule: Rule) -> Node:
    if rule is not Rule.DEPENDS_ON:
        return Scalar(None, "", name.place)
    key, value = (Scalar(text, text, name.place) for text in ("condition", "service_started"))
    return Mapping((Entry(key, value),), name.place)


def _listed(node: Node) -> Node:
    if isinstance(node, Mapping):  # extra_hosts: the only one of these that may be a mapping
        pairs = ((entry, entry.value) for entry in node.entries)
        texts = (
            (f"{entry.key.text}={value.text}", value)
            for entry, value in pairs
            if isinstance(value, Scalar)
        )
        return Sequence(tuple(Scalar(text, text, value.place) for text, value in texts), node.place)
    return Sequence((node,), node.place) if isinstance(node, Scalar) else node


def _long_build(node: Node) -> Node:
    if not isinstance(node, Scalar):
        return node
    return Mapping((Entry(Scalar("context", "context", node.place), node),), node.place)


def unique_service(service: Mapping) -> Mapping:
    """The service with each list item once where compose wants it so.

    The later of two takes the earlier's place.
    """
    entries = []
    for entry in service.entries:
        value = entry.value
        if isinstance(value, Sequence):
            value = unique_items(entry.key.text, value)
        entries.append(entry if value is entry.value else Entry(entry.key, value))
    return Mapping(tuple(entries), service.place)
