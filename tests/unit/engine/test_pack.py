"""Packing the interpreter, and noticing when its content changes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from hwaccess.agent import files as probe_files
from hwaccess.engine import board_build, digest, elf, inside, pack

BINARY = Path(sys.executable).resolve()


def test_a_program_names_its_loader_and_a_text_names_none() -> None:
    assert Path(elf.loader_of(BINARY.read_bytes())).exists()
    assert elf.loader_of(Path(__file__).read_bytes()) == ""


def test_a_program_without_its_sections_still_runs(tmp_path: Path) -> None:
    copy = tmp_path / "python"
    data = BINARY.read_bytes()
    copy.write_bytes(elf.without_symbols(data))
    copy.chmod(0o755)
    libraries = {
        str(Path(path).parent)
        for path in elf.shared_objects(elf.loader_of(data), [BINARY]).values()
    }
    environment = {"PYTHONHOME": sys.base_prefix, "LD_LIBRARY_PATH": ":".join(sorted(libraries))}

    done = subprocess.run(
        [copy, "-c", "print(6 * 7)"], capture_output=True, env=environment, check=False
    )

    assert done.stdout == b"42\n", done.stderr
    assert copy.stat().st_size <= len(data)


def test_what_is_no_program_stays_as_it_is() -> None:
    assert elf.without_symbols(b"text") == b"text"


def test_every_probe_travels_with_its_source_and_its_byte_code() -> None:
    names = {item.name for item in pack.collect().items}
    probes = {path.name for path in probe_files.files()}

    assert {
        name.removeprefix("probes/")
        for name in names
        if name.startswith("probes/") and name.endswith(".py")
    } == probes
    assert len([name for name in names if name.startswith("probes/__pycache__/")]) == len(probes)
    assert {"lib/loader", "bin/python3", "libraries/gpiozero/__init__.pyc"} <= names
    assert any(name.startswith("libraries/smbus2") for name in names)


def test_what_a_board_gets_to_build_from_can_pack_by_itself(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(board_build.context())) as tar:
        tar.extractall(tmp_path, filter="data")
    command = [sys.executable, "-m", "hwaccess.engine.pack", "runtime.tar"]

    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": ""}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    with tarfile.open(tmp_path / "runtime.tar") as tar:
        assert {".hwaccess/probes/agent.py", ".hwaccess/lib/loader"} <= set(tar.getnames())
    words = ", ".join(f'"{word}"' for word in inside.ENTRYPOINT)
    assert words in (tmp_path / "Dockerfile").read_text()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "hwaccess"


def test_the_hash_is_remembered_until_an_input_changes(cache: Path, tmp_path: Path) -> None:
    source = tmp_path / "probes" / "probe.py"
    source.parent.mkdir()
    source.write_text("1")
    runtime = pack.Runtime((pack.Item("probes/probe.py", source),), ())
    first = digest.content_hash(runtime)
    digest.remember(runtime, first)

    assert digest.remembered() == first
    source.write_text("22")
    assert digest.remembered() == ""
    assert digest.content_hash(runtime) != first
    assert [path.suffix for path in cache.iterdir()] == [".json"]


def test_a_new_file_beside_an_input_is_noticed(cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "probes"
    folder.mkdir()
    (folder / "a.py").write_text("1")
    os.utime(folder, (1, 1))
    digest.remember(pack.Runtime((pack.Item("a", folder / "a.py"),), ()), "h")

    assert digest.remembered() == "h"
    (folder / "b.py").write_text("1")
    assert digest.remembered() == ""
    assert cache.is_dir()


def test_a_cache_that_is_broken_or_cannot_be_written_is_done_without(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = digest.runtime_hash()
    next(cache.glob("*.json")).write_text("{")
    assert digest.runtime_hash() == known

    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    assert digest.runtime_hash() == known
