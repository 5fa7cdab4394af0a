"""The access `supervisor-api`: balena's supervisor on the device, asked at the address in the environment."""

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

NAME: Final = "supervisor-api"
SUMMARY: Final = "the supervisor's API: variables, a request without and one with the key"
PARAMS: Final[Mapping[str, object]] = {}
IMPLIES_DENY: Final = True  # who has the key may stop every service and reboot the device

NOT_GIVEN: Final = Rule(
    "HW290",
    "nothing tells the container where the supervisor is",
    """\
The label `io.balena.features.supervisor-api` sets BALENA_SUPERVISOR_ADDRESS, _HOST, _PORT and _API_KEY (and the same
with RESIN_) in containers that the supervisor makes. There is no such variable. Either the service has no such label,
or the engine is not one that a supervisor looks after: to Docker a label is a remark and gives nothing.

    labels:
      io.balena.features.supervisor-api: "1"

On a fleet with supervisors older than 7.23.0 write `io.resin.features.supervisor-api`.
""",
    Layer.ENGINE,
)
NOT_ASKED: Final = Rule(
    "HW291",
    "whether the supervisor gives its variables cannot be told from a container of ours",
    """\
The board runs balenaOS and the service has the label, but this check started its container through the engine, and
the supervisor adds the variables only to containers that it makes itself. So this is no answer either way.

    balena-engine exec CONTAINER env | grep BALENA_SUPERVISOR    # on the device, in the service's own container
""",
)
NOBODY: Final = Rule(
    "HW292",
    "nobody listens at the supervisor's address",
    """\
connect(2) says ECONNREFUSED: the way is open, and no program listens. The supervisor is stopped or starts anew. With
`network_mode: host` the address is 127.0.0.1, else the one of the bridge `supervisor0`; a container that was made
before the mode changed has the old one.

    systemctl status balena-supervisor; journalctl -u balena-supervisor
""",
    Layer.BOARD,
)
NO_WAY: Final = Rule(
    "HW293",
    "no network leads to the supervisor",
    """\
The name is not known (EAI_NONAME), there is no route (ENETUNREACH, EHOSTUNREACH), or nothing comes back (ETIMEDOUT).
A service with `network_mode: none` has no way at all; one with networks of its own gets to the supervisor by the
network `supervisor0`, which the label adds. A firewall on the board shows as ETIMEDOUT, too.

    network_mode: bridge
""",
    Layer.ENGINE,
)
NO_KEY: Final = Rule(
    "HW294",
    "the supervisor does not accept the key",
    """\
It answers, and says 401 (or there is no key to send). Without a key only /ping and /v1/healthy are answered. Keys
belong to one service of one application and change when that is moved or purged; a container that was made before
holds the old one. Have it made anew; do not copy keys from other services.
""",
    Layer.BUS,
)
STRANGE: Final = Rule(
    "HW295",
    "what listens at the supervisor's address does not answer as it should",
    """\
There is a connection, and the answer is no HTTP, an error of the server (5xx), or nothing in time. Another program
may hold the port, or the supervisor is not yet up.

    journalctl -u balena-supervisor
""",
    Layer.BUS,
)
NO_TLS: Final = Rule(
    "HW296",
    "the probe cannot speak TLS",
    """\
The address begins with https, and the Python that the probe runs on was built without TLS, so nothing is known of
what listens there. A supervisor speaks plain HTTP: somebody else must have set the variable.

    echo $BALENA_SUPERVISOR_ADDRESS        # from a supervisor: http://127.0.0.1:48484 or the like
""",
)
RULES: Final = (NOT_GIVEN, NOT_ASKED, NOBODY, NO_WAY, NO_KEY, STRANGE, NO_TLS)
API: Final = web.Api(
    name="the supervisor",
    label=NAME,
    address="BALENA_SUPERVISOR_ADDRESS",
    key="BALENA_SUPERVISOR_API_KEY",
    start="start the supervisor: systemctl start balena-supervisor",
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
