"""Firmware: what the container sees of the board's firmware files, and what the kernel itself finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.decode import build_mount
from hwaccess.diagnose.ladder import observation_of
from hwaccess.diagnose.place import mount_folder
from hwaccess.diagnose.verdicts import board_remedy, compose_remedy, reached, stopped
from hwaccess.model import Change, Layer, Outcome, Rule
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts, Facts
    from hwaccess.grants import ExpectedAccess, Grant, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "firmware"
SUMMARY: Final = "firmware files: the container's view of them and the kernel's"
PARAMS: Final[Mapping[str, object]] = {}
IMPLIES_DENY: Final = False  # an image may bring firmware of its own, and that says nothing about a grant
FOLDER: Final = "/lib/firmware"
EXTRA_FOLDER: Final = "/extra-firmware"
SUFFIXES: Final = ("", ".xz", ".zst")

NOT_MOUNTED: Final = Rule(
    "HW270",
    "the board's firmware folder is not mounted in the container",
    """\
/lib/firmware of the container is its image's own (or missing), not the board's. Drivers do not care: the kernel opens
firmware in the board's own tree. Only a program that reads the files itself (flashing a module over USB or a UART,
`fwupd`, a check of versions) needs to see them.

    volumes: ["/lib/firmware:/lib/firmware:ro"]
    labels: {io.balena.features.firmware: "1"}      # the same on balena, writable
""",
    Layer.MOUNT,
)
NO_FOLDER: Final = Rule(
    "HW271",
    "the board has no firmware folder",
    """\
The service asks for /lib/firmware, and the board does not have it. The feature label is then skipped without a word;
a bind in the short form makes an empty directory on the board. Boards with everything built into the kernel, and
minimal root file systems, come without it.

    ls -d /lib/firmware      # on the board
""",
    Layer.BOARD,
)
ONLY_IN_IMAGE: Final = Rule(
    "HW272",
    "the firmware is in the container only, where the kernel never looks",
    """\
The file is in the image, and the board does not have it. The kernel opens firmware from the mount namespace of the
board's first process, whichever process makes a driver ask for it, so a file in an image does nothing: dmesg keeps
saying `Direct firmware load for NAME failed with error -2`. Put it on the board:

    sudo install -D FILE /lib/firmware/NAME                       # a board with a writable root
    labels: {io.balena.features.extra-firmware: "1"}              # balena: copy it into /extra-firmware, then reboot
    /sys/module/firmware_class/parameters/path                    # one more folder of the board, for the whole kernel
""",
    Layer.BOARD,
)
NOWHERE: Final = Rule(
    "HW273",
    "the firmware file is neither on the board nor in the container",
    """\
Neither the container nor the board has the file, plain or as .xz or .zst, in the folders that the kernel searches:
firmware_class.path, /lib/firmware/updates/RELEASE, /lib/firmware/updates, /lib/firmware/RELEASE, /lib/firmware.
The driver says the exact name that it wants; names with a board's model in them are tried first and may be missing.

    dmesg | grep -i firmware
    sudo apt install firmware-brcm80211 firmware-misc-nonfree     # or what the board's system calls them
""",
    Layer.BOARD,
)
COMPRESSED: Final = Rule(
    "HW274",
    "the firmware file is compressed, and the kernel cannot unpack it",
    """\
Only NAME.xz or NAME.zst is there, and the board's kernel is built without CONFIG_FW_LOADER_COMPRESS. It looks for the
plain name alone and reports that the file does not exist.

    sudo xz -dk /lib/firmware/NAME.xz       # or: zstd -d
""",
    Layer.BOARD,
)
NOT_SEARCHED: Final = Rule(
    "HW275",
    "the kernel does not search the extra firmware folder",
    """\
The volume extra-firmware is mounted at /extra-firmware, and the kernel's parameter firmware_class.path does not name
it. The system service that sets it exists in balenaOS from 6.10.7 on; elsewhere the label gives an ordinary volume.
After the parameter is set, the driver must be loaded again (or the board rebooted) to ask for its file once more.

    cat /sys/module/firmware_class/parameters/path      # .../volumes/extra-firmware/_data
""",
    Layer.BOARD,
)
RULES: Final = (NOT_MOUNTED, NO_FOLDER, ONLY_IN_IMAGE, NOWHERE, COMPRESSED, NOT_SEARCHED)


def grants_of(service: Service, folder: str) -> tuple[Grant, ...]:
    """The mounts that put something at the folder."""
    return tuple(mount for mount in service.mounts if mount.target.rstrip("/").removeprefix("/usr") == folder)


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
    """The board's paths that tell whether the kernel finds the file: what `BoardFacts.paths` should be asked for."""
    if not target or target.startswith("/"):
        return (FOLDER,)
    return tuple(f"{folder}/{target}{end}" for folder in (FOLDER, FOLDER + "/updates") for end in SUFFIXES)


