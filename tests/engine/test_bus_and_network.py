"""The system bus, the supervisor's API and the network, from real containers with real grants."""

from __future__ import annotations

import http.server
import json
import threading
from typing import TYPE_CHECKING, Any

import buses
import cases
import pytest
from engines import PLACE, named, run_of
from probe_modules import inline

from hwaccess import access
from hwaccess.access.dbus import rules as bus_rules
from hwaccess.agent.answer import board_answer, decode
from hwaccess.agent.request import board_request, request
from hwaccess.boards.facts import decode_board
from hwaccess.boards.local import read_directly
from hwaccess.diagnose import rules
from hwaccess.grants import (
    CapabilityGrant,
    EnvironmentGrant,
    MountGrant,
    NamespaceGrant,
    NamespaceKind,
    SecurityOptGrant,
)
from hwaccess.model import Case, Check, Expect, Layer, Outcome
from hwaccess.run.run import requests_of
from hwaccess.words import Risk

if TYPE_CHECKING:
    from pathlib import Path

    from hwaccess.engine.docker_engine import DockerEngine
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import Service
    from hwaccess.model import Verdict

pytestmark = pytest.mark.docker

VARIABLE = "DBUS_SYSTEM_BUS_ADDRESS"
HOST_SOCKET = "/host/run/dbus/system_bus_socket"


def bind(source: Path, target: str) -> MountGrant:
    return MountGrant(
        field="volumes",
        text=f"{source}:{target}",
        place=PLACE,
        type="bind",
        source=str(source),
        target=target,
    )


def variables(**values: str) -> tuple[EnvironmentGrant, ...]:
    return tuple(
        EnvironmentGrant(
            field="environment", text=f"{name}={value}", place=PLACE, name=name, value=value
        )
        for name, value in values.items()
    )


def network(mode: str) -> tuple[NamespaceGrant, ...]:
    return (
        NamespaceGrant(
            field="network_mode", text=mode, place=PLACE, kind=NamespaceKind.NETWORK, mode=mode
        ),
    )


@pytest.fixture(scope="module")
def board(engine: DockerEngine) -> BoardFacts:
    nonce, asked = "n", board_request("/host", ("/run/dbus",), "n")
    answer = engine.run_board_probe(asked, 30)
    assert answer.answer, answer.log
    return decode_board(engine.info(), board_answer(answer.answer, nonce), "board container")


def verdict_of(
    engine: DockerEngine,
    board: BoardFacts,
    service: Service,
    kind: str,
    target: str = "",
    expect: Expect = Expect.REACH,
) -> Verdict:
    """What is judged of one access of a service's container."""
    check = Check("app", kind, target, expect, Risk.OPEN)
    asked = request(requests_of([check], Risk.OPEN), "n", 10)
    ran = engine.run_service(run_of(service), asked, 30)
    assert ran.answer, (ran.refusal, ran.log)
    answer = decode(ran.answer, "n")
    seen = answer.observation(check.id)
    assert seen.status == "done", seen.message
    case = Case(check, service, board, ran.probe_in, seen, answer.confinement)
    return access.kind(kind).judge(case)


def test_a_container_reads_of_the_board_what_the_board_reads_of_itself(
    board: BoardFacts, engine: DockerEngine
) -> None:
    nonce, asked = "n", board_request("/", ("/run/dbus",), "n")
    direct = decode_board(engine.info(), board_answer(read_directly(asked, 30), nonce), "directly")
    for name in ("groups", "char_majors", "config", "paths", "lsm", "modules", "model", "kernel"):
        assert getattr(board, name) == getattr(direct, name), name
    assert {node.path for node in board.nodes} == {node.path for node in direct.nodes}
    assert {name for name, _ in direct.interfaces} >= {"lo", "docker0"}


def test_nodes_and_the_links_to_them(code: DockerEngine) -> None:
    """As root of a container, for making nodes takes MKNOD."""
    text = f"""
{inline("calls", "board")}
import json, os
os.makedirs("/tmp/b/dev/serial/by-id")
os.makedirs("/tmp/b/dev/pts")
for name, kind, number in (("ttyUSB0", 0o20660, 188), ("sda", 0o60660, 8), ("pts/0", 0o20620, 136)):
    os.mknod("/tmp/b/dev/" + name, kind, os.makedev(number, 0))
os.symlink("../../ttyUSB0", "/tmp/b/dev/serial/by-id/usb-FTDI")
os.symlink("/dev/sda", "/tmp/b/dev/absolute")
os.symlink("/proc/self/fd/0", "/tmp/b/dev/stdin")
open("/tmp/b/dev/log", "w").close()
keys = ("path", "kind", "major", "link")
print(json.dumps([[node[key] for key in keys] for node in module.read_nodes("/tmp/b")]))
"""
    ran = code.run_service(run_of(named()), text, 20)
    assert ran.answer, ran.log
    assert json.loads(ran.answer) == [
        ["/dev/absolute", "block", 8, "/dev/sda"],
        ["/dev/sda", "block", 8, ""],
        ["/dev/ttyUSB0", "char", 188, ""],
        ["/dev/serial/by-id/usb-FTDI", "char", 188, "/dev/ttyUSB0"],
    ]


