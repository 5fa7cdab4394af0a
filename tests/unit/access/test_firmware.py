"""Firmware: the container's view, the kernel's view, and the four ways they can go together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cases
import pytest
import recorded

from hwaccess.access import firmware
from hwaccess.access.firmware import rules
from hwaccess.grants import ExpectedAccess, MountGrant
from hwaccess.model import Case, Outcome
from hwaccess.words import Risk

NAME = "brcm/brcmfmac43430-sdio.bin"
IN_FOLDER = f"/lib/firmware/{NAME}"
OWN = {
    "point": "/lib/firmware",
    "root": "/lib/firmware",
    "fstype": "ext4",
    "options": ["ro"],
    "own": True,
}
IMAGE = {"point": "/", "root": "/", "fstype": "overlay", "options": ["rw"], "own": False}
EXTRA = OWN | {"point": "/extra-firmware"}
BOUND = cases.service(cases.bind("/lib/firmware"))
VOLUME = MountGrant(
    field="labels", text="extra", place=cases.PLACE, type="volume", source="extra-firmware",
    target="/extra-firmware", label="io.balena.features.extra-firmware",
)  # fmt: skip


def board(*files: str, absent: bool = False, **facts: Any) -> Any:
    """A board that was asked for the file in the kernel's folders, and has these."""
    asked = [(path, "file" if path in files else "absent") for path in firmware.host_paths(NAME)]
    folder = ("/lib/firmware", "absent" if absent else "directory")
    return replace(cases.BOARD, paths=(folder, *asked), **facts)


def seen(
    target: str = "",
    *files: str,
    of: Any = BOUND,
    on: Any = None,
    mount: Any = OWN,
    errno: str = "",
    extra: str = "",
) -> Case:
    """A container with that mount at the folder, and these files."""
    folder = {"path": "/lib/firmware", "errno": errno, "entries": 7, "mount": mount}
    facts = {"kernel_path": extra, "folder": folder, "files": [{"path": path} for path in files]}
    return cases.case(facts, of=of, board=on or board(), access="firmware", target=target)


NOTHING = cases.service()
UNASKED = replace(cases.BOARD, complete=False)
UNPACKS: dict[str, Any] = {"config": (("FW_LOADER_COMPRESS", "y"),)}
CANNOT_UNPACK: dict[str, Any] = {"config": (("FW_LOADER_COMPRESS", "n"),)}
STOPPED = [
    ("not mounted", seen(of=NOTHING, mount=IMAGE), rules.NOT_MOUNTED),
    ("no folder in the image", seen(of=NOTHING, mount=IMAGE, errno="ENOENT"), rules.NOT_MOUNTED),
    ("not on the board", seen(mount=IMAGE, errno="ENOENT", on=board(absent=True)), rules.NO_FOLDER),
    ("image only", seen(NAME, IN_FOLDER, of=NOTHING, mount=IMAGE), rules.ONLY_IN_IMAGE),
    ("image only, board not asked", seen(NAME, IN_FOLDER, of=NOTHING, mount=IMAGE, on=UNASKED),
     rules.ONLY_IN_IMAGE),
    ("nowhere", seen(NAME, of=NOTHING, mount=IMAGE), rules.NOWHERE),
    ("nowhere, mounted", seen(NAME), rules.NOWHERE),
    ("not here, board not asked", seen(NAME, of=NOTHING, mount=IMAGE, on=UNASKED), rules.NOWHERE),
    ("kernel only", seen(NAME, of=NOTHING, mount=IMAGE, on=board(IN_FOLDER)), rules.NOT_MOUNTED),
    ("packed", seen(NAME, IN_FOLDER + ".xz", on=board(**CANNOT_UNPACK)), rules.COMPRESSED),
    ("no volume", seen("/extra-firmware", of=NOTHING, mount=IMAGE), rules.NOT_MOUNTED),
    ("volume, not searched", seen("/extra-firmware", of=cases.service(VOLUME), mount=EXTRA),
     rules.NOT_SEARCHED),
    ("recorded", recorded.case("default", "firmware"), rules.NOT_MOUNTED),
]  # fmt: skip
REACHED = [
    ("mounted", seen()),
    ("both", seen(NAME, IN_FOLDER)),
    ("both, packed", seen(NAME, IN_FOLDER + ".zst", on=board(**UNPACKS))),
    ("both, nobody knows the config", seen(NAME, IN_FOLDER + ".zst")),
    (
        "in the image and on the board",
        seen(NAME, IN_FOLDER, of=NOTHING, mount=IMAGE, on=board(IN_FOLDER)),
    ),
    (
        "searched",
        seen(
            "/extra-firmware",
            of=cases.service(VOLUME),
            mount=EXTRA,
            extra="/v/extra-firmware/_data",
        ),
    ),
    (
        "searched, the board says",
        seen("/extra-firmware", mount=EXTRA, on=board(firmware_path="/v/extra-firmware/_data")),
    ),
]


