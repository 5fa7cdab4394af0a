"""The probe image that a board makes itself: what comes with its files for that."""

from __future__ import annotations

import io
import json
import platform
import tarfile

from hwaccess.boards.qemu.build import probe_image
from hwaccess.engine import owner


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
