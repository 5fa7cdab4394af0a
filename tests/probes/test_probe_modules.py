"""The module probe on trees made for it, and files that no kernel takes, under every Python."""

from __future__ import annotations

import gzip
import json
import lzma
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import agents
import pytest
from probe_modules import PREFIX, START

from hwaccess.agent import files as probe_files

if TYPE_CHECKING:
    from pathlib import Path

EVERY_PYTHON = pytest.mark.parametrize("python", agents.pythons())
GATE = (
    "EPERM",
    "EBADF",
    "ENOSYS",
)  # not allowed, allowed, no modules: what this machine says depends on it
ELF = b"\x7fELF and nothing that a kernel would take"


def evaluate(python: str, code: str, *values: object) -> Any:
    """The value of an expression over the probes' modules, in a process isolated like the agent."""
    names = ("calls", "kernel_modules", "module_load")
    imports = "".join(
        f"{name} = importlib.import_module({PREFIX + '.' + name!r});" for name in names
    )
    values_and_record = (
        "import json; values = json.loads(sys.argv[2]);"
        "record = calls.Record('disrupt', lambda text: None);"
    )
    code = f"{START} {imports} {values_and_record} print(json.dumps({code}))"
    command = [python, "-I", "-S", "-c", code, str(probe_files.folder()), json.dumps(values)]
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A module tree with a plain and two packed modules, a built-in one and an alias."""
    files = {
        "kernel/i2c/i2c-dev.ko": ELF,
        "kernel/i2c/i2c-core.ko.xz": lzma.compress(ELF),
        "kernel/usb/cp210x.ko.gz": gzip.compress(ELF),
        "kernel/usb/odd.ko.zst": b"\x28\xb5\x2f\xfd\x00",
        "modules.dep": b"kernel/i2c/i2c-dev.ko: kernel/i2c/i2c-core.ko.xz\n"
        b"kernel/i2c/i2c-core.ko.xz:\n"
        b"kernel/usb/cp210x.ko.gz:\nkernel/usb/odd.ko.zst:\nkernel/usb/gone.ko:\n",
        "modules.builtin": b"kernel/drivers/gpio/gpio-core.ko\n",
        "modules.alias": b"# Aliases\nalias char-major-89-* i2c_dev\nalias usb:v10C4p* cp210x\n",
    }
    for name, data in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path


@EVERY_PYTHON
def test_a_look_loads_nothing(python: str) -> None:
    look = {"probe": "kernel-modules", "risk": "look", "target": "no-such-module"}
    (result,) = agents.ask(python, look)["results"]
    assert result["status"] == "done", result["message"]
    facts = result["facts"]
    assert facts["release"] == os.uname().release
    assert facts["module"]["name"] == "no_such_module"
    assert (facts["module"]["loaded"], facts["module"]["file"]) == (False, "")
    (gate,) = result["calls"]
    assert (gate["call"], gate["args"]) == ("finit_module", '-1, "", 0')
    assert gate["errno"] in GATE


def test_asking_to_load_is_not_enough_without_the_risk() -> None:
    for risk, count in (
        ("write", 1),
        ("disrupt", 1),
    ):  # no file of that name, so nothing is tried either way
        probe = {
            "probe": "kernel-modules",
            "risk": risk,
            "target": "no-such-module",
            "params": {"load": True},
        }
        (result,) = agents.ask(sys.executable, probe)["results"]
        assert len(result["calls"]) == count
        assert "came_in" not in result["facts"]


@EVERY_PYTHON
def test_a_module_is_found_by_name_and_by_alias(python: str, tree: Path) -> None:
    expected: dict[str, dict[str, Any]] = {
        "i2c-dev": {"name": "i2c_dev", "file": "kernel/i2c/i2c-dev.ko", "compression": "none"},
        "i2c_core": {"file": "kernel/i2c/i2c-core.ko.xz", "compression": "xz", "needs": []},
        "cp210x": {"file": "kernel/usb/cp210x.ko.gz", "compression": "gz"},
        "odd": {"compression": "zst"},
        "gone": {"file": "kernel/usb/gone.ko", "compression": ""},
        "gpio-core": {"built_in": True, "file": ""},
        "char-major-89-0": {"name": "i2c_dev", "file": "kernel/i2c/i2c-dev.ko"},
        "unknown": {"name": "unknown", "file": "", "built_in": False, "in_sysfs": False},
    }
    code = "[kernel_modules.module_facts(values[0], name) for name in values[1]]"
    found = dict(zip(expected, evaluate(python, code, str(tree), list(expected)), strict=True))
    assert {
        name: {key: found[name][key] for key in facts} for name, facts in expected.items()
    } == expected


@EVERY_PYTHON
def test_what_a_module_needs_is_loaded_first_and_a_failure_ends_it(python: str, tree: Path) -> None:
    code = (
        "[module_load.load_and_unload(record, values[0], kernel_modules.module_facts(*values), ''),"
        " record.calls, record.facts]"
    )
    _, calls, facts = evaluate(python, code, str(tree), "i2c-dev")
    loads = [call for call in calls if call["call"] in ("init_module", "finit_module")]
    assert len(loads) == 1
    assert "i2c-core.ko.xz" in loads[0]["args"]
    assert loads[0]["errno"] in ("EPERM", "ENOSYS", "ENOEXEC")
    assert facts == {"came_in": [], "left": []}


@EVERY_PYTHON
def test_a_file_is_unpacked_here_or_by_the_kernel(python: str, tree: Path) -> None:
    """An interpreter may be built without lzma or zlib; then the kernel is asked to unpack."""
    expected = {
        "kernel/i2c/i2c-dev.ko": ("finit_module", 'i2c-dev.ko", "", 0'),
        "kernel/i2c/i2c-core.ko.xz": unpacked("lzma", python),
        "kernel/usb/cp210x.ko.gz": unpacked("zlib", python),
        "kernel/usb/odd.ko.zst": ("finit_module", 'odd.ko.zst", "", 4'),
    }
    code = (
        "[[module_load.load_file(record, values[0] + '/' + name), record.calls[-1]] "
        "for name in values[1]]"
    )
    for (name, words), (loaded, call) in zip(
        expected.items(), evaluate(python, code, str(tree), list(expected)), strict=True
    ):
        assert not loaded, name
        assert call["call"] == words[0], name
        assert call["args"].endswith(words[1]), name
        assert call["errno"] in ("EPERM", "ENOSYS", "ENOEXEC", "EINVAL", "EOPNOTSUPP"), name


def unpacked(module: str, python: str) -> tuple[str, str]:
    """How an interpreter with or without the unpacking module loads a packed module."""
    return (
        ("init_module", f'unpacked, {len(ELF)}, ""')
        if has(python, module)
        else ("finit_module", '", "", 4')
    )


def has(python: str, module: str) -> bool:
    """Whether that interpreter was built with the module."""
    return (
        subprocess.run(
            [python, "-c", f"import {module}"], capture_output=True, check=False
        ).returncode
        == 0
    )


@pytest.mark.parametrize(
    ("machine", "pointer", "number"),
    [
        ("x86_64", 8, 313),
        ("x86_64", 4, 350),
        ("i686", 4, 350),
        ("aarch64", 8, 273),
        ("aarch64", 4, 379),
        ("armv7l", 4, 379),
        ("riscv64", 8, 273),
        ("alpha", 8, None),
    ],
)
def test_the_call_has_its_processors_number(machine: str, pointer: int, number: int | None) -> None:
    assert (
        evaluate(sys.executable, "kernel_modules.finit_module_number(*values)", machine, pointer)
        == number
    )


def test_the_images_modprobe_is_asked_last(tree: Path) -> None:
    """Loading is tried only where it gets as far as the file: with the right, and with modules."""
    code = (
        "[module_load.load_and_unload(record, values[0], "
        "kernel_modules.module_facts(*values), '/bin/echo'),"
        " record.calls[-1]['errno'], record.libraries]"
    )
    _, errno, said = evaluate(sys.executable, code, str(tree), "odd")
    asked = errno in ("EOPNOTSUPP", "EINVAL", "ENOEXEC")
    assert [item["call"] for item in said] == (["modprobe odd"] if asked else [])
    assert evaluate(sys.executable, "module_load.modprobe_it('/bin/echo', 'odd')") == "odd"
    assert evaluate(sys.executable, "module_load.modprobe_it('/bin/true', 'odd')") == "loaded"


@EVERY_PYTHON
def test_a_program_of_the_image_is_asked_for_its_version(python: str) -> None:
    path = evaluate(python, "kernel_modules.find_program('sh')")
    assert path.endswith("/sh")
    said = evaluate(
        python, "kernel_modules.output_of(values[0], '-c', 'echo one; echo two >&2')", path
    )
    assert said == "one two"
    assert evaluate(python, "kernel_modules.find_program('no-such-program')") == ""


def test_a_program_that_fails_is_told_with_its_own_words() -> None:
    call = "lambda: kernel_modules.output_of('/bin/sh', '-c', values[0])"
    code = f"[record.library('kmod', 'modprobe', {call}), record.libraries]"
    worked, (said,) = evaluate(sys.executable, code, "echo broken; exit 3")
    assert not worked
    assert said["text"] == "OSError: broken"
