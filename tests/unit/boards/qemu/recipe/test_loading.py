"""Recipes of virtual boards: what they may say and extend, and faults told by file and key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hwaccess.boards.qemu.build import root_image
from hwaccess.boards.qemu.recipe import loading
from hwaccess.boards.qemu.recipe.loading import load
from hwaccess.boards.qemu.recipe.recipe import I2cDevice, User
from hwaccess.errors import BoardAddressError, UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def written(folder: Path, text: str, name: str = "my") -> str:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.toml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("name", ["pc", "pc-cgroup1", "pc-apparmor", "pc-userns"])
def test_our_own_recipes_are_whole_and_share_one_root_image(name: str) -> None:
    loaded = load(name)
    assert loaded.name == name
    assert loaded.root == load("pc").root
    assert dict(loaded.root.groups) == {"gpio": 997, "i2c": 998, "spi": 999}


def test_what_the_variants_change() -> None:
    assert [load(name).cgroup for name in ("pc", "pc-cgroup1")] == [2, 1]
    assert set(load("pc-apparmor").lsm) - set(load("pc").lsm) == {"apparmor"}
    assert load("pc-userns").engine == {"userns-remap": "default"}


def test_ubuntu_comes_from_its_own_archive_with_its_own_keys() -> None:
    ubuntu, base = load("pc-ubuntu"), load("pc")
    words = root_image.command_of(ubuntu, "root")
    assert "--components=main,universe" in words
    assert "--keyring=/usr/share/keyrings/ubuntu-archive-keyring.gpg" in words
    assert words[-3:] == ["noble", "/dev/null", "http://archive.ubuntu.com/ubuntu"]
    assert "--keyring=/usr/share/keyrings/debian-archive-keyring.gpg" in root_image.command_of(
        base, "root"
    )
    assert {*base.modules} - {*ubuntu.modules} == {"test_firmware"}


def test_a_few_lines_add_a_device_a_module_and_a_file(tmp_path: Path) -> None:
    text = """
