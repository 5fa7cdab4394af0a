"""The probe of the system bus against a real dbus-daemon, and what is judged from its answers."""

from __future__ import annotations

import os
import socket
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import agents
import buses
import cases
import pytest

from hwaccess.access import dbus
from hwaccess.access.dbus import rules
from hwaccess.agent.answer import decode
from hwaccess.model import Case, Check, Expect, Outcome, ProbeIn
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hwaccess.model import Verdict


def ask(
    address: str,
    target: str = "",
    python: str = sys.executable,
    risk: str = "open",
    params: dict[str, object] | None = None,
) -> tuple[Case, dict[str, Any]]:
    """The case of a bus at `address`, and the facts of that address."""
    probe = {
        "id": "app::dbus",
        "probe": "dbus",
        "target": target,
        "risk": risk,
        "params": params or {},
    }
    done = agents.run(
        python, agents.request(probe), env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": address}
    )
    answer = decode(done.stdout, "n")
    seen = answer.observation("app::dbus")
    assert seen.status == "done", seen.message
    check = Check("app", "dbus", target, Expect.REACH, Risk.OPEN)
    case = Case(check, cases.service(), cases.BOARD, ProbeIn.PROBE_IMAGE, seen, answer.confinement)
    return case, dict(seen.facts.tables("addresses")[0]._data)


def verdict_of(
    path: Path, target: str = "", risk: str = "open", params: dict[str, object] | None = None
) -> Verdict:
    return dbus.judge(ask(f"unix:path={path}", target, risk=risk, params=params)[0])


@contextmanager
def listener(path: Path, says: bytes | None) -> Iterator[None]:
    """Somebody who takes one connection, says something (or nothing) and stays."""
    taken: list[socket.socket] = []

    def take() -> None:
        link, _ = server.accept()
        taken.append(link)
        if says is not None:
            link.sendall(says)

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        thread = threading.Thread(target=take)
        thread.start()
        yield
        thread.join(timeout=10)
        for link in taken:
            link.close()


@pytest.mark.parametrize("python", agents.pythons())
def test_five_results_under_every_python(python: str, tmp_path: Path) -> None:
    with buses.bus(tmp_path) as path, buses.service(path):
        case, facts = ask(f"unix:path={path}", buses.TEST_NAME, python)
    assert facts["socket"] == ""
    assert facts["authentication"].startswith("OK ")
    assert facts["hello"]["value"].startswith(":1.")
    assert facts["names"]["value"] >= 3
    assert facts["has_owner"] is True
    assert facts["policy"] == {"value": None}
    verdict = dbus.judge(case)
    assert (verdict.outcome, verdict.rule) == (Outcome.REACHABLE, "")
    assert any(line.startswith("Hello(org.freedesktop.DBus) = :1.") for line in verdict.evidence)


def test_a_dead_socket_is_nobody_listening(tmp_path: Path) -> None:
    path = tmp_path / "system_bus_socket"
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(path))
    verdict = verdict_of(path)
    assert verdict.rule == rules.NO_BUS.id
    assert f'connect("{path}") = ECONNREFUSED' in verdict.evidence


def test_a_directory_in_the_sockets_place_is_a_mount_that_went_wrong(tmp_path: Path) -> None:
    path = tmp_path / "system_bus_socket"
    path.mkdir()
    assert verdict_of(path).rule == rules.STALE_MOUNT.id


def test_no_socket(tmp_path: Path) -> None:
    assert verdict_of(tmp_path / "nothing").rule == rules.NOT_MOUNTED.id


def test_a_bus_that_refuses_external(tmp_path: Path) -> None:
    with buses.bus(tmp_path, auth="ANONYMOUS") as path:
        case, facts = ask(f"unix:path={path}")
    assert facts["authentication"].startswith("REJECTED")
    assert facts["authentication_without_uid"].startswith("REJECTED")
    assert dbus.judge(case).rule == rules.TURNED_AWAY.id
    elsewhere = replace(case, confinement=cases.REMAPPED)
    assert dbus.judge(elsewhere).rule == rules.OTHER_USER.id


def test_a_policy_that_denies_the_user_ends_the_connection(tmp_path: Path) -> None:
    with buses.bus(tmp_path, policy='<deny user="*"/>') as path:
        verdict = verdict_of(path)
    assert verdict.rule == rules.TURNED_AWAY.id
    assert verdict.remedy is not None
    assert "/etc/dbus-1/system.d" in verdict.remedy.text


