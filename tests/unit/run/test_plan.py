"""The plan by table: what grants ask for, what x-hwaccess replaces, what others must not reach."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cases
import pytest

from hwaccess.errors import NothingChecked, UsageError
from hwaccess.grants import Expectations, ExpectedAccess, Project, Service
from hwaccess.run.plan import plan
from hwaccess.words import Place, Risk

if TYPE_CHECKING:
    from hwaccess.model import Check

NODE = "/dev/i2c-1"
SAID = Place("compose.yaml", 9, 9)
SENSOR = cases.service(cases.device(NODE), name="sensor")
OTHER = cases.service(name="other")


def project(*services: Service) -> Project:
    return Project("p", "/p", ("compose.yaml",), services)


def says(service: Service, *, reach: bool, layer: str | None = None) -> Service:
    """The service with one line of x-hwaccess about the bus."""
    line = ExpectedAccess("i2c", NODE, reach, SAID, layer=layer)
    return replace(service, expectations=Expectations((line,)))


def of_nodes(*services: Service) -> dict[str, str]:
    """The checks of nodes, id to what is wanted."""
    checks = plan(project(*services), cases.BOARD, accesses=("i2c", "device", "gpio", "mem"))
    return {check.id: check.expect.value for check in checks}


def only(*services: Service, of: str = "sensor") -> Check:
    (check,) = plan(project(*services), cases.BOARD, services=(of,), accesses=("i2c",))
    return check


PRIVILEGED = cases.service(name="other", privileged=True)
MINE, THEIRS = f"sensor::i2c[{NODE}]", f"other::i2c[{NODE}]"
TABLE = [
    ("a grant is to be reached, others denied", (SENSOR, OTHER), {MINE: "reach", THEIRS: "deny"}),
    ("a service denies itself nothing", (SENSOR,), {MINE: "reach"}),
    ("privileged is denied nothing", (SENSOR, PRIVILEGED), {MINE: "reach"}),
    ("x-hwaccess wins over the grant", (says(SENSOR, reach=False),), {MINE: "deny"}),
    (
        "x-hwaccess wins over the implied denial",
        (SENSOR, says(OTHER, reach=True)),
        {MINE: "reach", THEIRS: "reach"},
    ),
    (
        "x-hwaccess of one implies nothing for others",
        (says(replace(SENSOR, devices=()), reach=True), OTHER),
        {MINE: "reach"},
    ),
    (
        "two that are granted it",
        (SENSOR, replace(SENSOR, name="other")),
        {MINE: "reach", THEIRS: "reach"},
    ),
]


@pytest.mark.parametrize(
    ("services", "wanted"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_what_is_wanted_of_a_node(services: tuple[Service, ...], wanted: dict[str, str]) -> None:
    assert of_nodes(*services) == wanted


def test_the_check_of_a_grant_carries_it() -> None:
    check = only(SENSOR, OTHER)
    assert (check.grants, check.place) == (SENSOR.devices, SENSOR.devices[0].place)
    assert (check.risk, check.layer, check.params) == (Risk.OPEN, None, ())


def test_an_implied_denial_names_no_grant_and_no_layer() -> None:
    check = only(SENSOR, OTHER, of="other")
    assert (check.grants, check.place, check.layer, check.risk) == ((), None, None, Risk.OPEN)


def test_a_line_of_x_hwaccess_gives_place_and_layer() -> None:
    check = only(says(SENSOR, reach=False, layer="device-cgroup"))
    assert (check.place, check.layer, check.grants) == (SAID, "device-cgroup", SENSOR.devices)


def test_a_check_without_a_grant_stands_at_its_service() -> None:
    (check,) = plan(project(OTHER), cases.BOARD, accesses=("confinement",))
    assert check.place == OTHER.place


def test_checks_come_by_service_then_by_kind_then_as_written() -> None:
    lines = (cases.device("/dev/ttyUSB0"), cases.device("/dev/i2c-2"), cases.device(NODE))
    two = (cases.service(*lines, name="b"), cases.service(name="a"))
    checks = plan(project(*two), cases.BOARD, accesses=("device", "i2c"))
    targets = ["/dev/i2c-2", NODE, "/dev/ttyUSB0"]
    assert [(check.service, check.target) for check in checks] == [
        (name, target) for name in ("b", "a") for target in targets
    ]


def test_a_kind_that_implies_no_denial_denies_others_nothing() -> None:
    folder = cases.service(cases.bind("/lib/firmware"), name="sensor")
    checks = plan(project(folder, OTHER), cases.BOARD, accesses=("firmware",))
    assert [(check.service, check.expect.value) for check in checks] == [("sensor", "reach")]


def test_a_denial_of_one_kind_takes_no_other_kind_along() -> None:
    both = cases.service(cases.device(NODE), cases.bind("/lib/firmware"), name="sensor")
    checks = plan(project(both, OTHER), cases.BOARD, accesses=("firmware", "i2c"))
    assert {check.id for check in checks if check.service == "other"} == {THEIRS}


def test_a_selection_of_services_keeps_the_denials_that_others_imply() -> None:
    checks = plan(project(SENSOR, OTHER), cases.BOARD, services=("other",))
    assert {check.service for check in checks} == {"other"}
    assert THEIRS in {check.id for check in checks}


@pytest.mark.parametrize(
    ("services", "accesses", "error", "words"),
    [
        (("nobody",), (), UsageError, "no active service is called 'nobody' in compose.yaml"),
        ((), ("i2c", "moon"), UsageError, "no access is called 'moon'"),
        (("other",), ("firmware",), NothingChecked, "the selection leaves no check"),
    ],
)
def test_what_cannot_be_planned(
    services: tuple[str, ...], accesses: tuple[str, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words) as told:
        plan(project(SENSOR, OTHER), cases.BOARD, services=services, accesses=accesses)
    assert getattr(told.value, "hint", "")
