"""What a virtual board is put together from: files, QEMU's words, the cache, the programs needed."""

from __future__ import annotations

import io
import json
import os
import platform
import subprocess
import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from hwaccess import locks
from hwaccess.boards.qemu import (
    accel,
    build,
    device_tree,
    files,
    keeper,
    probe_image,
    root,
    store,
    tls,
)
from hwaccess.boards.qemu.guest import line
from hwaccess.boards.qemu.parts import Parts, command
from hwaccess.boards.qemu.recipe import I2cDevice, Tree, load
from hwaccess.engine import owner
from hwaccess.errors import EngineError, UsageError

PC = load("pc")
HERE = Path("/x")
PARTS = Parts(
    PC,
    accel.TCG,
    HERE / "vmlinuz",
    HERE / "initrd",
    HERE / "a,b.tar",
    HERE / "client",
    HERE / "disk.qcow2",
)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HWACCESS_CACHE", str(tmp_path))
    return tmp_path / "boards"


def test_files_say_what_the_recipe_says() -> None:
    made = files.board_files(replace(PC, options=(("dummy", "numdummies=2"),)))
    assert made["/etc/modprobe.d/hwaccess.conf"] == (
        "options dummy numdummies=2\noptions i2c-stub chip_addr=0x20,0x48,0x68\n"
    )
    assert (
        made["/etc/udev/rules.d/60-hwaccess.rules"]
        == 'KERNEL=="i2c-[0-9]*", GROUP="i2c", MODE="0660"\n'
    )
    assert made["/usr/lib/hwaccess/board"].startswith("NAME=pc\nCGROUP=2\n")
    assert made["/usr/lib/hwaccess/modules"].split()[:3] == ["i2c-dev", "i2c-i801", "i2c-stub"]
    daemon = json.loads(made["/etc/docker/daemon.json"])
    assert daemon["tlsverify"] is True
    assert "userns-remap" not in daemon
    assert (
        json.loads(files.board_files(load("pc-userns"))["/etc/docker/daemon.json"])["userns-remap"]
        == "default"
    )


def test_the_archive_keeps_keys_from_others_and_is_the_same_for_the_same_files() -> None:
    texts = {
        "/etc/docker/tls/server.key": "secret",
        "/usr/lib/hwaccess/init": "#!/bin/sh",
        "/etc/motd": "hi",
    }
    data = files.archive(texts)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert {entry.name: entry.mode for entry in tar} == {
            "etc/docker/tls/server.key": 0o600, "usr/lib/hwaccess/init": 0o755, "etc/motd": 0o644,
        }  # fmt: skip
    assert files.archive(dict(reversed(texts.items()))) == data


def test_qemu_is_on_loopback_alone_and_cut_off_from_any_network() -> None:
    words = " ".join(command(PARTS, 4711))
    assert "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:4711-:2376" in words
    assert "-incoming" not in words
    assert "file=/x/a,,b.tar" in words
    assert words.count("hostfwd") == 1


def test_qemu_is_given_its_devices_and_the_memory_to_go_on_from() -> None:
    sensor = I2cDevice("i2c-bus.1", 0x48, "tmp105")
    words = command(
        replace(PARTS, recipe=replace(PC, i2c=(*PC.i2c, sensor)), state=Path("/x/my ram")), 1
    )
    assert words[words.index("-device", words.index("-qmp")) + 1] == (
        "tmp105,id=i2c-bus.1-0x48,bus=i2c-bus.1,address=0x48"
    )
    assert words[-2:] == ["-incoming", "exec:cat '/x/my ram'"]


