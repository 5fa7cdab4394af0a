"""Kernel modules: the kernel, the tree, the file, the right, and what loading said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cases
import pytest
import recorded

from hwaccess.access import kernel_modules
from hwaccess.access.kernel_modules import rules as causes
from hwaccess.diagnose import rules
from hwaccess.facts import CAPABILITIES
from hwaccess.grants import ExpectedAccess
from hwaccess.model import Call, Case, Expect, LibraryCall, Outcome, ProbeIn
from hwaccess.words import Risk

RELEASE = cases.ROOT.kernel
MODULE_BIT = 1 << CAPABILITIES["SYS_MODULE"]
WITH = replace(
    cases.ROOT,
    effective=cases.ROOT.effective | MODULE_BIT,
    bounding=cases.ROOT.bounding | MODULE_BIT,
)
BOARD = replace(cases.BOARD, module_trees=(RELEASE,))
NOTHING = cases.service()
TREE = cases.service(cases.bind("/lib/modules"))
CAP = cases.service(cases.capability("SYS_MODULE"))
BOTH = cases.service(cases.bind("/lib/modules"), cases.capability("SYS_MODULE"))
HERE: dict[str, Any] = {
    "release": RELEASE, "trees": [RELEASE], "has_tree": True, "has_modules": True,
    "modules_disabled": False, "indexes": ["modules.dep", "modules.builtin", "modules.alias"],
}  # fmt: skip
NOT_HERE: dict[str, Any] = {"has_tree": False, "trees": [], "indexes": []}
FILE: dict[str, Any] = {
    "name": "i2c_dev", "loaded": False, "in_sysfs": False, "built_in": False, "needs": [],
    "file": "kernel/drivers/i2c/i2c-dev.ko.zst", "compression": "zst",
}  # fmt: skip


def seen(
    gate: str | None = "EBADF", *calls: Call, of: Any = BOTH, who: Any = WITH, board: Any = BOARD,
    target: str = "",
    **facts: Any,
) -> Case:  # fmt: skip
    """A container whose question for the right was answered with `gate`."""
    asked = Call("finit_module", '-1, "", 0', gate)
    return cases.case(
        HERE | facts,
        (asked, *calls),
        of=of,
        confinement=who,
        board=board,
        access="kernel-modules",
        target=target,
    )


def named(
    gate: str | None = "EBADF",
    *calls: Call,
    of: Any = BOTH,
    who: Any = WITH,
    board: Any = BOARD,
    **facts: Any,
) -> Case:
    """The same for one module; facts are the module's."""
    return seen(gate, *calls, of=of, who=who, board=board, target="i2c-dev", module=FILE | facts)


def load(errno: str | None) -> Call:
    """What loading the file itself answered."""
    return Call("finit_module", '"/lib/modules/x/i2c-dev.ko.zst", "", 4', errno)


