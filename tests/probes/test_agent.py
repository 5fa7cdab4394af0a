"""The agent itself, under every Python found: it answers whatever a probe does."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import agents
import pytest

from hwaccess.agent import files as probe_files
from hwaccess.agent.answer import decode
from hwaccess.errors import ProbeError

if TYPE_CHECKING:
    from pathlib import Path

SIZE_LIMIT = 100 * 1024
EVERY_PYTHON = pytest.mark.parametrize("python", agents.pythons())


@EVERY_PYTHON
def test_it_answers_with_its_confinement(python: str) -> None:
    done = agents.run(python, agents.request({"probe": "confinement"}))
    answer = decode(done.stdout, "n")
    assert answer.confinement.kernel
    assert answer.observation("app::confinement").status == "done"


@EVERY_PYTHON
def test_what_a_probe_prints_never_reaches_the_answer(python: str, tmp_path: Path) -> None:
    noisy = (
        "import os\ndef probe(record, target, params):\n"
        "    print('garbage')\n    os.write(1, b'more')\n"
    )
    folder = agents.probes_with(tmp_path, noisy=noisy)
    done = agents.run(python, agents.request({"probe": "noisy"}), folder)
    assert decode(done.stdout, "n").observation("app::noisy").status == "done"
    assert b"more" in done.stderr


@EVERY_PYTHON
def test_a_probe_that_raises_is_told_with_its_line(python: str, tmp_path: Path) -> None:
    folder = agents.probes_with(tmp_path, broken="def probe(record, target, params):\n    1 / 0\n")
    answer = agents.ask(python, {"probe": "broken"}, {"probe": "confinement"}, folder=folder)
    first, second = answer["results"]
    assert first["status"] == "crashed"
    assert "broken.py" in first["message"]
    assert "ZeroDivisionError" in first["message"]
    assert second["status"] == "done"


def test_a_probe_that_hangs_is_told_with_its_call_and_does_not_stop_the_others(
    tmp_path: Path,
) -> None:
    hangs = (
        "import time\ndef probe(record, target, params):\n"
        "    record.call('ioctl', 'HANG', lambda: time.sleep(60))\n"
    )
    folder = agents.probes_with(tmp_path, hangs=hangs)
    answer = agents.ask(
        sys.executable, {"probe": "hangs"}, {"probe": "confinement"}, folder=folder, seconds=0.3
    )
    first, second = answer["results"]
    assert first["status"] == "timeout"
    assert "ioctl(HANG)" in first["message"]
    assert second["status"] == "done"


def test_a_probe_that_dies_is_told_with_its_signal(tmp_path: Path) -> None:
    dies = (
        "import os\ndef probe(record, target, params):\n"
        "    record.call('kill', '', lambda: os.kill(os.getpid(), 11))\n"
    )
    folder = agents.probes_with(tmp_path, dies=dies)
    (result,) = agents.ask(sys.executable, {"probe": "dies"}, folder=folder)["results"]
    assert result["status"] == "crashed"
    assert "signal 11 in kill()" in result["message"]


def test_a_probe_that_says_too_much_is_cut(tmp_path: Path) -> None:
    long = "def probe(record, target, params):\n    record.facts['x'] = 'y' * (3 << 20)\n"
    folder = agents.probes_with(tmp_path, long=long)
    (result,) = agents.ask(sys.executable, {"probe": "long"}, folder=folder)["results"]
    assert result["status"] == "crashed"


def test_a_request_can_come_by_standard_input() -> None:
    done = agents.run(sys.executable, "-", input=agents.request({"probe": "confinement"}).encode())
    assert decode(done.stdout, "n").observations


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"], ids=["empty", "cut", "list", "no probes"])
def test_a_bad_request_is_no_answer(text: str) -> None:
    done = agents.run(sys.executable, text)
    assert done.returncode != 0
    assert done.stdout == b""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "without an answer"),
        (b" \n", "without an answer"),
        (b"Segmentation fault\n", "not JSON"),
        (b"[1]", "no JSON object"),
        (b'{"v": 1, "nonce": "other"}', "not from our agent"),
        (b'{"v": 2, "nonce": "n"}', "not from our agent"),
        (b'{"v": 1, "nonce": "n"}', "does not say"),
        (b'{"v": 1, "nonce": "n", "confinement": 3}', "which is not an object"),
        (b"x" * ((1 << 20) + 1), "longer than"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_whatever_else_comes_back_is_one_clear_error(data: bytes, words: str) -> None:
    with pytest.raises(ProbeError, match=words):
        decode(data, "n")


def test_an_answer_with_one_wrong_type_is_a_probe_error() -> None:
    good = agents.ask(sys.executable, {"probe": "confinement"})
    for key in good["confinement"]:
        bad = json.loads(json.dumps(good))
        bad["confinement"][key] = {"wrong": True} if key != "namespaces" else 7
        with pytest.raises(ProbeError):
            decode(json.dumps(bad).encode(), "n")


def test_every_probe_is_small_and_alone() -> None:
    for file in probe_files.files():
        text = file.source.read_text()
        assert len(text) < SIZE_LIMIT
        assert "import hwaccess" not in text
        assert "from hwaccess" not in text
