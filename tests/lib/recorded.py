"""Answers of the real agent, kept in tests/data/observations; each says how it was made."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cases

from hwaccess.agent.answer import build_answer
from hwaccess.model import Case, Check, Expect, ProbeIn
from hwaccess.typed_json import JsonObject
from hwaccess.words import Risk

if TYPE_CHECKING:
    from hwaccess.grants import Service

FOLDER = Path(__file__).parent.parent / "data" / "observations"
# The board that they were recorded on: no modules, no /dev/mem, no ports, no security module but
# seccomp.
BOARD = replace(
    cases.BOARD,
    kernel="6.18.44",
    arch="x86_64",
    cgroup=1,
    nodes=(),
    has_modules=False,
    security_options=("seccomp",),
    config=(("DEVMEM", "n"), ("MODULES", "n"), ("X86_IOPL_IOPERM", "n")),
    paths=(("/lib/firmware", "directory"),),
)


def case(
    name: str, access: str, target: str = "", *, of: Service | None = None, board: Any = BOARD
) -> Case:
    """The recorded container's case for one access."""
    document = json.loads((FOLDER / f"{name}.json").read_text())
    answer = build_answer(JsonObject(document, "the recorded agent"))
    check = Check("app", access, target, Expect.REACH, Risk.OPEN)
    observation = answer.observation(check.id)
    return Case(
        check, of or cases.service(), board, ProbeIn.PROBE_IMAGE, observation, answer.confinement
    )
