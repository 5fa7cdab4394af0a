"""The board probe, on this machine and on trees that look like other boards."""

from __future__ import annotations

import gzip
import os
import sys
from typing import TYPE_CHECKING, Any

import agents
import pytest

from hwaccess.boards.facts import decode_board
from hwaccess.engine.base import EngineInfo
from hwaccess.typed_json import JsonObject

if TYPE_CHECKING:
    from pathlib import Path

    from hwaccess.facts import BoardFacts

INFO = EngineInfo("here", "0", "Docker", "0", "x86_64", "Linux", 1, (), ())
RELEASE = os.uname().release


def read(root: str = "/", *paths: str, python: str = sys.executable) -> BoardFacts:
    probe = {"probe": "board", "risk": "look", "params": {"root": root, "paths": list(paths)}}
    result: dict[str, Any] = agents.ask(python, probe)["results"][0]
    assert result["status"] == "done", result["message"]
    return decode_board(INFO, JsonObject(result["facts"], "the board"), "directly")


def board(root: Path, **files: str) -> str:
    """A tree with these files; "__" in a name is a slash."""
    for name, text in files.items():
        put(root, "/" + name.replace("__", "/"), text)
    return str(root)


def put(root: Path, path: str, text: str) -> None:
    file = root / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize("python", agents.pythons())
def test_this_machine(python: str) -> None:
    facts = read("/", "/dev/null", "/dev", "/etc/passwd", "/no/such/path", python=python)
    null = facts.node("/dev/null")
    assert null is not None
    assert (null.kind, null.major, null.minor) == ("char", 1, 3)
    assert facts.driver("char", 1) == "mem"
    assert ("root", 0) in facts.groups
    assert facts.kernel == RELEASE
    assert dict(facts.paths) == {
        "/dev/null": "char",
        "/dev": "directory",
        "/etc/passwd": "file",
        "/no/such/path": "absent",
    }
    assert facts.network_namespace.startswith("net:[")
    assert "lo" in dict(facts.interfaces)


def test_an_empty_tree_is_a_board_of_which_nothing_is_known(tmp_path: Path) -> None:
    facts = read(str(tmp_path))
    assert (facts.nodes, facts.groups, facts.config, facts.lsm, facts.model) == ((), (), (), (), "")
    assert not facts.has_modules
    assert facts.config_value("DEVMEM") is None


def test_buses_modules_and_security(tmp_path: Path) -> None:
    root = board(
        tmp_path,
        **{
            "sys/bus/i2c/devices/i2c-1/name": "bcm2835 (i2c@7e804000)\n",
            "sys/bus/i2c/devices/i2c-10/name": "i2c-11-mux\n",
            "sys/bus/i2c/devices/1-0068/name": "ds1307\n",
            "sys/bus/spi/devices/spi0.1/modalias": "spi:spidev\n",
            "sys/bus/gpio/devices/gpiochip0/dev": "254:0\n",
            "sys/bus/spi/drivers/spidev/bind": "",
            "sys/kernel/security/lsm": "lockdown,capability,apparmor",
            "sys/kernel/security/lockdown": "none [integrity] confidentiality\n",
            "sys/firmware/devicetree/base/model": "Raspberry Pi 4 Model B Rev 1.4\0",
            "sys/module/firmware_class/parameters/path": "/extra-firmware\n",
            "proc/modules": "i2c_dev 16384 0 - Live 0x0\nspidev 20480 0 - Live 0x0\n",
            "proc/sys/kernel/modules_disabled": "1\n",
            "lib/modules/6.12.25/modules.dep": "",
        },
    )
    (tmp_path / "sys/bus/spi/devices/spi0.0").mkdir()
    (tmp_path / "sys/bus/spi/devices/spi0.0/driver").symlink_to("../../drivers/spidev")
    facts = read(root)
    assert [(adapter.number, adapter.has_node, adapter.clients) for adapter in facts.i2c] == [
        (1, False, ("1-0068 ds1307",)),
        (10, False, ()),
    ]
    assert (facts.spi, facts.gpio_chips) == (("spi0.0 spidev", "spi0.1"), ("gpiochip0",))
    assert (facts.lsm, facts.lockdown) == (("lockdown", "capability", "apparmor"), "integrity")
    assert (facts.model, facts.firmware_path) == (
        "Raspberry Pi 4 Model B Rev 1.4",
        "/extra-firmware",
    )
    assert (facts.modules, facts.has_modules, facts.modules_disabled) == (
        ("i2c_dev", "spidev"),
        True,
        True,
    )
    assert facts.module_trees == ("6.12.25",)


@pytest.mark.parametrize(
    "place", ["proc/config.gz", f"boot/config-{RELEASE}", f"lib/modules/{RELEASE}/config"]
)
def test_the_kernels_options_from_each_place(tmp_path: Path, place: str) -> None:
    text = b"CONFIG_DEVMEM=y\n# CONFIG_STRICT_DEVMEM is not set\nCONFIG_I2C_CHARDEV=m\n"
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    file.write_bytes(gzip.compress(text) if place.endswith(".gz") else text)
    facts = read(str(tmp_path))
    found = [
        facts.config_value(option)
        for option in ("DEVMEM", "STRICT_DEVMEM", "I2C_CHARDEV", "MODULES")
    ]
    assert found == ["y", "n", "m", "n"]


def test_links_are_followed_inside_of_the_board(tmp_path: Path) -> None:
    """An absolute link of the board must not lead to what this machine has at that path."""
    put(tmp_path, "/usr/lib/modules/6.1/x", "")
    put(tmp_path, "/run/dbus/x", "")
    (tmp_path / "lib").symlink_to("usr/lib")
    (tmp_path / "var").mkdir()
    (tmp_path / "var/run").symlink_to("/run")
    (tmp_path / "loop").symlink_to("/loop")
    (tmp_path / "dangling").symlink_to("/etc/passwd")
    (tmp_path / "out").symlink_to("../../../../../../usr/lib/modules")
    facts = read(str(tmp_path), "/lib/modules", "/var/run/dbus", "/loop", "/dangling", "/out/6.1")
    assert [kind for _, kind in facts.paths] == [
        "directory",
        "directory",
        "absent",
        "absent",
        "directory",
    ]
    assert facts.module_trees == ("6.1",)
