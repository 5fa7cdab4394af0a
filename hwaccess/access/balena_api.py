"""The access `balena-api`: the cloud's API, asked without the key at the address in the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.diagnose import web
from hwaccess.model import Layer, Rule
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "balena-api"
SUMMARY: Final = "the cloud's API: variables, and a request without the key"
PARAMS: Final[Mapping[str, object]] = {}
IMPLIES_DENY: Final = True  # the key speaks for the device

NOT_GIVEN: Final = Rule(
    "HW300",
    "nothing tells the container where the cloud's API is",
    """\
The label `io.balena.features.balena-api` (formerly `io.resin.features.resin-api`) sets BALENA_API_URL and
BALENA_API_KEY (and the same with RESIN_) in containers that the supervisor makes. There is no BALENA_API_URL. Either
the service has no such label, or no supervisor looks after this engine, or the supervisor is older than 9.8.7 and
gives the key alone.

    labels:
      io.balena.features.balena-api: "1"
""",
    Layer.ENGINE,
)
NOT_ASKED: Final = Rule(
    "HW301",
    "whether the supervisor gives the cloud's variables cannot be told from a container of ours",
    """\
The board runs balenaOS and the service has the label, but this check started its container through the engine, and
the supervisor adds the variables only to containers that it makes itself. So this is no answer either way.

    balena-engine exec CONTAINER env | grep BALENA_API    # on the device, in the service's own container
""",
)
NOBODY: Final = Rule(
    "HW302",
    "nobody listens at the address of the cloud's API",
    """\
connect(2) says ECONNREFUSED: the host is there and no program listens at that port. Compare BALENA_API_URL with the
address that the device was provisioned for; with a proxy, look at that.

    grep -o '"apiEndpoint":"[^"]*"' /mnt/boot/config.json
""",
    Layer.BOARD,
)
NO_WAY: Final = Rule(
    "HW303",
    "no network leads to the cloud's API",
    """\
The name is not known (EAI_NONAME, EAI_AGAIN: no DNS), there is no route (ENETUNREACH), or nothing comes back
(ETIMEDOUT). A service with `network_mode: none` has no way out. If the board itself does not get there either, it is
the network's matter: outgoing port 443 and DNS must be open.

    network_mode: bridge
""",
    Layer.ENGINE,
)
NO_KEY: Final = Rule(
    "HW304",
    "there is no key for the cloud's API",
    """\
The API answers without a key, and BALENA_API_KEY is not set, so nothing but public resources can be read. The
supervisor sets it by the label. Supervisors 7.20.0 to 7.25.11 never did, by a mistake of theirs: update those.

hwaccess looks whether there is a key, and does not send it out to try it.
""",
    Layer.ENGINE,
)
STRANGE: Final = Rule(
    "HW305",
    "what listens at the address of the cloud's API does not answer as it should",
    """\
There is a connection, and then no TLS, no HTTP, an error of the server (5xx) or nothing in time. A proxy or a login
page of the network (captive portal) is the usual reason; ask from the board itself:

    curl -v $BALENA_API_URL/ping
""",
    Layer.BUS,
)
NO_TLS: Final = Rule(
    "HW306",
    "the probe cannot speak TLS",
    """\
The address begins with https, and the Python that the probe runs on was built without TLS (or the packed runtime does
not hold it). Name and connection were tried and are in the evidence; beyond them nothing is known, so this is no
answer either way. To see more, let the probe run on a Python with TLS: `python3 -c "import ssl"` must work in the
image.
""",
)
RULES: Final = (NOT_GIVEN, NOT_ASKED, NOBODY, NO_WAY, NO_KEY, STRANGE, NO_TLS)
API: Final = web.Api(
    name="the cloud's API",
    label=NAME,
    address="BALENA_API_URL",
    key="BALENA_API_KEY",
    start="compare the address with apiEndpoint in the board's config.json",
    not_given=NOT_GIVEN,
    not_asked=NOT_ASKED,
    nobody=NOBODY,
    no_way=NO_WAY,
    no_key=NO_KEY,
    strange=STRANGE,
    no_tls=NO_TLS,
)


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """The API, when the label asks for it."""
    del board
    if NAME in service.features:
        yield Want("", Risk.OPEN, grants=service.feature_labels(NAME))


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The API; it has no targets."""
    del expectation, board
    yield Want("", Risk.OPEN, grants=service.feature_labels(NAME))


def judge(case: Case) -> Verdict:
    """See `hwaccess.diagnose.web`."""
    return web.judge(case, API)
