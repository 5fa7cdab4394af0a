"""What a virtual board is put together from: files, QEMU's words, the cache, the programs needed."""

from __future__ import annotations

import io
import json
import os
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from hwaccess.boards.qemu import accel, build, files, needs, root, store, tls
from hwaccess.boards.qemu.machine import Parts, command, is_locked
from hwaccess.boards.qemu.recipe import I2cDevice, load
from hwaccess.errors import EngineError, UsageError

PC = load("pc")
HERE = Path("/x")
PARTS = Parts(PC, accel.TCG, HERE / "vmlinuz", HERE / "initrd", HERE / "a,b.tar", HERE / "disk.qcow2")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HWACCESS_CACHE", str(tmp_path))
    return tmp_path / "boards"


def test_files_say_what_the_recipe_says() -> None:
    made = files.board_files(replace(PC, options=(("dummy", "numdummies=2"),)))
    assert made["/etc/modprobe.d/hwaccess.conf"] == (
        "options dummy numdummies=2\noptions i2c-stub chip_addr=0x20,0x48,0x68\n"
    )
    assert made["/etc/udev/rules.d/60-hwaccess.rules"] == 'KERNEL=="i2c-[0-9]*", GROUP="i2c", MODE="0660"\n'
    assert made["/usr/lib/hwaccess/board"].startswith("NAME=pc\nCGROUP=2\n")
    assert made["/usr/lib/hwaccess/modules"].split()[:3] == ["i2c-dev", "i2c-i801", "i2c-stub"]
    daemon = json.loads(made["/etc/docker/daemon.json"])
    assert daemon["tlsverify"] is True
    assert "userns-remap" not in daemon
    assert json.loads(files.board_files(load("pc-userns"))["/etc/docker/daemon.json"])["userns-remap"] == "default"


def test_the_archive_keeps_keys_from_others_and_is_the_same_for_the_same_files() -> None:
    texts = {"/etc/docker/tls/server.key": "secret", "/usr/lib/hwaccess/init": "#!/bin/sh", "/etc/motd": "hi"}
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
    words = command(replace(PARTS, recipe=replace(PC, i2c=(*PC.i2c, sensor)), state=Path("/x/my ram")), 1)
    assert words[words.index("-device", words.index("-qmp")) + 1] == "tmp105,bus=i2c-bus.1,address=0x48"
    assert words[-2:] == ["-incoming", "exec:cat '/x/my ram'"]


def test_the_kernel_is_told_its_security_modules_and_ends_when_it_panics() -> None:
    def arguments(name: str) -> list[str]:
        words = command(replace(PARTS, recipe=load(name)), 1)
        return words[words.index("-append") + 1].split()

    assert {"lsm=lockdown,yama,landlock", "panic=-1"} <= {*arguments("pc")}
    assert "lsm=lockdown,yama,landlock,apparmor" in arguments("pc-apparmor")


def test_variants_share_the_root_image_and_nothing_else(cache: Path) -> None:
    names = ("pc", "pc-cgroup1", "pc-apparmor", "pc-userns")
    assert len({root.root_folder(load(name)) for name in names}) == 1
    assert root.root_folder(PC) != root.root_folder(replace(PC, root=replace(PC.root, packages=("dbus",))))
    assert len({build.board_folder(load(name), accel.TCG, "7.2.0") for name in names}) == 4
    assert build.board_folder(PC, accel.TCG, "7.2.0") != build.board_folder(PC, accel.KVM, "7.2.0")
    assert cache.stat().st_mode & 0o777 == 0o700


def test_what_fails_half_way_leaves_nothing_and_what_died_half_way_is_taken_away(cache: Path) -> None:
    path = cache / "thing"
    with pytest.raises(ZeroDivisionError), store.making(path, 1):
        _ = 1 / 0
    assert [entry.name for entry in cache.iterdir()] == ["thing.lock"]

    (cache / "thing.part-old").mkdir()
    with store.making(path, 1) as part:
        assert part
        (part / "file").write_text("1")
    assert sorted(entry.name for entry in cache.iterdir()) == ["thing", "thing.lock"]

    with store.making(path, 1) as part:
        assert part is None
    with store.making(path, 1, again=True) as part:
        assert part
    assert not (path / "file").exists()


