"""Capabilities, seccomp, users, masked paths, modules and firmware, judged in real containers.

What a container says depends on this board (ports, modules, /dev/mem), so the tests ask the board
first.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cases
import pytest
from engines import PLACE, named, run_of

from hwaccess import access
from hwaccess.agent.answer import decode
from hwaccess.agent.request import request
from hwaccess.boards import open_board
from hwaccess.grants import SecurityOptGrant
from hwaccess.model import Case, Check, Expect, Layer, Outcome, Verdict
from hwaccess.run.run import requests_of
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hwaccess.engine.docker_engine import DockerEngine
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import Service

pytestmark = pytest.mark.docker

NO_PORT_CALLS = json.dumps(
    {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [
            {"names": ["ioperm", "iopl", "finit_module"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}
        ],
    }
)


@pytest.fixture(scope="module")
def board() -> Iterator[BoardFacts]:
    with open_board(None) as opened:
        yield opened.facts(("/lib/firmware", "/lib/modules"))


def option(name: str, value: str = "", profile: str | None = None) -> SecurityOptGrant:
    text = f"{name}={value}" if value else name
    return SecurityOptGrant(
        field="security_opt", text=text, place=PLACE, option=name, value=value, profile=profile
    )


def opened(*options: SecurityOptGrant, **fields: Any) -> Service:
    return named(security_opts=options, **fields)


def caps(*names: str, drop: tuple[str, ...] = ()) -> tuple[Any, ...]:
    return (*map(cases.capability, names), *(cases.capability(name, add=False) for name in drop))


def judged(
    engine: DockerEngine,
    board: BoardFacts,
    of: Service,
    kind: str,
    target: str = "",
    **params: object,
) -> Verdict:
    """The verdict of one access in the service's real container."""
    check = Check(of.name, kind, target, Expect.REACH, Risk.READ, tuple(sorted(params.items())))
    run = engine.run_service(run_of(of), request(requests_of([check], Risk.READ), "n", 10), 60)
    assert run.refusal is None, run.refusal
    answer = decode(run.answer or b"", "n")
    observation = answer.observation(check.id)
    assert observation.status == "done", observation.message
    return access.kind(kind).judge(
        Case(check, of, board, run.probe_in, observation, answer.confinement)
    )


TIGHT = opened(
    option("no-new-privileges", "true"),
    capabilities=caps("SYS_RAWIO", drop=("ALL",)),
    values={"read_only": "true"},
)


@pytest.mark.parametrize(
    "of",
    [
        named(),
        named(capabilities=caps("SYS_RAWIO", drop=("MKNOD",))),
        named(values={"user": "1000:1000"}, groups=(cases.group("998"),)),
        TIGHT,
        opened(option("seccomp", "unconfined")),
        opened(option("systempaths", "unconfined")),
        named(mounts=(cases.bind("/sys"),)),
        named(values={"privileged": "true", "user": "1000"}),
    ],
    ids=[
        "nothing",
        "capabilities",
        "user",
        "tight",
        "seccomp off",
        "paths open",
        "/sys bound",
        "privileged user",
    ],
)
def test_a_container_is_as_declared(engine: DockerEngine, board: BoardFacts, of: Service) -> None:
    verdict = judged(engine, board, of, "confinement")
    assert verdict.outcome is Outcome.REACHABLE, verdict


@pytest.mark.parametrize(
    ("started", "declared", "layer"),
    [
        (named(capabilities=caps("SYS_RAWIO")), named(), Layer.CAPABILITY),
        (named(), named(capabilities=caps("SYS_RAWIO")), Layer.CAPABILITY),
        (opened(option("seccomp", "unconfined")), named(), Layer.SECCOMP),
        (opened(option("no-new-privileges")), named(), Layer.NO_NEW_PRIVILEGES),
        (named(values={"read_only": "true"}), named(), Layer.MOUNT),
        (named(values={"user": "1000"}), named(values={"user": "1001"}), Layer.PERMISSION),
        (opened(option("systempaths", "unconfined")), named(), Layer.MOUNT),
    ],
    ids=["more", "less", "seccomp", "no-new-privileges", "read-only", "user", "paths"],
)
def test_a_container_that_is_not_as_declared(
    engine: DockerEngine, board: BoardFacts, started: Service, declared: Service, layer: Layer
) -> None:
    """The container of one service, judged by the words of another, as an engine's defaults do."""
    check = Check("app", "confinement", "", Expect.REACH, Risk.LOOK)
    run = engine.run_service(run_of(started), request(requests_of([check], Risk.LOOK), "n", 10), 60)
    answer = decode(run.answer or b"", "n")
    case = Case(
        check, declared, board, run.probe_in, answer.observation(check.id), answer.confinement
    )
    verdict = access.kind("confinement").judge(case)
    assert (verdict.outcome, verdict.layer) == (Outcome.BLOCKED, layer)


