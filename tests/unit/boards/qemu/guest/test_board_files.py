"""The files that make one board of a root image."""

from __future__ import annotations

import io
import json
import tarfile
from dataclasses import replace

from hwaccess.boards.qemu.guest import board_files
from hwaccess.boards.qemu.recipe.loading import load

PC = load("pc")


def test_files_say_what_the_recipe_says() -> None:
    made = board_files.board_files(replace(PC, options=(("dummy", "numdummies=2"),)))
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
        json.loads(board_files.board_files(load("pc-userns"))["/etc/docker/daemon.json"])[
            "userns-remap"
        ]
        == "default"
    )


def test_the_archive_keeps_keys_from_others_and_is_the_same_for_the_same_files() -> None:
    texts = {
        "/etc/docker/tls/server.key": "secret",
        "/usr/lib/hwaccess/init": "#!/bin/sh",
        "/etc/motd": "hi",
    }
    data = board_files.archive(texts)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert {entry.name: entry.mode for entry in tar} == {
            "etc/docker/tls/server.key": 0o600, "usr/lib/hwaccess/init": 0o755, "etc/motd": 0o644,
        }  # fmt: skip
    assert board_files.archive(dict(reversed(texts.items()))) == data