def test_a_machine_without_virtio_has_its_network_on_a_serial_line_and_needs_nothing_but_its_memory() -> (
    None
):
    pi = replace(PARTS, recipe=load("rpi3b"), disk=None, tree=Path("/x/board.dtb"))
    words = " ".join(command(pi, 4711))
    assert (
        "-machine raspi3b -accel tcg,thread=multi -smp 4 -m 1024 -netdev user,id=net,restrict=on"
        in words
    )
    assert f"socket,id=line,fd={keeper.LINE[0]} -serial chardev:line" in words
    assert f"stream,id=line,addr.type=fd,addr.str={keeper.LINE[1]}" in words
    assert "-kernel /x/vmlinuz -initrd /x/initrd -append rdinit=/init" in words
    assert "-dtb /x/board.dtb" in words
    assert "at24c-eeprom,id=i2c-bus.1-0x50,bus=i2c-bus.1,address=0x50,rom-size=256" in words
    assert "virtio" not in words

    resumed = command(replace(pi, state=Path("/x/ram")), 4711)
    assert not {"-kernel", "-initrd", "-dtb", "-append"} & {*resumed}


def test_the_kernel_is_told_its_security_modules_and_ends_when_it_panics() -> None:
    def arguments(name: str) -> list[str]:
        words = command(replace(PARTS, recipe=load(name)), 1)
        return words[words.index("-append") + 1].split()

    assert {"lsm=lockdown,yama,landlock", "panic=-1"} <= {*arguments("pc")}
    assert "lsm=lockdown,yama,landlock,apparmor" in arguments("pc-apparmor")


def test_variants_share_the_root_image_and_nothing_else(cache: Path) -> None:
    names = ("pc", "pc-cgroup1", "pc-apparmor", "pc-userns")
    assert len({root.root_folder(load(name)) for name in names}) == 1
    assert root.root_folder(PC) != root.root_folder(
        replace(PC, root=replace(PC.root, packages=("dbus",)))
    )
    assert len({build.board_folder(load(name), accel.TCG, "7.2.0") for name in names}) == 4
    assert build.board_folder(PC, accel.TCG, "7.2.0") != build.board_folder(PC, accel.KVM, "7.2.0")
    assert cache.stat().st_mode & 0o777 == 0o700


def test_what_fails_half_way_leaves_nothing_and_what_died_half_way_is_taken_away(
    cache: Path,
) -> None:
    path = cache / "thing"
    with pytest.raises(ZeroDivisionError), store.making(path, 1):
        _ = 1 / 0
    assert [entry.name for entry in cache.iterdir()] == ["thing.lock"]

    (cache / "thing.part-old").mkdir()
    with locks.exclusive(store.lock_of(path)):  # somebody is at it
        store.clear_away()
    assert sorted(entry.name for entry in cache.iterdir()) == ["thing.lock", "thing.part-old"]
    store.clear_away()
    assert not [*cache.iterdir()]

    (cache / "thing.part-old").mkdir()
    with store.making(path, 1) as part:
        assert part
        (part / "file").write_text("1")
    there = ["thing", "thing.lock", "thing.used.lock"]
    assert sorted(entry.name for entry in cache.iterdir()) == there
    (cache / "thing.part-again").mkdir()  # of a build --again that was killed
    store.clear_away()
    assert sorted(entry.name for entry in cache.iterdir()) == there

    with store.making(path, 1) as part:
        assert part is None
    with store.making(path, 1, again=True) as part:
        assert part
        with store.using(path):  # while another one is made
            assert (path / "file").exists()
            assert not store.remove_unused(path)
    assert not (path / "file").exists()
    assert store.remove_unused(path)
    assert not [*cache.iterdir()]


def test_what_nothing_needs_any_more_is_taken_away(cache: Path) -> None:
    store.folder()
    here, gone = "pc", "/nowhere/my.toml"
    for name, source in {
        "board-pc-0000000000aa": here,
        "board-pc-0000000000bb": here,
        "board-pc-cgroup1-0000000000cc": "pc-cgroup1",
        "board-pc-0000000000dd": str(Path(__file__)),  # of another file of that name
        "board-my-0000000000ee": gone,
    }.items():
        image = f"root-{name[-12:]}"
        (cache / name).mkdir()
        store.write_json(cache / name / build.FACTS, {"root": image, "source": source})
        (cache / image).mkdir()
    built = build.Built(PC, cache / "board-pc-0000000000bb", accel.TCG)
    old = sorted(build.outdated(built), reverse=True)
    assert [path.name for path in old] == ["board-pc-0000000000aa", "board-my-0000000000ee"]
    with store.using(old[0]):
        assert not store.remove_unused(old[0])
    assert store.remove_unused(old[0])
    assert not [path for path in cache.iterdir() if path.name.startswith(old[0].name)]
    # The root of the other board stays, for that board is still there.
    assert [path.name for path in build.unused_roots(built)] == ["root-0000000000aa"]