def test_a_profile_that_the_board_ignores(engine: DockerEngine, board: BoardFacts) -> None:
    if "apparmor" in board.security_options:
        verdict = judged(engine, board, opened(option("apparmor", "unconfined")), "confinement")
        assert verdict.outcome is Outcome.REACHABLE, verdict
    else:
        verdict = judged(engine, board, opened(option("apparmor", "mine")), "confinement")
        assert verdict.layer is Layer.LSM


@pytest.mark.parametrize(
    ("of", "rule"),
    [
        (named(), "HW140"),
        (opened(option("seccomp", "unconfined")), "HW140"),
        (named(capabilities=caps("SYS_RAWIO"), values={"user": "1000"}), "HW141"),
        (named(capabilities=caps("SYS_RAWIO")), ""),
        (opened(option("seccomp", "unconfined"), capabilities=caps("SYS_RAWIO")), ""),
        (TIGHT, ""),
    ],
    ids=[
        "not granted",
        "seccomp does not give it",
        "a user never gets it",
        "granted",
        "without seccomp",
        "alone",
    ],
)
def test_raw_io_is_the_capability(
    engine: DockerEngine, board: BoardFacts, of: Service, rule: str
) -> None:
    verdict = judged(engine, board, of, "rawio")
    assert (verdict.rule, verdict.outcome is Outcome.REACHABLE) == (rule, not rule)


def test_raw_io_behind_a_profile(engine: DockerEngine, board: BoardFacts) -> None:
    of = opened(option("seccomp", "tight.json", NO_PORT_CALLS), capabilities=caps("SYS_RAWIO"))
    verdict = judged(engine, replace(board, config=()), of, "rawio")
    assert verdict.evidence[0] == "ioperm(0x80, 1, 0) = EPERM"
    assert (verdict.rule, verdict.layer) == ("HW250", Layer.SECCOMP)
    no_ports = replace(board, config=(("X86_IOPL_IOPERM", "n"),))
    assert judged(engine, no_ports, of, "rawio").outcome is Outcome.REACHABLE


@pytest.mark.parametrize(
    ("of", "errno"),
    [
        (named(), "EPERM"),
        (named(capabilities=caps("SYS_MODULE")), None),
        (opened(option("seccomp", "unconfined"), capabilities=caps("SYS_MODULE")), None),
        (
            opened(option("seccomp", "tight.json", NO_PORT_CALLS), capabilities=caps("SYS_MODULE")),
            "EPERM",
        ),
    ],
    ids=["nothing", "SYS_MODULE", "without seccomp", "behind a profile"],
)
def test_the_right_to_load(
    engine: DockerEngine, board: BoardFacts, of: Service, errno: str | None
) -> None:
    """The default profile opens finit_module with the capability; then the kernel answers."""
    verdict = judged(engine, board, of, "kernel-modules")
    own = "EBADF" if board.has_modules else "ENOSYS"
    assert verdict.evidence[0] == f'finit_module(-1, "", 0) = {errno or own}'
    if not board.has_modules:
        assert verdict.rule == "HW260"
    elif errno is None:
        assert verdict.outcome is Outcome.REACHABLE


def test_a_tree_of_the_running_kernel(
    engine: DockerEngine, board: BoardFacts, tmp_path: Path
) -> None:
    """A tree as a board would have it, bound where the label binds it."""
    tree = tmp_path / os.uname().release
    (tree / "kernel").mkdir(parents=True)
    (tree / "kernel" / "sensor.ko").write_bytes(b"\x7fELF")
    (tree / "modules.dep").write_text("kernel/sensor.ko:\n")
    of = named(mounts=(cases.bind(str(tmp_path), "/lib/modules"),), capabilities=caps("SYS_MODULE"))
    verdict = judged(engine, board, of, "kernel-modules", "sensor")
    assert any("file kernel/sensor.ko" in line for line in verdict.evidence)
    if not board.has_modules:
        assert verdict.rule == "HW260"
    else:
        assert verdict.summary == "sensor can be loaded"


