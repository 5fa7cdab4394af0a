"""Volumes, tmpfs and what other services' mounts bring, typed."""

from __future__ import annotations

import pytest
from typed import one, project, rules

from hwaccess.words import Severity


@pytest.mark.parametrize(
    ("item", "typed"),
    [
        ("/dev:/dev", ("bind", "/dev", "/dev", False, "", (), True)),
        ("/run/udev:/run/udev/:ro", ("bind", "/run/udev", "/run/udev", True, "", (), True)),
        ("./conf:/etc/app:z,ro", ("bind", "/srv/demo/conf", "/etc/app", True, "", ("z",), True)),
        ("../x:/x", ("bind", "/srv/x", "/x", False, "", (), True)),
        ("~/x:/x", ("bind", "/home/pi/x", "/x", False, "", (), True)),
        ("/mnt:/mnt:rshared", ("bind", "/mnt", "/mnt", False, "rshared", (), True)),
        ("data:/data", ("volume", "data", "/data", False, "", (), True)),
        ("data:/data:nocopy", ("volume", "data", "/data", False, "", ("nocopy",), True)),
        ("/var/lib/app", ("volume", "", "/var/lib/app", False, "", (), True)),
        (
            "{type: bind, source: /dev, target: /dev, read_only: true}",
            ("bind", "/dev", "/dev", True, "", (), False),
        ),
        (
            (
                "{type: bind, source: ., target: /x, "
                "bind: {create_host_path: true, propagation: rslave, selinux: Z}}"
            ),
            ("bind", "/srv/demo", "/x", False, "rslave", ("Z",), True),
        ),
        (
            "{type: volume, source: data, target: /d, volume: {nocopy: true, subpath: a}}",
            ("volume", "data", "/d", False, "", ("nocopy", "subpath=a"), False),
        ),
        (
            "{type: tmpfs, target: /t, tmpfs: {size: 64m, mode: 01777}}",
            ("tmpfs", "", "/t", False, "", ("size=64m", "mode=1777"), False),
        ),
        (
            "{type: image, source: debian, target: /i}",
            ("image", "debian", "/i", False, "", (), False),
        ),
    ],
)
def test_volumes(item: str, typed: tuple[object, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/pi")
    service, findings = one(f"volumes:\n  - {item}")
    (mount,) = service.mounts
    assert (
        mount.type,
        mount.source,
        mount.target,
        mount.read_only,
        mount.propagation,
        mount.options,
        mount.create_host_path,
    ) == typed
    assert findings == ()


@pytest.mark.parametrize("written", ["tmpfs: /run:size=64m,ro", "tmpfs: ['/run:size=64m,ro']"])
def test_tmpfs(written: str) -> None:
    (mount,) = one(written)[0].mounts
    assert (mount.type, mount.source, mount.target, mount.read_only) == ("tmpfs", "", "/run", True)
    assert mount.options == ("size=64m", "ro")


def test_named_volumes() -> None:
    loaded = project("""\
services: {}
volumes:
  plain:
  boot: {driver: local, driver_opts: {type: none, o: bind, device: /mnt/boot}}
  theirs: {external: true}
  named: {name: shared}
  old: {external: {name: before}}
""")
    assert [(volume.name, volume.real_name, volume.external) for volume in loaded.volumes] == [
        ("plain", "demo_plain", False),
        ("boot", "demo_boot", False),
        ("theirs", "theirs", True),
        ("named", "shared", False),
        ("old", "before", True),
    ]
    assert loaded.volumes[1].driver_opts == (
        ("type", "none"),
        ("o", "bind"),
        ("device", "/mnt/boot"),
    )


def test_volumes_from_takes_over_the_mounts_of_a_service() -> None:
    loaded = project("""\
services:
  app: {image: a, volumes_from: ["base:ro", "container:other"], volumes: ["/own:/data"]}
  base: {image: a, volumes_from: [lower], tmpfs: /run,
         volumes: ["/dev/gps:/dev/gps", "/theirs:/data"]}
  lower: {image: a, volumes_from: [base], volumes: ["/low:/low"]}
""")
    app, base, _ = loaded.services
    assert [(m.source, m.target, m.read_only, m.field) for m in app.mounts] == [
        ("/own", "/data", False, "volumes"),
        ("/dev/gps", "/dev/gps", True, "volumes_from"),
        ("/low", "/low", True, "volumes_from"),
    ]
    assert [m.target for m in base.mounts] == ["/dev/gps", "/data", "/run", "/low"]
    assert rules(loaded.findings) == [("HW029", Severity.NOTE)]


def test_the_api_socket_is_a_bind() -> None:
    (mount,) = one("use_api_socket: true")[0].mounts
    assert (mount.type, mount.source, mount.target) == (
        "bind",
        "/var/run/docker.sock",
        "/var/run/docker.sock",
    )
    assert list(one("use_api_socket: false")[0].mounts) == []