def test_a_disk_is_of_its_very_root_image(cache: Path) -> None:
    built = build.Built(PC, cache / "board", accel.TCG)
    root_path = root.root_folder(PC)
    for path in (root_path, built.path):
        path.mkdir(parents=True)
    (root_path / root.KERNEL).touch()
    store.write_json(built.path / build.FACTS, {"root_made": build.made_at(root_path)})
    seen = [built.has_root]
    os.utime(root_path / root.KERNEL, (1, 1))  # made again
    seen.append(built.has_root)
    (root_path / root.KERNEL).unlink()
    seen.append(built.has_root)
    assert seen == [True, False, False]


def test_too_small_a_disk_is_told_before_it_is_full(cache: Path) -> None:
    with (
        pytest.raises(EngineError, match="MiB free, and this takes 1000000000 MiB"),
        store.making(cache / "x", 10**9),
    ):
        pytest.fail("it began")


def test_a_cache_that_cannot_be_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWACCESS_CACHE", "/proc/nowhere")
    with pytest.raises(UsageError, match="cannot be used as cache"):
        store.folder()


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("QEMU emulator version 5.2.0 (Debian 1:5.2)", "is 5.2.0, and pc needs 6.2 or newer"),
        ("no such luck", "does not tell its version: 'no such luck'"),
        (None, "there is no qemu-system-x86_64 on this machine"),
    ],
)
def test_a_qemu_that_will_not_do_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str | None, expected: str
) -> None:
    program = tmp_path / "qemu-system-x86_64"
    if says:
        program.write_text(f"#!/bin/sh\necho '{says}'\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/bin" if says else str(tmp_path))
    with pytest.raises(EngineError, match=expected):
        accel.version(PC)


def test_what_a_trial_showed_is_remembered_for_this_kernel_and_qemu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(accel, "NODE", Path("/dev/null"))
    assert accel.remembered(PC, "9.0.0") is None
    accel.remember("9.0.0", accel.KVM)
    assert [accel.remembered(PC, version) for version in ("9.0.0", "9.1.0")] == [accel.KVM, None]
    monkeypatch.setattr(accel, "NODE", Path("/dev/nowhere"))
    assert accel.remembered(PC, "9.0.0") == accel.TCG


def test_a_disk_for_another_processor_is_refused_before_anything_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(UsageError, match=r"machine\.type: q35 is x86_64, this is riscv64"):
        build.build(PC, pytest.fail)


def test_an_arm_machine_has_virtio_and_its_root_in_memory() -> None:
    words = " ".join(command(replace(PARTS, recipe=load("virt"), disk=None), 1))
    assert "-machine virt -accel tcg,thread=multi -cpu cortex-a72" in words
    assert "virtio-net-pci,netdev=net" in words
    assert "rdinit=/init console=ttyAMA0,115200" in words
    assert not [word for word in ("-dtb", "-drive", "fw_cfg") if word in words]


def test_a_foreign_board_gets_what_it_makes_its_probe_image_of() -> None:
    other = "aarch64" if platform.machine() == "x86_64" else "x86_64"
    made = probe_image.files(other)
    names = {path.removeprefix(f"{probe_image.FOLDER}/") for path in made}
    assert {
        "pack.py",
        "image.json",
        "hwaccess/engine/pack.py",
        "probes/agent.py",
        "libraries/smbus2/__init__.py",
    } <= names
    assert [
        name
        for name in names
        if name.startswith("libraries/gpiozero-") and name.endswith("/METADATA")
    ]
    assert not [name for name in names if name.endswith((".pyc", ".so"))]
    wanted = json.loads(made[f"{probe_image.FOLDER}/image.json"])
    assert wanted["tag"].endswith(f"-{other}")
    assert wanted["changes"][1] == f"LABEL {owner.RUNTIME}={wanted['tag']}"


