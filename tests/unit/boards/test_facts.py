"""From the board probe's answer to facts: types checked, names found, nothing guessed."""

from __future__ import annotations

from typing import Any

import pytest

from hwaccess.boards.facts import decode_board, engine_only
from hwaccess.engine.base import EngineInfo
from hwaccess.errors import ProbeError
from hwaccess.facts import BoardNode, I2cAdapter
from hwaccess.typed_json import JsonObject

INFO = EngineInfo(
    "pi",
    "27.0.1",
    "Docker",
    "6.12.1",
    "aarch64",
    "Debian 12",
    2,
    ("seccomp", "rootless"),
    ("runc",),
)
I2C = {
    "path": "/dev/i2c-1",
    "kind": "char",
    "major": 89,
    "minor": 1,
    "mode": 0o660,
    "uid": 0,
    "gid": 998,
    "link": "",
}
ANSWER: dict[str, Any] = {
    "kernel": "6.12.25+rpt-rpi-v8",
    "nodes": [I2C, I2C | {"path": "/dev/x", "gid": 4711}],
    "groups": [{"name": "i2c", "gid": 998}, {"name": "also-i2c", "gid": 998}],
    "char_majors": [{"major": 89, "driver": "i2c"}],
    "block_majors": [{"major": 179, "driver": "mmc"}],
    "i2c": [{"number": 1, "name": "bcm2835", "has_node": True, "clients": ["1-0068 rtc-ds1307"]}],
    "spi": ["spi0.0 spidev"],
    "gpio_chips": ["gpiochip0"],
    "modules": ["i2c_dev"],
    "has_modules": True,
    "modules_disabled": False,
    "module_trees": ["6.12.25+rpt-rpi-v8"],
    "firmware_path": "",
    "lsm": ["capability", "apparmor"],
    "lockdown": "none",
    "config": {"DEVMEM": "y", "STRICT_DEVMEM": "n"},
    "model": "Raspberry Pi 4 Model B Rev 1.4",
    "interfaces": [{"name": "eth0", "address": "b8:27:eb:00:00:01"}],
    "network_namespace": "net:[4026531840]",
    "paths": {"/run/dbus": "directory"},
}


def test_an_answer_becomes_facts() -> None:
    facts = decode_board(INFO, JsonObject(ANSWER, "the board"), "board container")
    assert facts.complete
    assert (facts.read_by, facts.engine, facts.kernel) == (
        "board container",
        "Docker 27.0.1",
        "6.12.25+rpt-rpi-v8",
    )
    assert facts.node("/dev/i2c-1") == BoardNode("/dev/i2c-1", "char", 89, 1, 0o660, 0, 998, "i2c")
    assert facts.nodes[1].group == ""
    assert facts.i2c == (I2cAdapter(1, "bcm2835", has_node=True, clients=("1-0068 rtc-ds1307",)),)
    assert (facts.driver("char", 89), facts.driver("block", 179), facts.driver("char", 1)) == (
        "i2c",
        "mmc",
        "",
    )
    assert (facts.config_value("DEVMEM"), facts.path_kind("/run/dbus")) == ("y", "directory")
    assert (facts.interfaces, facts.network_namespace) == (
        (("eth0", "b8:27:eb:00:00:01"),),
        "net:[4026531840]",
    )
    assert facts.daemon_user_namespace
    assert not facts.balena


def test_the_engine_alone_says_little() -> None:
    facts = engine_only(INFO)
    assert (facts.complete, facts.read_by, facts.nodes, facts.path_kind("/run/dbus")) == (
        False,
        "nothing",
        (),
        None,
    )
    assert (facts.name, facts.arch, facts.cgroup, facts.config_value("DEVMEM")) == (
        "pi",
        "aarch64",
        2,
        None,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"nodes": [{"path": "/dev/x"}]},
        {"has_modules": "yes"},
        {"paths": {"/x": 1}},
        {"i2c": [{"number": "1"}]},
    ],
)
def test_a_wrong_type_is_told_with_its_key(wrong: dict[str, Any]) -> None:
    with pytest.raises(ProbeError, match="the board"):
        decode_board(INFO, JsonObject(ANSWER | wrong, "the board"), "directly")
