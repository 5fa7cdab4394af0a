"""Nodes in real containers: another device under the name, no driver, classes left unopened."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import cases
import pytest
from engines import PLACE, named, run_of

from hwaccess import access
from hwaccess.access.gpio import rules as gpio_rules
from hwaccess.access.i2c import rules as i2c_rules
from hwaccess.access.spi import rules as spi_rules
from hwaccess.agent.answer import decode
from hwaccess.agent.request import request
from hwaccess.boards import open_board
from hwaccess.diagnose import rules
from hwaccess.grants import MountGrant, NamedVolume
from hwaccess.model import Case, Check, Expect, Layer, Outcome
from hwaccess.run.run import requests_of
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import APIClient

    from hwaccess.engine.docker_engine import DockerEngine
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import Service
    from hwaccess.model import Observation, Verdict

pytestmark = pytest.mark.docker

UNUSED_MAJOR = 4000  # no driver of any kernel owns it: dynamic majors end at 511
MAKE_NODE = f"""
import os, stat
os.mknod("/nodes/none", stat.S_IFCHR | 0o666, os.makedev({UNUSED_MAJOR}, 1))
"""


@pytest.fixture(scope="module")
def board() -> Iterator[BoardFacts]:
    with open_board(None) as opened:
        yield opened.facts()


@pytest.fixture
def nodes(client: APIClient, code: DockerEngine) -> Iterator[NamedVolume]:
    """A volume with a node that no driver owns, made where there is MKNOD: in a container."""
    del code  # its image is there while it lives, and runs what it is given
    name = f"hwaccess-test-nodes-{os.getpid()}"
    client.create_volume(name)
    config = client.create_host_config(binds=[f"{name}:/nodes"])
    image = f"hwaccess-test:code-{os.getpid()}"
    maker = client.create_container(image, command=[MAKE_NODE], host_config=config)["Id"]
    client.start(maker)
    assert client.wait(maker)["StatusCode"] == 0, client.logs(maker)
    client.remove_container(maker)
    yield NamedVolume("nodes", "local", (), external=True, real_name=name, place=PLACE)
    client.remove_volume(name)


def seen(
    engine: DockerEngine,
    board: BoardFacts,
    of: Service,
    kind: str,
    target: str,
    *volumes: NamedVolume,
    allowed: Risk = Risk.OPEN,
) -> tuple[Verdict, Observation]:
    """The verdict of one access in the service's real container, and what it was judged by."""
    check = Check(of.name, kind, target, Expect.REACH, Risk.LOOK)
    run = engine.run_service(
        run_of(of, volumes=volumes), request(requests_of([check], allowed), "n", 10), 60
    )
    assert run.refusal is None, run.refusal
    answer = decode(run.answer or b"", "n")
    observation = answer.observation(check.id)
    assert observation.status == "done", observation.message
    case = Case(check, of, board, run.probe_in, observation, answer.confinement)
    return access.kind(kind).judge(case), observation


@pytest.mark.parametrize(
    ("kind", "path", "rule"),
    [
        ("i2c", "/dev/i2c-1", i2c_rules.NO_SUCH_ADAPTER),
        ("spi", "/dev/spidev0.0", spi_rules.NOT_SPI),
        ("gpio", "/dev/gpiochip0", gpio_rules.NOT_A_CHIP),
    ],
)
def test_another_device_under_the_name(
    engine: DockerEngine, board: BoardFacts, kind: str, path: str, rule: Any
) -> None:
    verdict, _ = seen(
        engine, board, named(devices=(cases.device(f"/dev/null:{path}"),)), kind, path
    )
    assert (verdict.rule, verdict.layer) == (rule.id, Layer.ENGINE)
    assert any("= ENOTTY" in line for line in verdict.evidence)


@pytest.mark.parametrize("kind", ["device", "i2c", "spi", "gpio"])
def test_a_node_without_a_driver(
    engine: DockerEngine, board: BoardFacts, nodes: NamedVolume, kind: str
) -> None:
    mount = MountGrant(
        field="volumes", text="nodes:/n", place=PLACE, type="volume", source="nodes", target="/n"
    )
    allowed = named(mounts=(mount,), cgroup_rules=(cases.rule(UNUSED_MAJOR),))
    verdict, _ = seen(engine, board, allowed, kind, "/n/none", nodes)
    assert (verdict.rule, verdict.outcome) == (rules.NO_DRIVER.id, Outcome.ABSENT)

    verdict, _ = seen(engine, board, named(mounts=(mount,)), kind, "/n/none", nodes)
    assert (
        verdict.layer is Layer.DEVICE_CGROUP
    )  # the cgroup is asked before the driver, so it hides the other cause


def test_a_terminal_under_any_name_is_looked_at_and_not_opened(
    engine: DockerEngine, board: BoardFacts
) -> None:
    of = named(devices=(cases.device("/dev/tty:/dev/ttyACM0"),))
    verdict, observation = seen(engine, board, of, "device", "/dev/ttyACM0")
    assert verdict.outcome is Outcome.REACHABLE
    assert "was not opened" in verdict.summary
    assert observation.call("open") is None


def test_a_terminal_that_is_called_a_bus_is_not_opened_at_any_risk(
    engine: DockerEngine, board: BoardFacts
) -> None:
    of = named(devices=(cases.device("/dev/tty:/dev/i2c-1"),))
    verdict, observation = seen(engine, board, of, "i2c", "/dev/i2c-1", allowed=Risk.DISRUPT)
    assert verdict.rule == i2c_rules.NO_SUCH_ADAPTER.id
    assert observation.call("open") is None


@pytest.mark.parametrize("kind", ["device", "i2c", "spi", "gpio"])
def test_a_file_in_the_place_of_a_node_is_no_device(
    engine: DockerEngine, board: BoardFacts, kind: str
) -> None:
    verdict, _ = seen(engine, board, named(), kind, "/proc/version")
    assert verdict.rule == rules.NOT_A_NODE.id


def test_gpiozero_comes_with_the_probes(engine: DockerEngine) -> None:
    """gpiozero, asked for by the compose file, says what it makes of this board.

    Lgpio is not packed.
    """
    check = Check("app", "gpio", "/dev/gpiochip0", Expect.REACH, Risk.OPEN, (("gpiozero", True),))
    run = engine.run_service(run_of(named()), request(requests_of([check], Risk.OPEN), "n", 10), 60)
    (detection, factory) = decode(run.answer or b"", "n").observation(check.id).library
    assert detection.call == "get_pi_revision()"
    assert detection.ok or "PinUnknownPi" in detection.text
    assert factory.call == "GPIOZERO_PIN_FACTORY=lgpio"
    assert factory.ok or "lgpio" in factory.text