def test_firmware_in_both_views(engine: DockerEngine, board: BoardFacts, tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "radio.bin").write_bytes(b"12345")
    asked = tuple((f"/lib/firmware/vendor/radio.bin{end}", "absent") for end in ("", ".xz", ".zst"))
    knowing = replace(board, paths=(*board.paths, *asked))
    of = named(mounts=(cases.bind(str(tmp_path), "/lib/firmware"),))
    assert judged(engine, knowing, of, "firmware").outcome is Outcome.REACHABLE
    verdict = judged(engine, knowing, of, "firmware", "vendor/radio.bin")
    assert (verdict.rule, verdict.outcome) == ("HW272", Outcome.BLOCKED)
    there = replace(board, paths=((asked[0][0], "file"),))
    assert judged(engine, there, of, "firmware", "vendor/radio.bin").outcome is Outcome.REACHABLE
    assert judged(engine, there, named(), "firmware", "vendor/radio.bin").rule == "HW270"
    assert judged(engine, board, named(), "firmware").layer in (Layer.MOUNT, Layer.BOARD)


def test_privileged_gives_a_user_nothing(engine: DockerEngine, board: BoardFacts) -> None:
    verdict = judged(
        engine, board, named(values={"privileged": "true", "user": "1000"}), "privileged"
    )
    assert (verdict.rule, verdict.layer) == ("HW311", Layer.CAPABILITY)


@pytest.mark.parametrize(
    "of",
    [named(), opened(option("seccomp", "unconfined"), capabilities=caps("SYS_ADMIN"))],
    ids=["plain", "nearly"],
)
def test_what_is_not_privileged(engine: DockerEngine, board: BoardFacts, of: Service) -> None:
    assert judged(engine, board, of, "privileged").rule == "HW310"


def test_privileged_root_is_all_or_a_refusal(engine: DockerEngine, board: BoardFacts) -> None:
    """An engine whose own bounding set is cut cannot start it: then its refusal is the answer."""
    of = named(values={"privileged": "true"})
    check = Check("app", "privileged", "", Expect.REACH, Risk.LOOK)
    run = engine.run_service(run_of(of), request(requests_of([check], Risk.LOOK), "n", 10), 60)
    if run.refusal is not None:
        assert run.refusal.step == "start"
        assert "unable to apply caps" in run.refusal.engine_words
        return
    answer = decode(run.answer or b"", "n")
    case = Case(check, of, board, run.probe_in, answer.observation(check.id), answer.confinement)
    assert access.kind("privileged").judge(case).outcome is Outcome.REACHABLE


@pytest.fixture
def memory_node() -> Iterator[str]:
    """A node of /dev/mem's number under a name of its own."""
    path = f"/dev/hwaccess-test-{os.getpid()}"
    os.mknod(path, 0o20600, os.makedev(1, 1))
    yield path
    os.unlink(path)  # noqa: PTH108 -- a node, as it was made


def test_memory_by_a_bind_and_by_a_device(
    engine: DockerEngine, board: BoardFacts, memory_node: str
) -> None:
    bound = named(mounts=(cases.bind(memory_node, "/dev/mem"),), capabilities=caps("SYS_RAWIO"))
    verdict = judged(engine, board, bound, "mem", "/dev/mem")
    assert (verdict.rule, verdict.layer) == ("HW130", Layer.DEVICE_CGROUP)
    mapped = named(devices=(cases.device(f"{memory_node}:/dev/mem"),))
    verdict = judged(engine, board, mapped, "mem", "/dev/mem")
    if board.config_value("DEVMEM") == "n":
        assert 'open("/dev/mem", O_RDWR|O_SYNC) = ENXIO' in verdict.evidence
        assert verdict.rule == "HW240"
    else:
        assert (verdict.rule, verdict.layer) == ("HW140", Layer.CAPABILITY)


def test_a_page_is_mapped_in_the_container(engine: DockerEngine, board: BoardFacts) -> None:
    """/dev/zero stands for memory: it can be mapped in every container."""
    verdict = judged(engine, board, named(), "mem", "/dev/zero@0x1000", address=0x1000)
    assert (verdict.outcome, verdict.summary) == (
        Outcome.REACHABLE,
        "/dev/zero opens, and 0x1000 can be mapped",
    )