def test_a_board_of_the_same_processor_gets_the_runtime_itself() -> None:
    made = probe_image.files(platform.machine())
    with tarfile.open(fileobj=io.BytesIO(made[f"{probe_image.FOLDER}/runtime.tar"])) as tar:
        assert ".hwaccess/probes/agent.py" in tar.getnames()


CARRY = """
import os, select, sys, threading
sys.path.insert(0, {folder!r})
import keeper
carrier = keeper.Carrier()
serial, network = keeper.LINE
total = 3 * keeper.PENDING
threading.Thread(target=lambda: [os.write(serial, bytes(4096)) for _ in range(total // 4096)], daemon=True).start()
os.write(network, b"back")
came = 0
while came < total:
    readable, writable, _ = select.select([network, *carrier.readers()], carrier.writers(), [], 20)
    assert readable or writable, "it stands still"
    carrier.carry(readable, writable)
    if network in readable:
        came += len(os.read(network, 65536))
print(came == total, os.read(serial, 9))
os.close(serial)
carrier.carry(carrier.readers()[:1], [])
print(len(carrier.readers()))
"""


def test_the_keeper_carries_bytes_both_ways_and_lets_a_fast_end_wait() -> None:
    code = CARRY.format(folder=str(Path(keeper.__file__).parent))
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "True b'back'\n1\n", done.stderr


def test_frames_are_told_from_the_rest_of_one_that_was_cut_off() -> None:
    source, tap = os.pipe()
    frames = [line.ADDRESS + b"the first", line.ANYBODY + b"the second"]
    sent = [len(frame).to_bytes(4, "big") + frame for frame in frames]
    received = bytearray(b"rest of a frame" + sent[0] + sent[1][:7])
    line.deliver(tap, received)
    assert (os.read(source, 99), bytes(received)) == (frames[0], sent[1][:7])
    received += sent[1][7:]
    line.deliver(tap, received)
    assert (os.read(source, 99), bytes(received)) == (frames[1], b"")
    os.close(source)
    os.close(tap)


@pytest.mark.board("rpi3b")  # it takes the programs dtc and fdtput
def test_a_device_tree_is_changed_and_a_node_that_is_not_there_is_told(tmp_path: Path) -> None:
    source = "/dts-v1/; / { system { }; soc { chip { }; }; };"
    kernels, path = tmp_path / "kernels.dtb", tmp_path / "board.dtb"
    subprocess.run(
        ["dtc", "-q", "-O", "dtb", "-o", str(kernels)], input=source, text=True, check=True
    )
    device_tree.make(
        path, kernels, Tree("x.dtb", ("/soc/chip",), (("/system", "linux,revision", 0xA02082),))
    )
    text = subprocess.run(
        ["dtc", "-q", "-O", "dts", str(path)], capture_output=True, text=True, check=True
    ).stdout
    assert "linux,revision = <0xa02082>" in text
    assert "chip" not in text
    with pytest.raises(EngineError, match="/soc/radio"):
        device_tree.make(path, kernels, Tree("x.dtb", ("/soc/radio",)))


@pytest.mark.board("pc")  # it takes the program openssl
def test_certificates_are_for_their_side_and_their_authority_is_gone(tmp_path: Path) -> None:
    made = tmp_path / "tls"
    tls.make(made)
    assert {path.name for path in made.iterdir()} == {
        "ca.pem",
        "server.pem",
        "server.key",
        "client.pem",
        "client.key",
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in made.iterdir())
    tls.for_client(tmp_path / "client", made)
    assert {path.name for path in (tmp_path / "client").iterdir()} == {
        "ca.pem",
        "cert.pem",
        "key.pem",
    }