def test_a_service_answers_where_the_directory_is_mounted(
    engine: DockerEngine, board: BoardFacts, tmp_path: Path
) -> None:
    service = named(mounts=(bind(tmp_path, "/run/dbus"),))
    with buses.bus(tmp_path) as path, buses.service(path):
        verdict = verdict_of(engine, board, service, "dbus", buses.TEST_NAME)
    assert verdict.outcome is Outcome.REACHABLE
    # The bus is not the container's own.
    assert not any("SO_PEERCRED" in line for line in verdict.evidence)


def test_a_name_that_nobody_owns_is_absent_from_the_bus(
    engine: DockerEngine, board: BoardFacts, tmp_path: Path
) -> None:
    service = named(mounts=(bind(tmp_path, "/run/dbus"),))
    with buses.bus(tmp_path):
        missing = verdict_of(engine, board, service, "dbus", "org.example.Nobody")
    assert (missing.rule, missing.layer, missing.outcome) == (
        bus_rules.NO_OWNER.id,
        Layer.BUS,
        Outcome.ABSENT,
    )


def test_nothing_is_mounted_is_a_failure_and_a_denial(
    engine: DockerEngine, board: BoardFacts
) -> None:
    for expect in Expect:
        verdict = verdict_of(engine, board, named(), "dbus", expect=expect)
        assert verdict.outcome is not Outcome.REACHABLE
        assert verdict.rule in (
            bus_rules.NOT_MOUNTED.id,
            bus_rules.NO_BUS.id,
        )  # the latter where no bus runs at all


def test_the_bus_is_where_the_label_puts_it(
    engine: DockerEngine, board: BoardFacts, tmp_path: Path
) -> None:
    mounts = (bind(tmp_path, "/host/run/dbus"),)
    with buses.bus(tmp_path):
        without = verdict_of(engine, board, named(mounts=mounts), "dbus")
        denied = verdict_of(engine, board, named(mounts=mounts), "dbus", expect=Expect.DENY)
        told = named(mounts=mounts, environment=variables(**{VARIABLE: f"unix:path={HOST_SOCKET}"}))
        with_variable = verdict_of(engine, board, told, "dbus")
    assert (without.rule, without.layer) == (bus_rules.ELSEWHERE.id, Layer.USERLAND)
    assert denied.outcome is Outcome.REACHABLE
    assert with_variable.outcome is Outcome.REACHABLE


def test_a_bound_socket_goes_stale(engine: DockerEngine, board: BoardFacts, tmp_path: Path) -> None:
    with buses.bus(tmp_path) as path:
        kept = tmp_path / "kept"
        kept.hardlink_to(
            path
        )  # as the mount of a container that has run since before the bus started anew
    verdict = verdict_of(
        engine, board, named(mounts=(bind(kept, "/run/dbus/system_bus_socket"),)), "dbus"
    )
    assert (verdict.rule, verdict.layer) == (bus_rules.STALE_MOUNT.id, Layer.MOUNT)


def test_owner_and_mode_of_the_socket(
    engine: DockerEngine, board: BoardFacts, tmp_path: Path
) -> None:
    service = named(mounts=(bind(tmp_path, "/run/dbus"),), values={"user": "1000"})
    with buses.bus(tmp_path) as path:
        tmp_path.chmod(0o755)
        path.chmod(0o700)
        closed = verdict_of(engine, board, service, "dbus")
        tmp_path.chmod(0o700)
        hidden = verdict_of(engine, board, service, "dbus")
    assert (closed.rule, closed.layer) == (bus_rules.SOCKET_PERMISSION.id, Layer.PERMISSION)
    assert "0700" in closed.summary
    assert hidden.rule == bus_rules.SOCKET_PERMISSION.id


