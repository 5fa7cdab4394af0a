"""Firmware: what the container sees of the board's files, and what the kernel itself finds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.access.firmware import rules
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Grant, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "firmware"
SUMMARY: Final = "firmware files: the container's view of them and the kernel's"
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = ("firmware.py",)
PARAMS: Final[Mapping[str, object]] = {}
IMPLIES_DENY: Final = (
    False  # an image may bring firmware of its own, and that says nothing about a grant
)
ON_BOARD: Final = "/lib/firmware"
FOLDER: Final = "/lib/firmware"
EXTRA_FOLDER: Final = "/extra-firmware"
SUFFIXES: Final = ("", ".xz", ".zst")


def grants_of(service: Service, folder: str) -> tuple[Grant, ...]:
    """The mounts that put something at the folder."""
    return tuple(
        mount for mount in service.mounts if mount.target.rstrip("/").removeprefix("/usr") == folder
    )


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """A mount at /lib/firmware (the label firmware makes one) and one at /extra-firmware."""
    del board
    for folder, target in ((FOLDER, ""), (EXTRA_FOLDER, EXTRA_FOLDER)):
        grants = grants_of(service, folder)
        if grants:
            yield Want(target, Risk.LOOK, grants=grants)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """The folder, or one file by the name that its driver asks for."""
    del board
    target = expectation.target
    if target.startswith(FOLDER + "/"):
        target = target.removeprefix(FOLDER + "/")
    yield Want("" if target == FOLDER else target, Risk.LOOK, grants=grants_of(service, FOLDER))


def host_paths(target: str) -> tuple[str, ...]:
    """The board's paths that tell whether the kernel finds the file.

    `BoardFacts.paths` should be asked for them.
    """
    if not target or target.startswith("/"):
        return (FOLDER,)
    return tuple(
        f"{folder}/{target}{end}" for folder in (FOLDER, FOLDER + "/updates") for end in SUFFIXES
    )


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess.access.firmware.judging import judge as work  # noqa: PLC0415 -- a plan needs none of it

    return work(case)
