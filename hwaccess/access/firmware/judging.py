"""Judging the access `firmware`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.agent.answer import build_mount
from hwaccess.diagnose.ladder import observation_of
from hwaccess.diagnose.path_lookup import mount_folder
from hwaccess.diagnose.verdicts import board_remedy, compose_remedy, reached, stopped
from hwaccess.model import Change, Outcome

if TYPE_CHECKING:
    from hwaccess.grants import Service
    from hwaccess.model import Case, Verdict
    from hwaccess.typed_json import JsonObject
from hwaccess.access.firmware import EXTRA_FOLDER, FOLDER, NAME, grants_of, host_paths
from hwaccess.access.firmware.rules import (
    COMPRESSED,
    NO_FOLDER,
    NOT_MOUNTED,
    NOT_SEARCHED,
    NOWHERE,
    ONLY_IN_IMAGE,
)


def judge(case: Case) -> Verdict:
    """The folder, the extra folder, or one file."""
    facts = observation_of(case).facts
    target = case.check.target
    if target == EXTRA_FOLDER:
        return judge_extra(case, facts)
    return (
        judge_file(case, facts)
        if target and not target.startswith("/")
        else judge_folder(case, facts)
    )


def folder_evidence(facts: JsonObject) -> tuple[str, ...]:
    """The folder as the container sees it."""
    folder = facts.table("folder")
    mount = build_mount(folder.table("mount"))
    path, errno = folder.text("path"), folder.text("errno", "")
    on = (
        f"on the mount {mount.point} ({mount.fstype}, {mount.options[0]})"
        if mount and mount.options
        else ""
    )
    told = (
        f'listdir("{path}") = {errno}'
        if errno
        else f"{path}: {folder.number('entries')} entries, {on}"
    )
    return (told, f"kernel: firmware_class.path = {facts.text('kernel_path', '') or 'not set'}")


def is_mounted(facts: JsonObject) -> bool:
    """Whether the folder is a mount of its own, so not the image's."""
    mount = build_mount(facts.table("folder").table("mount"))
    return mount is not None and mount.own


def judge_folder(case: Case, facts: JsonObject) -> Verdict:
    """Whether the board's folder is in the container."""
    evidence = folder_evidence(facts)
    if is_mounted(facts):
        return reached("the board's firmware folder is in the container", None, *evidence)
    if case.board.path_kind(FOLDER) == "absent":
        told = (*evidence, f"the board has no {FOLDER}")
        remedy = board_remedy("install the board's firmware package, or drop the grant")
        return stopped(NO_FOLDER, f"the board has no {FOLDER}", told, remedy=remedy)
    summary = f"the board's {FOLDER} is not mounted in the container"
    return stopped(NOT_MOUNTED, summary, evidence, remedy=mount_folder(case, FOLDER, NAME))


def judge_extra(case: Case, facts: JsonObject) -> Verdict:
    """Whether the volume is there, and whether the kernel looks into it."""
    evidence = folder_evidence(facts)
    if not is_mounted(facts):
        label = 'io.balena.features.extra-firmware: "1"'
        remedy = compose_remedy(f"ask for it by its label: {label}", Change("add", "labels", label))
        return stopped(
            NOT_MOUNTED, f"{EXTRA_FOLDER} is not mounted in the container", evidence, remedy=remedy
        )
    path = facts.text("kernel_path", "") or case.board.firmware_path
    if "extra-firmware" not in path:
        remedy = board_remedy(
            "use balenaOS 6.10.7 or later, or set firmware_class.path on the board's command line"
        )
        return stopped(
            NOT_SEARCHED, f"the kernel does not search {EXTRA_FOLDER}", evidence, remedy=remedy
        )
    return reached(f"{EXTRA_FOLDER} is there, and the kernel searches it", None, *evidence)


def kernel_finds(case: Case, facts: JsonObject) -> tuple[str, ...] | None:
    """The board's files that the kernel finds for the target; None when the board was not asked."""
    if is_mounted(facts) and grants_same_folder(case.service):
        return tuple(
            file.text("path")
            for file in facts.tables("files")
            if file.text("path").startswith(FOLDER)
        )
    asked = {path: case.board.path_kind(path) for path in host_paths(case.check.target)}
    if all(kind is None for kind in asked.values()):
        return None
    return tuple(path for path, kind in asked.items() if kind == "file")


def grants_same_folder(service: Service) -> bool:
    """Whether a bind puts the board's own folder at the same place.

    Then both sides see the same files.
    """
    return any(
        mount.type == "bind" and mount.source.rstrip("/").removeprefix("/usr") == FOLDER
        for mount in service.mounts
        if mount in grants_of(service, FOLDER)
    )


def judge_file(case: Case, facts: JsonObject) -> Verdict:
    """One file: seen by the container, found by the kernel, both or neither."""
    name = case.check.target
    inside = tuple(file.text("path") for file in facts.tables("files"))
    outside = kernel_finds(case, facts)
    evidence = (
        *folder_evidence(facts),
        f"container: {', '.join(inside) or f'no {name}'}",
        f"board: {'not asked' if outside is None else ', '.join(outside) or f'no {name}'}",
    )
    if not outside:
        return judge_missing(case, evidence, inside=bool(inside), asked=outside is not None)
    plain = any(path.endswith(name) for path in outside)
    if not plain and case.board.config_value("FW_LOADER_COMPRESS") == "n":
        remedy = board_remedy(
            f"unpack it on the board: sudo unxz --keep {outside[0]} (or: zstd -d)"
        )
        return stopped(
            COMPRESSED,
            f"{outside[0]} is compressed, and the kernel cannot unpack it",
            evidence,
            remedy=remedy,
        )
    if not inside:
        summary = f"the kernel finds {name}, the container does not see it"
        return stopped(NOT_MOUNTED, summary, evidence, remedy=mount_folder(case, FOLDER, NAME))
    return reached(f"{name} is seen by the container and found by the kernel", None, *evidence)


def judge_missing(case: Case, evidence: tuple[str, ...], *, inside: bool, asked: bool) -> Verdict:
    """The kernel does not find it, or nobody could ask the board."""
    name, extra = case.check.target, case.board.firmware_path
    also = (f"the board has it in {extra}",) if extra else ()
    if inside and not asked:
        summary = f"the container has {name}; whether the board has it could not be asked"
        also = ("the board has it as well",)
        return stopped(
            ONLY_IN_IMAGE, summary, evidence, also_possible=also, outcome=Outcome.UNKNOWN
        )
    if inside:
        remedy = board_remedy(f"put it on the board: sudo install -D FILE {FOLDER}/{name}")
        summary = f"{name} is in the container only: the kernel never looks there"
        outcome = Outcome.BLOCKED
        return stopped(
            ONLY_IN_IMAGE, summary, evidence, remedy=remedy, also_possible=also, outcome=outcome
        )
    if not asked:
        summary = f"{name} is not in the container; whether the board has it could not be asked"
        return stopped(NOWHERE, summary, evidence, also_possible=("the board has it",))
    remedy = board_remedy(
        "see the name that the driver wants, and install its package: dmesg | grep -i firmware"
    )
    summary = f"{name} is neither on the board nor in the container"
    return stopped(NOWHERE, summary, evidence, remedy=remedy, also_possible=also)