def judge(case: Case) -> Verdict:
    """The folder, the extra folder, or one file."""
    facts = observation_of(case).facts
    target = case.check.target
    if target == EXTRA_FOLDER:
        return judge_extra(case, facts)
    return judge_file(case, facts) if target and not target.startswith("/") else judge_folder(case, facts)


def folder_evidence(facts: Facts) -> tuple[str, ...]:
    """The folder as the container sees it."""
    folder = facts.table("folder")
    mount = build_mount(folder.table("mount"))
    path, errno = folder.text("path"), folder.text("errno", "")
    on = f"on the mount {mount.point} ({mount.fstype}, {mount.options[0]})" if mount and mount.options else ""
    told = f'listdir("{path}") = {errno}' if errno else f"{path}: {folder.number('entries')} entries, {on}"
    return (told, f"kernel: firmware_class.path = {facts.text('kernel_path', '') or 'not set'}")


def is_mounted(facts: Facts) -> bool:
    """Whether the folder is a mount of its own, so not the image's."""
    mount = build_mount(facts.table("folder").table("mount"))
    return mount is not None and mount.own


def judge_folder(case: Case, facts: Facts) -> Verdict:
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


def judge_extra(case: Case, facts: Facts) -> Verdict:
    """Whether the volume is there, and whether the kernel looks into it."""
    evidence = folder_evidence(facts)
    if not is_mounted(facts):
        label = 'io.balena.features.extra-firmware: "1"'
        remedy = compose_remedy(f"ask for it by its label: {label}", Change("add", "labels", label))
        return stopped(NOT_MOUNTED, f"{EXTRA_FOLDER} is not mounted in the container", evidence, remedy=remedy)
    path = facts.text("kernel_path", "") or case.board.firmware_path
    if "extra-firmware" not in path:
        remedy = board_remedy("use balenaOS 6.10.7 or later, or set firmware_class.path on the board's command line")
        return stopped(NOT_SEARCHED, f"the kernel does not search {EXTRA_FOLDER}", evidence, remedy=remedy)
    return reached(f"{EXTRA_FOLDER} is there, and the kernel searches it", None, *evidence)


def kernel_finds(case: Case, facts: Facts) -> tuple[str, ...] | None:
    """The board's files that the kernel finds for the target; None when the board was not asked."""
    if is_mounted(facts) and grants_same_folder(case.service):
        return tuple(file.text("path") for file in facts.tables("files") if file.text("path").startswith(FOLDER))
    asked = {path: case.board.path_kind(path) for path in host_paths(case.check.target)}
    if all(kind is None for kind in asked.values()):
        return None
    return tuple(path for path, kind in asked.items() if kind == "file")


def grants_same_folder(service: Service) -> bool:
    """Whether a bind puts the board's own folder at the same place, so that both sides see the same files."""
    return any(
        mount.type == "bind" and mount.source.rstrip("/").removeprefix("/usr") == FOLDER
        for mount in service.mounts
        if mount in grants_of(service, FOLDER)
    )


def judge_file(case: Case, facts: Facts) -> Verdict:
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
        remedy = board_remedy(f"unpack it on the board: sudo unxz --keep {outside[0]} (or: zstd -d)")
        return stopped(
            COMPRESSED, f"{outside[0]} is compressed, and the kernel cannot unpack it", evidence, remedy=remedy
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
        return stopped(ONLY_IN_IMAGE, summary, evidence, also_possible=also, outcome=Outcome.UNKNOWN)
    if inside:
        remedy = board_remedy(f"put it on the board: sudo install -D FILE {FOLDER}/{name}")
        summary = f"{name} is in the container only: the kernel never looks there"
        outcome = Outcome.BLOCKED
        return stopped(ONLY_IN_IMAGE, summary, evidence, remedy=remedy, also_possible=also, outcome=outcome)
    if not asked:
        summary = f"{name} is not in the container; whether the board has it could not be asked"
        return stopped(NOWHERE, summary, evidence, also_possible=("the board has it",))
    remedy = board_remedy("see the name that the driver wants, and install its package: dmesg | grep -i firmware")
    summary = f"{name} is neither on the board nor in the container"
    return stopped(NOWHERE, summary, evidence, remedy=remedy, also_possible=also)