@pytest.mark.parametrize(
    ("case", "rule"), [row[1:] for row in STOPPED], ids=[row[0] for row in STOPPED]
)
def test_what_stops_it(case: Case, rule: Any) -> None:
    verdict = firmware.judge(case)
    assert (verdict.rule, verdict.layer) == (rule.id, rule.layer)
    assert verdict.outcome is not Outcome.REACHABLE
    assert verdict.evidence


@pytest.mark.parametrize("case", [row[1] for row in REACHED], ids=[row[0] for row in REACHED])
def test_what_is_there(case: Case) -> None:
    assert firmware.judge(case).outcome is Outcome.REACHABLE


def test_every_rule_is_in_the_table() -> None:
    assert {row[2].id for row in STOPPED} == {rule.id for rule in firmware.RULES}


def test_a_board_that_was_not_asked_is_no_verdict() -> None:
    verdict = firmware.judge(seen(NAME, IN_FOLDER, of=NOTHING, mount=IMAGE, on=UNASKED))
    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.also_possible == ("the board has it as well",)


def test_a_folder_of_the_kernels_own_may_hold_it() -> None:
    verdict = firmware.judge(seen(NAME, on=board(firmware_path="/var/lib/firmware")))
    assert verdict.also_possible == ("the board has it in /var/lib/firmware",)


def test_the_remedy_speaks_the_services_own_words() -> None:
    plain = firmware.judge(seen(of=NOTHING, mount=IMAGE)).remedy
    labelled = firmware.judge(seen(of=replace(NOTHING, features=("dbus",)), mount=IMAGE)).remedy
    assert plain is not None
    assert labelled is not None
    assert [plain.changes[0].field, labelled.changes[0].field] == ["volumes", "labels"]


@pytest.mark.parametrize(
    ("of", "targets"),
    [(NOTHING, []), (BOUND, [""]), (cases.service(VOLUME), ["/extra-firmware"]),
     (cases.service(cases.bind("/fw", "/usr/lib/firmware/"), VOLUME), ["", "/extra-firmware"])],
    ids=["nothing", "bind", "extra", "both"],
)  # fmt: skip
def test_what_asks_for_it(of: Any, targets: list[str]) -> None:
    wants = list(firmware.wanted(of, cases.BOARD))
    assert [(want.target, want.risk) for want in wants] == [
        (target, Risk.LOOK) for target in targets
    ]


@pytest.mark.parametrize(
    ("said", "target"),
    [
        ("", ""),
        ("/lib/firmware", ""),
        (NAME, NAME),
        (IN_FOLDER, NAME),
        ("/extra-firmware", "/extra-firmware"),
    ],
)
def test_a_file_is_named_as_its_driver_names_it(said: str, target: str) -> None:
    expectation = ExpectedAccess("firmware", said, reach=True, place=cases.PLACE)
    (want,) = firmware.expected(expectation, BOUND, cases.BOARD)
    assert want.target == target
