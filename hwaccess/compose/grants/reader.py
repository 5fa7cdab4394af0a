"""Reading one field of one service.

Every wrong type is a `ComposeError` with its place and an example to paste.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hwaccess.compose.load import paths
from hwaccess.compose.yaml.tree import Mapping, Scalar, Sequence
from hwaccess.errors import ComposeError
from hwaccess.words import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Dict

    from hwaccess.compose.yaml.tree import Node
    from hwaccess.model import Rule
    from hwaccess.words import Place, Severity

# One right line for each field: what the hint of a wrong one shows.
EXAMPLES: Final = {
    "build": "build: ./gpio",
    "cap_add": "cap_add: [SYS_RAWIO]",
    "cap_drop": "cap_drop: [ALL]",
    "cgroup": "cgroup: private",
    "cgroup_parent": "cgroup_parent: hardware.slice",
    "deploy": (
        "deploy: {resources: {reservations: {devices: "
        '[{driver: nvidia, count: 1, capabilities: ["gpu"]}]}}}'
    ),
    "device_cgroup_rules": 'device_cgroup_rules: ["c 89:* rmw"]',
    "devices": 'devices: ["/dev/i2c-1:/dev/i2c-1"]',
    "environment": "environment: {MODE: fast}",
    "gpus": "gpus: all",
    "group_add": 'group_add: ["998"]',
    "hostname": "hostname: sensor",
    "image": "image: debian:12",
    "init": "init: true",
    "ipc": "ipc: private",
    "labels": "labels: {io.balena.features.dbus: '1'}",
    "network_mode": "network_mode: host",
    "pid": "pid: host",
    "privileged": "privileged: true",
    "read_only": "read_only: true",
    "runtime": "runtime: runc",
    "security_opt": 'security_opt: ["no-new-privileges:true"]',
    "services": "services: {app: {image: debian:12}}",
    "sysctls": "sysctls: {net.core.somaxconn: 1024}",
    "tmpfs": "tmpfs: [/run]",
    "top-level volumes": "volumes: {data: {}}",
    "use_api_socket": "use_api_socket: true",
    "user": 'user: "1000:1000"',
    "userns_mode": "userns_mode: host",
    "uts": "uts: host",
    "volumes": 'volumes: ["data:/data"]',
    "volumes_from": "volumes_from: [SERVICE]",
    "working_dir": "working_dir: /app",
    "x-hwaccess": "x-hwaccess: {reach: [{i2c: /dev/i2c-1}]}",
}

TRUE: Final = frozenset({"true", "1", "t", "y", "yes", "on"})
FALSE: Final = frozenset({"false", "0", "f", "n", "no", "off"})


@dataclass(frozen=True, slots=True)
class Reader:
    """Where reading is, and what it needs and finds on its way.

    It has the service and the field, where relative paths start, the shell's variables, and the
    findings so far.

    Each getter raises `ComposeError` when the value is of another type.
    """

    service: str
    directory: str
    environment: Dict[str, str]
    findings: list[Finding]
    field: str = ""

    def at(self, field: str) -> Reader:
        """A reader of another field of this service."""
        return replace(self, field=field)

    def find(
        self, rule: Rule, severity: Severity, summary: str, place: Place, remedy: str | None = None
    ) -> None:
        """Note something worth saying."""
        self.findings.append(
            Finding(rule.id, severity, summary, self.service or None, place, remedy)
        )

    def error(self, place: Place, message: str, hint: str = "") -> ComposeError:
        """The error for a value that compose would not take.

        The hint is the field's example unless given.
        """
        where = f" of service {self.service!r}" if self.service else ""
        example = f"write {EXAMPLES[self.field.partition('.')[0]]}"
        return ComposeError(f"{self.field}{where}: {message}", hint=hint or example, place=place)

    def wrong(self, node: Node, wanted: str) -> ComposeError:
        """The error for a node of the wrong type."""
        return self.error(node.place, f"{wanted} is wanted, not {described(node)}")

    def items(self, node: Node) -> tuple[Node, ...]:
        """The items of a list; an empty value is an empty list."""
        if isinstance(node, Sequence):
            return node.items
        if is_null(node):
            return ()
        raise self.wrong(node, "a list")

    def mapping(self, node: Node) -> Mapping:
        """A mapping; an empty value is an empty one."""
        if isinstance(node, Mapping):
            return node
        if is_null(node):
            return Mapping((), node.place)
        raise self.wrong(node, "a mapping")

    def text(self, node: Node) -> str:
        """A text, which is what compose's schema calls a string.

        It is no number, truth value or empty value.
        """
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return node.value
        raise self.wrong(node, "a text")

    def loose_text(self, node: Node) -> str:
        """A text, or a number or truth value as text."""
        if isinstance(node, Scalar) and node.value is not None:
            return stringified(node)
        raise self.wrong(node, "a text")

    def truth(self, node: Node) -> bool:
        """A truth value, also as the words that compose casts."""
        if isinstance(node, Scalar):
            if isinstance(node.value, bool):
                return node.value
            if isinstance(node.value, str) and node.value.lower() in TRUE | FALSE:
                return node.value.lower() in TRUE
        raise self.wrong(node, "true or false")

    def texts(self, node: Node) -> Iterator[tuple[str, Scalar]]:
        """The items of a list of texts, each with its node."""
        for item in self.items(node):
            if not isinstance(item, Scalar):
                raise self.wrong(item, "a list of texts")
            yield self.text(item), item

    def pairs(self, node: Node) -> Iterator[tuple[str, str | None, str, Place]]:
        """Name, value, text as written and place, from `K: v` and `- K=v` alike.

        The value is None when there is none.
        """
        if isinstance(node, Sequence):
            for text, item in self.texts(node):
                name, equals, value = text.partition("=")
                yield name, value if equals else None, item.text, item.place
            return
        for entry in self.mapping(node):
            if not isinstance(entry.value, Scalar):
                raise self.wrong(entry.value, f"a single value for {entry.key.text!r}")
            given = None if entry.value.value is None else stringified(entry.value)
            yield (
                entry.key.text,
                given,
                f"{entry.key.text}: {entry.value.text}".rstrip(),
                entry.key.place,
            )

    def path(self, text: str) -> str:
        """A path of the machine that compose runs on, made absolute as compose does it."""
        return paths.full(paths.join(self.directory, text))


def is_null(node: Node) -> bool:
    """Whether nothing is written there."""
    return isinstance(node, Scalar) and node.value is None


def described(node: Node) -> str:
    """A node in an error's words."""
    match node:
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"
        case Scalar(value=None):
            return "nothing"
        case Scalar(value=bool()):
            return f"the truth value {node.text}"
        case Scalar(value=str()):
            return f"the text {node.text!r}"
        case _:
            return f"the number {node.text}"


def stringified(scalar: Scalar) -> str:
    """A value as compose turns it into text.

    `yes` stays a word, for only true and false are truth values to it.
    """
    match scalar.value:
        case None:
            return ""
        case str(text):
            return text
        case bool(truth):
            return str(truth).lower()
        case float(number) if number.is_integer() and abs(number) < 1e21:
            return str(int(number))
        case number:
            return str(number)


def written(node: Node) -> str:
    """A node as one line of compose text."""
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return f"[{', '.join(written(item) for item in node.items)}]"
        case Mapping():
            return (
                "{" + ", ".join(f"{entry.key.text}: {written(entry.value)}" for entry in node) + "}"
            )