def test_a_policy_that_denies_the_service(tmp_path: Path) -> None:
    policy = f'<deny send_destination="{buses.TEST_NAME}"/>'
    with buses.bus(tmp_path, policy=policy) as path, buses.service(path):
        verdict = verdict_of(path, buses.TEST_NAME)
        whole_bus = verdict_of(path)
    assert verdict.rule == rules.TURNED_AWAY.id
    assert "Rejected send message" in verdict.summary
    assert whole_bus.outcome is Outcome.REACHABLE


def test_a_call_is_made_at_its_own_risk_alone(tmp_path: Path) -> None:
    """Only that call is denied, so a refusal shows that it was made, and a Ping that it was not."""
    policy = '<deny send_interface="org.example.Pump"/>'
    params: dict[str, object] = {"call": "org.example.Pump.Start", "call_risk": "write"}
    with buses.bus(tmp_path, policy=policy) as path, buses.service(path):
        found = [
            verdict_of(path, buses.TEST_NAME, risk, params).outcome for risk in ("read", "write")
        ]
    assert found == [Outcome.REACHABLE, Outcome.BLOCKED]


def test_a_name_that_could_be_started_is_not_started(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with buses.bus(tmp_path) as path:
        file = tmp_path / "services" / "org.example.Lazy.service"
        file.write_text(f"[D-BUS Service]\nName=org.example.Lazy\nExec=/usr/bin/touch {started}\n")
        link = buses.connected(path)
        link.call(*buses.BUS, "ReloadConfig", [])
        link.socket.close()
        case, facts = ask(f"unix:path={path}", "org.example.Lazy")
    verdict = dbus.judge(case)
    assert facts["activatable"] is True
    assert (verdict.rule, verdict.outcome) == (
        rules.OWN_BUS.id,
        Outcome.BLOCKED,
    )  # our bus is in our pid namespace
    assert not started.exists()


def test_who_does_not_answer_is_told_in_time(tmp_path: Path) -> None:
    path = tmp_path / "system_bus_socket"
    with listener(path, None):
        case, facts = ask(f"unix:path={path}")
    assert facts["authentication"] == "ETIMEDOUT"
    assert dbus.judge(case).rule == rules.TURNED_AWAY.id


@pytest.mark.parametrize(
    "says",
    [
        b"OK 1234\r\n" + b"\xff" * 64,
        b"OK 1\r\nl\x02\0\x01" + b"\0\0\0\0" * 2 + b"\x08\0\0\0" + b"\x05\x01z\0" * 2,
    ],
)
def test_garbage_is_an_errno_and_no_crash(tmp_path: Path, says: bytes) -> None:
    path = tmp_path / "system_bus_socket"
    with listener(path, says):
        case, facts = ask(f"unix:path={path}")
    assert facts["hello"]["errno"] in ("EPROTO", "EMSGSIZE")
    assert dbus.judge(case).outcome is Outcome.BLOCKED


@pytest.mark.parametrize(
    ("address", "socket_result"),
    [
        ("tcp:host=localhost,port=1", "unknown transport"),
        ("unix:path=%zz", "unknown transport"),
        ("nonsense", "unknown transport"),
    ],
)
def test_an_address_that_is_not_spoken_is_unknown(address: str, socket_result: str) -> None:
    case, facts = ask(address)
    assert facts["socket"] == socket_result
    assert dbus.judge(case).outcome is Outcome.UNKNOWN


def test_an_escaped_address_and_its_second_server(tmp_path: Path) -> None:
    folder = tmp_path / "a b"
    folder.mkdir()
    with buses.bus(folder) as path:
        case, _ = ask(f"unix:path={tmp_path}/no;unix:path={str(path).replace(' ', '%20')}")
    assert dbus.judge(case).outcome is Outcome.REACHABLE


def test_an_abstract_socket_that_nobody_holds() -> None:
    case, facts = ask("unix:abstract=hwaccess-nobody")
    assert facts["socket"] == "ECONNREFUSED"
    assert dbus.judge(case).rule == rules.NO_BUS.id


def test_the_address_that_x_hwaccess_gives_is_asked_first(tmp_path: Path) -> None:
    with buses.bus(tmp_path) as path:
        case, facts = ask("unix:path=/nowhere", params={"address": f"unix:path={path}"})
    assert facts["from"] == "asked"
    assert dbus.judge(case).outcome is Outcome.REACHABLE
