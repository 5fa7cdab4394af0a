"""The agent's answer, checked and turned into observations: the edge where JSON ends.

Whatever the container sent instead of an answer (nothing, garbage, too much) is one `ProbeError`
that says so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, Literal, cast

from hwaccess.agent.request import BOARD, PROTOCOL
from hwaccess.errors import ProbeError
from hwaccess.facts import Confinement, IdMap, MountFacts, NodeFacts
from hwaccess.model import Call, LibraryCall, Observation
from hwaccess.typed_json import JsonObject

ANSWER_LIMIT: Final = 1 << 20  # bytes; the agent's own limit is the same
HINT: Final = "see what the container printed with `--format json` (log), or run `hwaccess doctor`"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one agent said: its confinement, and one observation per check."""

    confinement: Confinement
    observations: tuple[Observation, ...]

    def observation(self, check_id: str) -> Observation:
        """The observation of a check; an agent that left it out gave no answer to it.

        Raises `ProbeError` when the agent said nothing about the check.
        """
        for observation in self.observations:
            if observation.check_id == check_id:
                return observation
        message = f"the agent said nothing about {check_id}"
        raise ProbeError(message, hint=HINT)


def decode(data: bytes, nonce: str) -> Answer:
    """The answer in `data`, which must carry `nonce`.

    So no other process can have written it.
    """
    return build_answer(JsonObject(parse(data, nonce), "the agent"))


def board_answer(data: bytes, nonce: str) -> JsonObject:
    """What the probe of the board found.

    Raises `ProbeError` when it did not come to its end: then nothing that it found can be used.
    """
    observation = decode(data, nonce).observation(BOARD)
    if observation.status != "done":
        message = f"the board could not be read: {observation.status}: {observation.message}"
        hint = "run it again with --debug; a file of /sys that hangs is a fault of its driver"
        raise ProbeError(message, hint=hint)
    return observation.facts


def parse(data: bytes, nonce: str) -> dict[str, object]:
    """The JSON object of an answer, or raises `ProbeError`, which says what came instead."""
    if not data.strip():
        message = "the agent ended without an answer"
        raise ProbeError(message, hint=HINT)
    if len(data) > ANSWER_LIMIT:
        message = f"the answer is longer than {ANSWER_LIMIT} bytes"
        raise ProbeError(message, hint=HINT)
    try:
        document = json.loads(data)
    except ValueError as error:
        message = f"the answer is not JSON ({error}); it begins with {data[:60]!r}"
        raise ProbeError(message, hint=HINT) from error
    if not isinstance(document, dict):
        message = f"the answer is no JSON object; it begins with {data[:60]!r}"
        raise ProbeError(message, hint=HINT)
    if document.get("v") != PROTOCOL or document.get("nonce") != nonce:
        message = (
            "the answer is not from our agent: "
            f"version {document.get('v')!r}, nonce {document.get('nonce')!r}"
        )
        raise ProbeError(message, hint="remove the old runtime: hwaccess sweep --all")
    return document


def build_answer(facts: JsonObject) -> Answer:
    """The typed form of an answer's object."""
    results = tuple(build_observation(item) for item in facts.tables("results"))
    return Answer(build_confinement(facts.table("confinement")), results)


def build_observation(item: JsonObject) -> Observation:
    """One entry of `results`.

    Raises `ProbeError` when a value is of another type, or the status is no word of ours.
    """
    status = item.text("status")
    if status not in ("done", "timeout", "crashed"):
        message = f"a probe says the unknown status {status!r}"
        raise ProbeError(message, hint=HINT)
    return Observation(
        check_id=item.text("id"),
        probe=item.text("probe"),
        status=cast("Literal['done', 'timeout', 'crashed']", status),
        message=item.text("message", ""),
        calls=tuple(build_call(call) for call in item.tables("calls")),
        facts=item.table("facts"),
        library=tuple(build_library_call(call) for call in item.tables("library")),
        seconds=item.decimal("seconds", 0.0),
    )


def build_call(item: JsonObject) -> Call:
    """One entry of `calls`."""
    return Call(
        item.text("call"),
        item.text("args", ""),
        item.text("errno", "") or None,
        item.text("value", ""),
    )


def build_library_call(item: JsonObject) -> LibraryCall:
    """One entry of `library`."""
    return LibraryCall(
        library=item.text("library"),
        version=item.text("version", ""),
        call=item.text("call"),
        ok=item.flag("ok"),
        text=item.text("text", ""),
        errno=item.text("errno", "") or None,
    )


def build_confinement(item: JsonObject) -> Confinement:
    """The `confinement` object."""
    spaces = item.table("namespaces")
    return Confinement(
        uid=item.number("uid"),
        euid=item.number("euid"),
        gid=item.number("gid"),
        egid=item.number("egid"),
        groups=item.numbers("groups"),
        effective=item.hexadecimal("effective"),
        permitted=item.hexadecimal("permitted"),
        inheritable=item.hexadecimal("inheritable"),
        bounding=item.hexadecimal("bounding"),
        ambient=item.hexadecimal("ambient"),
        seccomp=item.number("seccomp"),
        no_new_privileges=item.flag("no_new_privileges"),
        uid_map=tuple(IdMap(*line) for line in item.number_rows("uid_map", 3)),
        gid_map=tuple(IdMap(*line) for line in item.number_rows("gid_map", 3)),
        lsm_label=item.text("lsm_label", ""),
        namespaces=tuple((name, spaces.text(name, "")) for name in spaces.keys()),  # noqa: SIM118 -- no dict
        kernel=item.text("kernel"),
        arch=item.text("arch"),
        reachable_nodes=item.texts("reachable_nodes"),
    )


def build_node(item: JsonObject) -> NodeFacts:
    """What `calls.node_facts` of a probe said.

    For example `build_node(observation.facts.table("node"))`.
    """
    return NodeFacts(
        path=item.text("path"),
        kind=item.text("kind"),
        link=item.text("link", ""),
        major=item.number("major", -1),
        minor=item.number("minor", -1),
        mode=item.number("mode", 0),
        uid=item.number("uid", -1),
        gid=item.number("gid", -1),
        access=item.text("access", ""),
        access_read=item.text("access_read", ""),
        driver=item.text("driver", ""),
        in_sysfs=item.flag("in_sysfs", default=False),
        devname=item.text("devname", ""),
        mount=build_mount(item.table("mount")) if "mount" in item else None,
    )


def build_mount(item: JsonObject) -> MountFacts | None:
    """What `calls.mount_of` of a probe said.

    None when the path is on no mount that mountinfo shows.
    """
    if not item.keys():
        return None
    return MountFacts(
        point=item.text("point"),
        root=item.text("root", ""),
        fstype=item.text("fstype", ""),
        source=item.text("source", ""),
        options=item.texts("options"),
        own=item.flag("own", default=False),
    )
