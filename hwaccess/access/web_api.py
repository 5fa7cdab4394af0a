"""Judging an HTTP API that a container is told of by variables: variables, way, answer, key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hwaccess.diagnose.ladder import observation_of
from hwaccess.diagnose.verdicts import board_remedy, calls_of, compose_remedy, reached, stopped
from hwaccess.grants import NamespaceKind
from hwaccess.model import Change, Outcome, ProbeIn

if TYPE_CHECKING:
    from hwaccess.model import Case, Remedy, Rule, Verdict
    from hwaccess.typed_json import JsonObject

REFUSED_STATUS: Final = (401, 403)


@dataclass(frozen=True, slots=True)
class Api:
    """What differs from API to API: its name, its variables, how to bring it up, and its rules."""

    name: str
    label: str
    address: str
    key: str
    start: str
    not_given: Rule
    not_asked: Rule
    nobody: Rule
    no_way: Rule
    no_key: Rule
    strange: Rule
    no_tls: Rule


def judge(case: Case, api: Api) -> Verdict:
    """Why the API answers or does not."""
    facts = observation_of(case).facts
    variables = ", ".join(facts.texts("variables")) or "none"
    evidence = (f"variables: {variables}", *calls_of(observation_of(case)))
    if not facts.text("address", ""):
        return judge_not_given(case, api, evidence)
    opened, keyed = facts.table("open"), facts.table("keyed")
    for answer in (opened, keyed):
        if answer.text("failed", ""):
            return judge_failed(case, api, answer, evidence)
        status = answer.number("status", 200)
        if status in REFUSED_STATUS:
            text = f"have the container made again: a key from before it changed is {status}"
            return stopped(
                api.no_key, f"{api.name} answers {status}", evidence, remedy=board_remedy(text)
            )
        if status >= 500:
            return stopped(api.strange, f"{api.name} answers {status}", evidence)
    if not facts.flag("has_key", default=False):
        return stopped(
            api.no_key,
            f"{api.name} answers, and there is no {api.key}",
            evidence,
            remedy=ask(case, api),
        )
    return reached(
        f"{api.name} answers at {facts.text('address')}", observation_of(case), evidence[0]
    )


def judge_not_given(case: Case, api: Api, evidence: tuple[str, ...]) -> Verdict:
    """No variable says where it is.

    Only the supervisor sets them, in containers that it makes itself.
    """
    if (
        case.board.balena
        and case.probe_in is not ProbeIn.RUNNING
        and api.label in case.service.features
    ):
        summary = f"the supervisor sets {api.address} in its own containers, and this one is ours"
        variable = api.address
        remedy = board_remedy(
            "look into the service's own container: "
            f"balena-engine exec CONTAINER env | grep {variable}"
        )
        return stopped(api.not_asked, summary, evidence, remedy=remedy, outcome=Outcome.UNKNOWN)
    return stopped(api.not_given, f"{api.address} is not set", evidence, remedy=ask(case, api))


def ask(case: Case, api: Api) -> Remedy:
    """What makes the variables appear."""
    if not case.board.balena:
        return board_remedy(
            f"run it on balenaOS, or set {api.address} and {api.key} to what stands in for it"
        )
    if api.label in case.service.features:
        return board_remedy("have the supervisor make the container again: push the release again")
    change = Change("add", "labels", f'io.balena.features.{api.label}: "1"')
    return compose_remedy(f"ask for it by label: {change.value}", change)


def judge_failed(case: Case, api: Api, answer: JsonObject, evidence: tuple[str, ...]) -> Verdict:
    """A request that got no HTTP answer: how far it came says why."""
    url, step, errno = answer.text("url"), answer.text("failed"), answer.text("errno", "")
    if step == "url":
        return stopped(api.strange, f"{url} is no address of an HTTP server", evidence)
    if errno == "missing":
        return stopped(api.no_tls, f"the probe's Python has no TLS to ask {url} with", evidence)
    if step == "connect" and errno == "ECONNREFUSED":
        return stopped(
            api.nobody, f"nobody listens at {url}", evidence, remedy=board_remedy(api.start)
        )
    if step in ("name", "connect"):
        also = ("a firewall on the board",) if errno == "ETIMEDOUT" else ()
        summary = f"there is no way to {url}: {errno}"
        mode = case.service.namespace(NamespaceKind.NETWORK)
        remedy = board_remedy(f"see whether the board itself gets there: curl -v {url}/ping")
        if mode is not None and mode.mode == "none":
            remedy = compose_remedy(
                "give the service a network", Change("set", "network_mode", "bridge")
            )
        return stopped(api.no_way, summary, evidence, remedy=remedy, also_possible=also)
    return stopped(
        api.strange,
        f"what listens at {url} does not answer as it should: {errno or step}",
        evidence,
    )