LOCKED_BOARD = replace(BOARD, lockdown="integrity")
STOPPED = [
    ("no modules", seen("ENOSYS", has_modules=False, **NOT_HERE), causes.NO_MODULES),
    ("no modules, seccomp", seen("EPERM", has_modules=False, **NOT_HERE, of=TREE, who=cases.ROOT),
     causes.NO_MODULES),
    ("not mounted", seen("EPERM", of=NOTHING, who=cases.ROOT, **NOT_HERE), causes.NOT_MOUNTED),
    ("not mounted, named", seen(of=CAP, target="i2c-dev", module=FILE, **NOT_HERE),
     causes.NOT_MOUNTED),
    ("upgraded", seen(of=TREE, board=replace(BOARD, module_trees=("6.13.0",)), **NOT_HERE),
     causes.NO_TREE),
    ("no tree at all", seen(of=TREE, board=replace(BOARD, module_trees=()), **NOT_HERE),
     causes.NO_TREE),
    ("board not read", seen(of=TREE, board=replace(BOARD, complete=False), **NOT_HERE),
     causes.NOT_MOUNTED),
    ("no index", seen(of=TREE, indexes=[]), causes.NO_INDEX),
    ("no such module", named(file="", compression=""), causes.NO_SUCH_MODULE),
    ("file is gone", named(compression=""), causes.NO_SUCH_MODULE),
    ("no capability", named("EPERM", of=TREE, who=cases.ROOT), rules.CAPABILITY),
    ("outer", named("EPERM", who=cases.ROOT), rules.CAPABILITY_OUTER),
    ("a user", named("EPERM", who=replace(cases.USER, bounding=WITH.bounding)),
     rules.CAPABILITY_USER),
    ("user namespace", named("EPERM", who=replace(WITH, uid_map=cases.REMAPPED.uid_map)),
     rules.CAPABILITY_NAMESPACE),
    ("disabled, seen inside", seen("EPERM", modules_disabled=True), causes.DISABLED),
    ("disabled, seen outside", seen("EPERM", board=replace(BOARD, modules_disabled=True)),
     causes.DISABLED),
    ("seccomp", seen("EPERM"), rules.SECCOMP),
    ("nobody knows", seen("EPERM", who=replace(WITH, seccomp=0)), rules.UNEXPLAINED),
    ("signature", named("EBADF", load("EKEYREJECTED")), causes.SIGNATURE),
    ("no key", named("EBADF", load("ENOKEY")), causes.SIGNATURE),
    ("lockdown", named("EBADF", load("EPERM"), board=LOCKED_BOARD), rules.LOCKDOWN),
    ("security module", named("EBADF", load("EACCES")), rules.LSM),
    ("another kernel's", named("EBADF", load("ENOEXEC")), causes.REFUSED),
    ("no hardware", named("EBADF", load("ENODEV")), causes.REFUSED),
    ("recorded", recorded.case("module", "kernel-modules", of=BOTH), causes.NO_MODULES),
    ("recorded, named", recorded.case("default", "kernel-modules", "i2c-dev"), causes.NO_MODULES),
]  # fmt: skip
REACHED = [
    ("to be read", seen("EPERM", of=TREE, who=cases.ROOT), "the tree of 6.12.1 is there"),
    ("to be loaded", seen(), "and modules can be loaded"),
    ("the image brings its own", seen(of=CAP, **NOT_HERE), "modules can be loaded"),
    ("loaded already", named("EPERM", of=NOTHING, who=cases.ROOT, loaded=True), "loaded already"),
    (
        "built in",
        named("EPERM", of=NOTHING, who=cases.ROOT, built_in=True, file=""),
        "built into the kernel",
    ),
    (
        "in sysfs",
        named("EPERM", of=NOTHING, who=cases.ROOT, in_sysfs=True, file=""),
        "built into the kernel",
    ),
    ("loadable", named(), "i2c_dev can be loaded"),
    ("somebody was faster", named("EBADF", load("EEXIST")), "i2c_dev can be loaded"),
]


@pytest.mark.parametrize(
    ("case", "rule"), [row[1:] for row in STOPPED], ids=[row[0] for row in STOPPED]
)
def test_what_stops_it(case: Case, rule: Any) -> None:
    verdict = kernel_modules.judge(case)
    assert (verdict.rule, verdict.layer) == (rule.id, rule.layer)
    assert verdict.outcome is not Outcome.REACHABLE
    assert verdict.evidence


@pytest.mark.parametrize(
    ("case", "words"), [row[1:] for row in REACHED], ids=[row[0] for row in REACHED]
)
def test_what_is_there(case: Case, words: str) -> None:
    verdict = kernel_modules.judge(case)
    assert verdict.outcome is Outcome.REACHABLE
    assert words in verdict.summary


def test_a_denial_is_about_loading_not_about_what_the_board_has_loaded() -> None:
    case = named("EPERM", of=TREE, who=cases.ROOT, loaded=True)
    denied = replace(case, check=replace(case.check, expect=Expect.DENY))
    assert kernel_modules.judge(denied).rule == rules.CAPABILITY.id


def test_every_rule_is_in_the_table() -> None:
    judged = {row[2].id for row in STOPPED} | {causes.NO_DECOMPRESSOR.id}
    assert {rule.id for rule in kernel_modules.RULES} <= judged


