"""Frozen records that pass along `load -> plan -> run -> judge -> render`.

Nothing here does I/O and nothing here knows YAML, Docker or a probe's raw answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from hwaccess.words import SINGLE_CONTAINER_FILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hwaccess.facts import BoardFacts, BoardNode, Confinement
    from hwaccess.grants import Grant, Service
    from hwaccess.typed_json import JsonObject
    from hwaccess.words import Finding, Place, Risk


class Expect(StrEnum):
    """What a check wants to see."""

    REACH = "reach"
    DENY = "deny"


class Outcome(StrEnum):
    """What was seen. Only an answer makes one: no answer is a `Result.ERROR`, never `BLOCKED`."""

    REACHABLE = "reachable"
    BLOCKED = "blocked"
    ABSENT = "absent"
    BUSY = "busy"
    UNKNOWN = "unknown"


class Result(StrEnum):
    """What became of a check; later is worse."""

    PASS = "pass"  # noqa: S105 -- a result, not a password
    SKIP = "skip"
    FAIL = "fail"
    ERROR = "error"


class Layer(StrEnum):
    """What stopped an access, from the board outwards to the app's own libraries."""

    BOARD = "board"
    ENGINE = "engine"
    MOUNT = "mount"
    PERMISSION = "permission"
    USER_NAMESPACE = "user-namespace"
    DEVICE_CGROUP = "device-cgroup"
    CAPABILITY = "capability"
    NO_NEW_PRIVILEGES = "no-new-privileges"
    SECCOMP = "seccomp"
    LSM = "lsm"
    LOCKDOWN = "lockdown"
    BUSY = "busy"
    BUS = "bus"
    USERLAND = "userland"


class ProbeIn(StrEnum):
    """In which image the probe ran."""

    SERVICE_IMAGE = "service-image"
    PROBE_IMAGE = "probe-image"
    RUNNING = "running"


class Provenance(StrEnum):
    """Whether the board's hardware is real."""

    REAL = "real"
    EMULATED = "emulated"


@dataclass(frozen=True, slots=True)
class Rule:
    """A cause with a stable id. Its page is the section `## ID` of the `pages.md` beside the rule.

    title is one line in lower case. layer is None where the cause is not about one layer.
    """

    id: str
    title: str
    layer: Layer | None = None


def rules_of(namespace: Mapping[str, object]) -> tuple[Rule, ...]:
    """The rules that a module defines, in its order.

    The last line of every rules.py is `rules_of(vars())`.
    """
    return tuple(value for value in namespace.values() if isinstance(value, Rule))


@dataclass(frozen=True, slots=True)
class Change:
    """One edit of a compose service.

    value is the list item or scalar as compose text; old is the item that "replace" replaces.
    """

    op: Literal["add", "remove", "set", "replace"]
    field: str
    value: str
    old: str = ""


@dataclass(frozen=True, slots=True)
class Remedy:
    """The smallest change that fixes a failed check.

    kind says what is changed. patch is a unified diff for `patch -p1`; it is made from `changes`
    when the check has failed, and stays None where the file cannot be edited so.
    """

    kind: Literal["compose", "board", "image"]
    text: str
    changes: tuple[Change, ...] = ()
    patch: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One service x one access (x one target), and what is wanted of it.

    params are the kind's own parameters for the probe, as sorted (name, value) pairs of JSON
    values.
    """

    service: str
    access: str
    target: str
    expect: Expect
    risk: Risk
    params: tuple[tuple[str, object], ...] = ()
    grants: tuple[Grant, ...] = ()
    layer: str | None = None
    place: Place | None = None

    @property
    def id(self) -> str:
        """`SERVICE::ACCESS[TARGET]`, or `SERVICE::ACCESS` without a target.

        It does not change from run to run.
        """
        suffix = f"[{self.target}]" if self.target else ""
        return f"{self.service}::{self.access}{suffix}"


@dataclass(frozen=True, slots=True)
class Call:
    """One system call as the probe made it. errno is a name ("EPERM") or None when it succeeded."""

    call: str
    args: str
    errno: str | None
    value: str = ""

    def __str__(self) -> str:
        return f"{self.call}({self.args}) = {self.errno or self.value or 'ok'}"


@dataclass(frozen=True, slots=True)
class LibraryCall:
    """What the library that the app would use said: text is its result or its own error message."""

    library: str
    version: str
    call: str
    ok: bool
    text: str
    errno: str | None = None

    def __str__(self) -> str:
        return f"{self.library} {self.version}: {self.call}: {self.text}".replace("  ", " ")


@dataclass(frozen=True, slots=True)
class Observation:
    """What one probe reported for one check. status other than "done" means that it gave no answer.

    status: "done", "timeout" (did not come back in `seconds`), "crashed" (message says how).
    """

    check_id: str
    probe: str
    status: Literal["done", "timeout", "crashed"]
    message: str
    calls: tuple[Call, ...]
    facts: JsonObject
    library: tuple[LibraryCall, ...] = ()
    seconds: float = 0.0

    def call(self, name: str) -> Call | None:
        """The last call of that name, or None when it was not made."""
        return next((call for call in reversed(self.calls) if call.call == name), None)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The engine would not make or start the container: its own words, and the step."""

    step: Literal["create", "start"]
    engine_words: str


@dataclass(frozen=True, slots=True)
class Case:
    """All that a judge may look at for one check.

    observation and confinement are None after a refusal.
    """

    check: Check
    service: Service
    board: BoardFacts
    probe_in: ProbeIn
    observation: Observation | None = None
    confinement: Confinement | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one case. rule is a `Rule.id`, "" only when reachable as wanted."""

    outcome: Outcome
    summary: str
    rule: str = ""
    layer: Layer | None = None
    evidence: tuple[str, ...] = ()
    also_possible: tuple[str, ...] = ()
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """A check with its verdict and result, as every report and the pytest plugin show it.

    seconds is how long its probe took. log is what the container wrote to standard error.
    """

    check: Check
    result: Result
    verdict: Verdict
    probe_in: ProbeIn
    seconds: float = 0.0
    log: str = ""


@dataclass(frozen=True, slots=True)
class BoardIdentity:
    """The board as a report names it.

    cgroup is 1 or 2. arch is as `uname -m` says it. model is "" when the board does not tell one.
    """

    name: str
    url: str
    provenance: Provenance
    engine: str
    kernel: str
    arch: str
    cgroup: int
    lsm: tuple[str, ...]
    model: str


@dataclass(frozen=True, slots=True)
class BoardReport:
    """What a board has and what it lacks: the result behind `hwaccess doctor`.

    notable are the nodes that an app is likely to be after, without links, in the order of facts.
    """

    identity: BoardIdentity
    facts: BoardFacts
    lacking: tuple[Finding, ...]
    notable: tuple[BoardNode, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run: the one result model behind every format."""

    board: BoardIdentity
    results: tuple[CheckResult, ...]
    findings: tuple[Finding, ...]
    started: str  # ISO 8601, UTC
    seconds: float
    tool: str
    files: tuple[str, ...] = field(default=())

    @property
    def is_single_container(self) -> bool:
        """Whether there was no compose file, but what balena builds its one container from."""
        return any(file.rpartition("/")[2] in SINGLE_CONTAINER_FILES for file in self.files)

    def count(self, result: Result) -> int:
        """How many checks ended so."""
        return sum(1 for item in self.results if item.result is result)