def test_the_policy_goes_by_the_uid(
    engine: DockerEngine, board: BoardFacts, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    mounts = (bind(tmp_path, "/run/dbus"),)
    policy = f'</policy><policy user="1000"><deny send_destination="{buses.TEST_NAME}"/>'
    with buses.bus(tmp_path, policy=policy) as path, buses.service(path):
        user = verdict_of(
            engine, board, named(mounts=mounts, values={"user": "1000"}), "dbus", buses.TEST_NAME
        )
        root = verdict_of(engine, board, named(mounts=mounts), "dbus", buses.TEST_NAME)
    assert (user.rule, user.layer) == (bus_rules.TURNED_AWAY.id, Layer.BUS)
    assert "Rejected send message" in user.summary
    assert root.outcome is Outcome.REACHABLE


def test_in_a_user_namespace_the_uid_is_another(code: DockerEngine, tmp_path: Path) -> None:
    """The container makes the namespace itself, for the engine here has no remapping."""
    text = f"""
{inline("calls", "confinement", "dbus_client", "dbus")}
import ctypes, json, os
mapped, ready = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    assert ctypes.CDLL(None).unshare(0x10000000) == 0
    os.write(ready[1], b"x")
    os.read(mapped[0], 1)
    os.setgid(0)
    os.setuid(0)
    record = package.calls.Record("open", lambda text: None)
    module.probe(record, "", {{}})
    result = dict(id="app::dbus", probe="dbus", status="done", message="")
    result.update(calls=record.calls, facts=record.facts)
    confinement = package.confinement.describe()
    print(json.dumps(dict(v=1, nonce="n", confinement=confinement, results=[result])))
    sys.stdout.flush()
    os._exit(0)
os.read(ready[0], 1)
for which in ("uid", "gid"):
    with open(f"/proc/{{child}}/{{which}}_map", "w") as file:
        file.write("0 100000 65536")
os.write(mapped[1], b"x")
os.waitpid(child, 0)
"""
    tmp_path.chmod(0o755)
    unshare = SecurityOptGrant(
        field="security_opt", text="seccomp", place=PLACE, option="seccomp", value="unconfined"
    )
    service = named(mounts=(bind(tmp_path, "/run/dbus"),), security_opts=(unshare,))
    with buses.bus(tmp_path):
        ran = code.run_service(run_of(service), text, 20)
    assert ran.answer, (ran.refusal, ran.log)
    answer = decode(ran.answer, "n")
    check = Check("app", "dbus", "", Expect.REACH, Risk.OPEN)
    seen = answer.observation(check.id)
    verdict = access.kind("dbus").judge(
        Case(check, service, cases.BOARD, ran.probe_in, seen, answer.confinement)
    )
    assert (verdict.rule, verdict.layer) == (bus_rules.OTHER_USER.id, Layer.USER_NAMESPACE)
    assert any(line.startswith("auth(EXTERNAL 0) = REJECTED") for line in verdict.evidence)
    assert any(line.startswith("auth(EXTERNAL) = OK") for line in verdict.evidence)
    assert verdict.remedy is not None
    assert verdict.remedy.kind == "image"


def test_the_boards_network(engine: DockerEngine, board: BoardFacts) -> None:
    own = verdict_of(engine, board, named(), "network", "host")
    shared = verdict_of(engine, board, named(namespaces=network("host")), "network", "host")
    assert (own.outcome, own.layer) == (Outcome.BLOCKED, Layer.ENGINE)
    assert shared.outcome is Outcome.REACHABLE


def test_an_interface_of_the_board(engine: DockerEngine, board: BoardFacts) -> None:
    own = verdict_of(engine, board, named(), "network", "docker0")
    shared = verdict_of(engine, board, named(namespaces=network("host")), "network", "docker0")
    nowhere = verdict_of(engine, board, named(), "network", "can7")
    assert [own.rule, shared.rule, nowhere.rule] == ["HW321", "", "HW322"]


def test_what_net_admin_is_good_for(engine: DockerEngine, board: BoardFacts) -> None:
    added = (
        CapabilityGrant(field="cap_add", text="NET_ADMIN", place=PLACE, name="NET_ADMIN", add=True),
    )
    without = verdict_of(engine, board, named(), "network", "NET_ADMIN")
    given = verdict_of(engine, board, named(capabilities=added), "network", "NET_ADMIN")
    user = named(capabilities=added, values={"user": "1000"})
    wasted = verdict_of(engine, board, user, "network", "NET_ADMIN")
    assert [without.rule, given.rule, wasted.rule] == [
        rules.CAPABILITY.id,
        "",
        rules.CAPABILITY_USER.id,
    ]


class Supervisor(http.server.BaseHTTPRequestHandler):
    """/ping and, with the key, /v1/device."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path in ("/ping", "/v1/device?apikey=k") else 401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(("spaces", "rule"), [(network("host"), ""), ((), "HW292")])
def test_the_supervisor_of_the_board_is_reached_from_its_network_alone(
    engine: DockerEngine, board: BoardFacts, spaces: tuple[NamespaceGrant, ...], rule: str
) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Supervisor) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        told: Any = variables(
            BALENA_SUPERVISOR_ADDRESS=f"http://127.0.0.1:{server.server_port}",
            BALENA_SUPERVISOR_API_KEY="k",
        )
        service = named(environment=told, namespaces=spaces)
        found = verdict_of(engine, board, service, "supervisor-api")
        server.shutdown()
    assert found.rule == rule


def test_a_supervisor_that_no_network_leads_to(engine: DockerEngine, board: BoardFacts) -> None:
    away: Any = variables(BALENA_SUPERVISOR_ADDRESS="http://192.0.2.1:48484")
    service = named(environment=away, namespaces=network("none"))
    cut_off = verdict_of(engine, board, service, "supervisor-api")
    assert cut_off.rule == "HW293"
    assert any(line.endswith("ENETUNREACH") for line in cut_off.evidence)


def test_a_supervisor_whose_address_nobody_told(engine: DockerEngine, board: BoardFacts) -> None:
    label_only = named(features=("supervisor-api",))
    assert verdict_of(engine, board, label_only, "supervisor-api").rule == "HW290"