def test_what_nothing_needs_any_more_is_taken_away(cache: Path) -> None:
    store.folder()
    for name, facts in {
        "board-pc-0000000000aa": {"root": "root-0000000000aa"},
        "board-pc-0000000000bb": {"root": "root-0000000000bb"},
        "board-pc-cgroup1-0000000000cc": {"root": "root-0000000000cc"},
    }.items():
        (cache / name).mkdir()
        store.write_json(cache / name / build.FACTS, facts)
        (cache / facts["root"]).mkdir()
    built = build.Built(PC, cache / "board-pc-0000000000bb", accel.TCG)
    old = build.outdated(built)
    assert sorted(path.name for path in old) == ["board-pc-0000000000aa", "root-0000000000aa"]
    with store.using(old[0]):
        assert not store.remove_unused(old[0])
    assert store.remove_unused(old[0])
    assert not old[0].exists()


def test_too_small_a_disk_is_told_before_it_is_full(cache: Path) -> None:
    with pytest.raises(EngineError, match="MiB free, and this takes 1000000000 MiB"), store.making(cache / "x", 10**9):
        pytest.fail("it began")


def test_a_cache_that_cannot_be_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HWACCESS_CACHE", "/proc/nowhere")
    with pytest.raises(UsageError, match="cannot be used as cache"):
        store.folder()


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("QEMU emulator version 5.2.0 (Debian 1:5.2)", "is 5.2.0, and boards need 6.2 or newer"),
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


def test_what_a_trial_showed_is_remembered_for_this_kernel_and_qemu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accel, "NODE", Path("/dev/null"))
    assert accel.remembered("9.0.0") is None
    accel.remember("9.0.0", accel.KVM)
    assert [accel.remembered(version) for version in ("9.0.0", "9.1.0")] == [accel.KVM, None]
    monkeypatch.setattr(accel, "NODE", Path("/dev/nowhere"))
    assert accel.remembered("9.0.0") == accel.TCG


def test_a_board_of_another_architecture_is_refused_before_anything_is_done() -> None:
    other = replace(PC, machine=replace(PC.machine, arch="riscv64"))
    with pytest.raises(UsageError, match=r"machine\.arch: riscv64 is not this machine's"):
        build.build(other, pytest.fail)


def test_missing_packages_are_listed() -> None:
    def find(program: str) -> bool:
        return program not in ("mmdebstrap", "newuidmap")

    assert needs.missing(PC, find, root=True) == ("mmdebstrap",)
    assert needs.missing(PC, find, root=False) == ("mmdebstrap", "uidmap")
    assert needs.missing(PC, lambda _: False, root=True)[0] == "qemu-system-x86"


def test_a_lock_is_seen_from_outside(tmp_path: Path) -> None:
    import fcntl  # noqa: PLC0415 -- this test alone

    path = tmp_path / "lock"
    assert not is_locked(path)
    with path.open("w") as held:
        assert not is_locked(path)
        fcntl.flock(held, fcntl.LOCK_EX)
        assert is_locked(path)


@pytest.mark.board  # it takes the program openssl
def test_certificates_are_for_their_side_and_their_authority_is_gone(tmp_path: Path) -> None:
    made = tmp_path / "tls"
    tls.make(made)
    assert {path.name for path in made.iterdir()} == {"ca.pem", "server.pem", "server.key", "client.pem", "client.key"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in made.iterdir())
    tls.for_client(tmp_path / "client", made)
    assert {path.name for path in (tmp_path / "client").iterdir()} == {"ca.pem", "cert.pem", "key.pem"}