extends = "pc"
[modules]
load = ["i2c-dev", "dummy"]
without = ["softdog"]
options = { dummy = "numdummies=2" }
[[i2c]]
bus = "stub"
address = 0x1d
[files]
"/etc/motd" = "mine"
"""
    mine = load(written(tmp_path, text))
    base = load("pc")
    assert mine.i2c == (*base.i2c, I2cDevice("stub", 0x1D))
    assert mine.modules == (*(name for name in base.modules if name != "softdog"), "dummy")
    assert mine.options == (("dummy", "numdummies=2"),)
    assert dict(mine.files) == {**dict(base.files), "/etc/motd": "mine"}
    assert (mine.name, mine.root) == ("my", base.root)


def test_lists_of_tables_that_are_no_devices_are_added_to(tmp_path: Path) -> None:
    text = 'extends = "{}"\n[engine]\ndefault-address-pools = [{}]\n'
    pools = ['{base = "10.1.0.0/16"}', '{base = "10.2.0.0/16"}, {base = "10.3.0.0/16"}']
    written(tmp_path, text.format("pc", pools[0]), "one")
    mine = load(written(tmp_path, text.format("one.toml", pools[1])))
    assert [pool["base"] for pool in mine.engine["default-address-pools"]] == [
        "10.1.0.0/16",
        "10.2.0.0/16",
        "10.3.0.0/16",
    ]


def test_a_device_at_the_place_of_another_takes_it(tmp_path: Path) -> None:
    mine = load(written(tmp_path, 'extends = "rpi3b"\n' + HOT))
    base = load("rpi3b")
    assert mine.i2c == (
        I2cDevice("i2c-bus.1", 0x48, "tmp105", set=(("temperature", -5000),)),
        *base.i2c[1:],
    )


def test_a_raspberry_pi_has_what_any_arm_machine_has_and_its_own(tmp_path: Path) -> None:
    virt, pi = load("virt"), load("rpi3b")
    assert (replace(pi.root, users=()), pi.start, pi.files) == (virt.root, virt.start, virt.files)
    assert pi.root.users == (User("pi", 1000, ("gpio", "i2c", "spi")),)
    assert "i2c:x:998:pi\n" in root_image.groups(pi)
    assert root_image.groups(pi).endswith("pi:x:1000:\n")
    assert (root_image.users(pi), root_image.users(virt)) == (
        "pi:*:1000:1000::/home/pi:/bin/sh\n",
        "",
    )
    assert {*pi.modules} - {*virt.modules} == {"i2c-dev", "i2c-bcm2835", "spi-bcm2835", "spidev"}
    assert (virt.i2c, virt.address, load(written(tmp_path, "extends = 'virt'")).address) == (
        (), "virt", str(tmp_path / "my.toml"),
    )  # fmt: skip


def test_a_recipe_of_the_user_has_a_name_and_extends_another_file(tmp_path: Path) -> None:
    folder = tmp_path / "config/hwaccess/boards"
    written(folder, 'extends = "pc"\nsummary = "half"\n[machine]\nmemory = 768\n', "half")
    written(folder, 'extends = "half.toml"\n[machine]\ncpus = 1\n', "small")
    assert set(loading.known()) >= {"pc", "half", "small"}
    small = load("small")
    assert (small.machine.memory, small.machine.cpus, small.summary) == (768, 1, "half")


HOT = """
[[i2c]]
bus = "i2c-bus.1"
address = 0x48
device = "tmp105"
set = { temperature = -5000 }
"""
USER = '[root.users]\nme = {{ uid = {}, groups = ["{}"] }}\n'
MANY = "".join(f'[[i2c]]\nbus = "stub"\naddress = {address}\n' for address in range(0x30, 0x38))
BASE = 'extends = "pc"\n'
RPI = BASE.replace('"pc"', '"rpi3b"')
I2C = BASE + '[[i2c]]\nbus = "stub"\n'
FAULTS = [
    ("not toml", "extends = \n", "my.toml: Invalid value"),
    ("unknown key", BASE + "machin = 1",
     "my.toml: unknown key machin; known are summary, machine, root"),
    ("unknown key below", BASE + "[machine]\nram = 1",
     "machine: unknown key ram; known are type, cpus, memory"),
    ("a board of its own", RPI + "[machine]\nmemory = 2048",
     "machine: raspi3b has 4 processors and 1024 MiB"),
    ("a disk for memory", RPI + "[root]\ndisk = 2048", "root.disk: raspi3b has its root in memory"),
    ("another's tree", BASE + '[device-tree]\nfile = "x.dtb"', "device-tree: q35 makes its own"),
    ("too small", BASE + "[machine]\nmemory = 16",
     "machine.memory: 16 is less than the minimum of 512"),
    ("wrong type", BASE + '[kernel]\ncgroup = "two"',
     "kernel.cgroup: 'two' is not of type 'integer'"),
    ("an address that I2C has not", I2C + "address = 0x99", "i2c[3].address: 153"),
    ("a stub with a device", I2C + 'address = 9\ndevice = "tmp105"',
     "i2c[3]: the bus stub takes an address and"),
    ("a stub that is set", I2C + "address = 9\nset = { temperature = 1 }",
     "i2c[3]: the bus stub takes an address and"),
    ("a stub without its module", RPI + '[[i2c]]\nbus = "stub"\naddress = 9',
     "i2c[3]: the bus stub needs i2c-stub"),
    ("a bus without one", I2C.replace("stub", "i2c-bus.1") + "address = 9",
     "needs its kind: device"),
    ("an address that is no whole number", I2C + "address = 9.0",
     "i2c[3].address: 9.0 is not of type 'integer'"),
    ("a cgroup that is none", BASE + "[kernel]\ncgroup = 2.0",
     "kernel.cgroup: 2.0 is not of type 'integer'"),
    ("a slip in what is left out", BASE + '[modules]\nwithout = ["softdgo"]',
     "modules.without: softdgo is not in"),
    ("a stub left out", BASE + '[modules]\nwithout = ["i2c-stub"]',
     "i2c[0]: the bus stub needs i2c-stub"),
    ("too many on the stub", BASE + MANY, "i2c: the bus stub takes 10 addresses, and these are 11"),
    ("an option of ours", RPI + HOT.replace("set = { temperature", "options = { id"),
     "i2c[0].options: id is set by"),
    ("a path that climbs", BASE + '[files]\n"/../x" = ""', "files: '/../x' is no plain path"),
    ("a file in a file", BASE + '[files]\n"/a" = ""\n"/a/b" = ""',
     "files: '/a/b' is below '/a', which is a file"),
    ("a tree that climbs", RPI + '[device-tree]\nfile = "../x"',
     "device-tree.file: '../x' does not match"),
    ("a file of ours", BASE + '[files]\n"/etc/docker/daemon.json" = ""',
     "/etc/docker is hwaccess's own; the engine's"),
    ("a file over ours", BASE + '[files]\n"/usr/lib" = ""',
     "files: '/usr/lib': /usr/lib/hwaccess is hwaccess's own"),
    ("a user in no group", BASE + USER.format(1000, "radio"),
     "root.users.me.groups: radio is not in root.groups"),
    ("a user like a group", BASE + USER.format(1000, "i2c") + "\n[root.groups]\nme = 2000",
     "root.users.me: its group"),
    ("an id that is taken", BASE + USER.format(1000, "i2c") + "\n[root.groups]\nx = 1000",
     "its group would be x"),
    ("a user of the system", BASE + USER.format(33, "i2c"), "root.users.me.uid: 33 is less than"),
    ("twice", I2C + 'address = 9\n[[i2c]]\nbus = "stub"\naddress = 9',
     "i2c[1]: a second device at the same address"),
    ("an open door", BASE + '[engine]\nhosts = ["tcp://0.0.0.0:2375"]',
     "engine.hosts: is set by hwaccess"),
    ("no JSON", BASE + "[engine]\nx = 2026-11-24", "engine: daemon.json cannot hold it"),
    ("a line more", BASE + '[kernel]\narguments = ["quiet\\n"]',
     "kernel.arguments[0]: 'quiet\\n' does not match"),
    ("a package and a line", BASE + '[root]\npackages = ["dbus\\n"]',
     "root.packages[9]: 'dbus\\n' does not match"),
    ("a package that is an option", BASE + '[root]\npackages = ["--install"]',
     "root.packages[9]: '--install'"),
    ("alone and not whole", 'summary = "x"\n', "my.toml: recipe: 'machine' is a required property"),
    ("a circle", 'extends = "my.toml"\n', "extends: goes in a circle"),
    ("no name to extend", "extends = 3\n", "extends: is no name of a recipe"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_a_fault_names_file_and_key(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        load(path)
    assert str(caught.value).startswith(path)
    assert words in str(caught.value)
    assert "pc" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pi", "no virtual board is called 'pi'"),
        ("./nowhere.toml", "no such recipe: nowhere.toml"),
        ("", "no virtual board is called ''"),
    ],
)
def test_a_board_that_is_not_there_is_told(name: str, words: str) -> None:
    with pytest.raises(BoardAddressError, match=words):
        load(name)


def test_a_user_cannot_take_our_name_or_one_that_is_no_host_name(tmp_path: Path) -> None:
    folder = tmp_path / "config/hwaccess/boards"
    with pytest.raises(UsageError, match="cannot be the name of a board"):
        load(written(tmp_path, 'extends = "pc"\n', "My Board"))
    written(folder, 'extends = "pc"\n', "pc")
    with pytest.raises(UsageError, match="hwaccess has a board 'pc' itself"):
        loading.known()