@pytest.mark.parametrize(
    ("version", "probe_in", "rule"),
    [
        ("kmod version 27 -ZSTD +XZ +ZLIB", ProbeIn.SERVICE_IMAGE, causes.NO_DECOMPRESSOR.id),
        ("kmod version 27 -ZSTD +XZ +ZLIB", ProbeIn.RUNNING, causes.NO_DECOMPRESSOR.id),
        ("kmod version 27 -ZSTD +XZ +ZLIB", ProbeIn.PROBE_IMAGE, ""),
        ("kmod version 30 +ZSTD +XZ +ZLIB", ProbeIn.SERVICE_IMAGE, ""),
        ("BusyBox v1.36.1 multi-call binary", ProbeIn.SERVICE_IMAGE, ""),
    ],
)
def test_the_images_own_modprobe_must_read_the_file(
    version: str, probe_in: ProbeIn, rule: str
) -> None:
    case = named()
    assert case.observation is not None
    said = LibraryCall("kmod", "", "modprobe --version", ok=True, text=version)
    case = replace(case, probe_in=probe_in, observation=replace(case.observation, library=(said,)))
    assert kernel_modules.judge(case).rule == rule


def test_what_came_in_is_told_and_what_stays_too() -> None:
    module: dict[str, Any] = {"module": FILE}
    by_modprobe = seen(
        "EBADF", load("EOPNOTSUPP"), target="i2c-dev", **module, came_in=["i2c_dev"], left=[]
    )
    assert kernel_modules.judge(by_modprobe).outcome is Outcome.REACHABLE
    clean = seen("EBADF", load(None), target="i2c-dev", **module, came_in=["i2c_dev"], left=[])
    assert kernel_modules.judge(clean).summary == "i2c_dev was loaded, and unloaded again"
    stays = seen(
        "EBADF", load(None), target="i2c-dev", **module, came_in=["i2c_dev"], left=["i2c_dev"]
    )
    assert "could not be unloaded" in kernel_modules.judge(stays).summary


def test_the_remedy_speaks_the_services_own_words() -> None:
    plain = kernel_modules.judge(seen("EPERM", of=NOTHING, who=cases.ROOT, **NOT_HERE)).remedy
    assert plain is not None
    assert plain.changes[0].value == "/lib/modules:/lib/modules:ro"
    balena = replace(NOTHING, features=("dbus",))
    labelled = kernel_modules.judge(seen("EPERM", of=balena, who=cases.ROOT, **NOT_HERE)).remedy
    assert labelled is not None
    assert labelled.changes[0].field == "labels"


@pytest.mark.parametrize(
    ("of", "grants"),
    [(NOTHING, 0), (TREE, 1), (CAP, 1), (BOTH, 2), (cases.service(cases.capability("ALL")), 0),
     (cases.service(cases.bind("/usr/lib/modules/")), 1),
     (cases.service(cases.bind("/lib/modules2")), 0)],
    ids=["nothing", "mount", "capability", "both", "ALL", "merged /usr", "another folder"],
)  # fmt: skip
def test_what_asks_for_it(of: Any, grants: int) -> None:
    wants = list(kernel_modules.wanted(of, BOARD))
    assert [len(want.grants) for want in wants] == ([grants] if grants else [])
    assert all(want.risk is Risk.LOOK and not want.params for want in wants)


@pytest.mark.parametrize(
    ("target", "params", "risk"),
    [("i2c-dev", {}, Risk.LOOK), ("i2c-dev", {"load": True}, Risk.DISRUPT),
     ("i2c-dev", {"load": False}, Risk.LOOK),
     ("", {"load": True}, Risk.LOOK)],
)  # fmt: skip
def test_loading_is_disruptive_and_only_on_demand(
    target: str, params: dict[str, object], risk: Risk
) -> None:
    said = ExpectedAccess(
        "kernel-modules", target, reach=True, place=cases.PLACE, params=tuple(params.items())
    )
    (want,) = kernel_modules.expected(said, BOTH, BOARD)
    assert (want.target, want.risk) == (target, risk)
    assert bool(want.params) is (risk is Risk.DISRUPT)
