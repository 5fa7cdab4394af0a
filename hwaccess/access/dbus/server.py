"""What the probe of the system bus reported of one address, as records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hwaccess.agent.answer import build_node

if TYPE_CHECKING:
    from hwaccess.facts import NodeFacts
    from hwaccess.typed_json import JsonObject

NO_OWNER_ERRORS: Final = (
    "org.freedesktop.DBus.Error.ServiceUnknown",
    "org.freedesktop.DBus.Error.NameHasNoOwner",
)
REFUSALS: Final = (
    "AccessDenied",
    "NotAuthorized",
    "AuthFailed",
    "InteractiveAuthorizationRequired",
    "LimitsExceeded",
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call was answered with.

    Nothing was asked (asked False), or there is a value, an error of the bus, or an errno.
    """

    asked: bool
    error: str
    text: str
    errno: str

    @property
    def ok(self) -> bool:
        """Whether there was a value."""
        return self.asked and not self.error and not self.errno

    def __str__(self) -> str:
        return f"{self.error}: {self.text}" if self.error else self.errno or "ok"


@dataclass(frozen=True, slots=True)
class Server:
    """One address where a bus may be, with the five results.

    peer: the pid that listens, 0 for one outside.
    origin: "asked" (by x-hwaccess), "environment", "default", "run" or "host".
    """

    origin: str
    address: str
    node: NodeFacts | None
    socket: str
    peer: int
    authentication: str
    authentication_without_uid: str
    hello: Answer
    names: Answer
    has_owner: bool
    activatable: bool
    policy: Answer

    @property
    def spoken(self) -> bool:
        """Whether the bus said hello back."""
        return self.hello.ok

    @property
    def admits(self) -> bool:
        """Whether a client that names its uid gets in, as libdbus does; some get in without."""
        return self.authentication.startswith("OK")

    def serves(self, target: str) -> bool:
        """Whether the bus and, with a target, that service can be talked to by any client."""
        if not (self.spoken and self.names.ok):
            return False
        return not target or (self.has_owner and not self.policy.errno and not refused(self.policy))


def refused(answer: Answer) -> bool:
    """Whether it is an error that keeps the caller out.

    Others say that the message was delivered.
    """
    return answer.error in NO_OWNER_ERRORS or any(word in answer.error for word in REFUSALS)


def build_answer(item: JsonObject, key: str) -> Answer:
    """The result of one call; the value itself is in the evidence."""
    answer = item.table(key)
    return Answer(
        key in item, answer.text("error", ""), answer.text("text", ""), answer.text("errno", "")
    )


def build_server(item: JsonObject) -> Server:
    """One entry of `addresses`."""
    return Server(
        origin=item.text("from"),
        address=item.text("address"),
        node=build_node(item.table("node")) if "node" in item else None,
        socket=item.text("socket", ""),
        peer=item.table("peer").number("pid", 0),
        authentication=item.text("authentication", ""),
        authentication_without_uid=item.text("authentication_without_uid", ""),
        hello=build_answer(item, "hello"),
        names=build_answer(item, "names"),
        has_owner=item.flag("has_owner", default=False),
        activatable=item.flag("activatable", default=False),
        policy=build_answer(item, "policy"),
    )
