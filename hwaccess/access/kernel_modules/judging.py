"""Judging the access `kernel-modules`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.access.kernel_modules import loading as module_loading
from hwaccess.access.kernel_modules.rules import (
    DISABLED,
    NO_INDEX,
    NO_MODULES,
    NO_SUCH_MODULE,
    NO_TREE,
    NOT_MOUNTED,
)
from hwaccess.diagnose import rules
from hwaccess.diagnose.capability import capability_evidence, confinement_of, judge_capability
from hwaccess.diagnose.ladder import lockdown_line, observation_of, stopped_with
from hwaccess.diagnose.path_lookup import mount_folder
from hwaccess.diagnose.verdicts import board_remedy, calls_of, reached, stopped
from hwaccess.model import Expect, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.grants import Service
    from hwaccess.model import Case, Verdict
    from hwaccess.typed_json import JsonObject
from hwaccess.access.kernel_modules import CAPABILITY, NAME, TREES, within_trees


def judge(case: Case) -> Verdict:
    """A module that is there already needs nothing; else what loading takes is judged in order.

    That is the kernel, the tree, the file, the right, and the loading itself.

    A denial is about loading: that the board has the module loaded is none of the container's
    doing.
    """
    facts = observation_of(case).facts
    evidence = (*calls_of(observation_of(case)), *describe(facts))
    module = facts.table("module")
    present = already_there(module)
    if present and case.check.expect is Expect.REACH:
        return reached(f"{module.text('name')} is {present}", None, *evidence)
    if not facts.flag("has_modules"):
        told = (*evidence, "/proc/modules does not exist")
        remedy = board_remedy(
            "build the driver into the kernel, or use a kernel with CONFIG_MODULES=y"
        )
        return stopped(
            NO_MODULES, "the board's kernel has no loadable modules", told, remedy=remedy
        )
    return (
        (judge_tree(case, facts, evidence) if needs_tree(case) else None)
        or (judge_module(facts, module, evidence) if case.check.target else None)
        or (judge_right(case, facts, evidence) if needs_right(case) else None)
        or (module_loading.judge(case, module, evidence) if case.check.target else None)
        or reached(reached_summary(case, facts, module), None, *evidence)
    )


def describe(facts: JsonObject) -> Iterator[str]:
    """What the probe saw of the tree and the module, in lines."""
    release = facts.text("release")
    there = "is there" if facts.flag("has_tree") else "is not there"
    yield f"{TREES}/{release} {there}; {TREES} has {', '.join(facts.texts('trees')) or 'nothing'}"
    module = facts.table("module")
    if module.keys():
        states = ("loaded", "built_in", "in_sysfs")
        told = ", ".join(
            f"{state.replace('_', ' ')} {'yes' if module.flag(state) else 'no'}" for state in states
        )
        yield f"module {module.text('name')}: {told}, file {module.text('file', '') or 'none'}"


def already_there(module: JsonObject) -> str:
    """How the module is part of the running kernel, "" when it is not (or none was asked about)."""
    if not module.keys():
        return ""
    if module.flag("loaded"):
        return "loaded already"
    return "built into the kernel" if module.flag("built_in") or module.flag("in_sysfs") else ""


def may_load(service: Service) -> bool:
    """Whether the service is given the right to load."""
    return service.privileged or service.adds_capability(CAPABILITY) is not None


def needs_tree(case: Case) -> bool:
    """An image may bring its own .ko file: SYS_MODULE alone needs no tree.

    All else looks modules up there.
    """
    mounted = any(within_trees(mount.target) for mount in case.service.mounts)
    return mounted or bool(case.check.target) or not may_load(case.service)


def needs_right(case: Case) -> bool:
    """A tree alone may be there to be read.

    A named module that is not loaded is there to be loaded.
    """
    return bool(case.check.target) or may_load(case.service)


def judge_tree(case: Case, facts: JsonObject, evidence: tuple[str, ...]) -> Verdict | None:
    """The tree of the running kernel: in the container, else on the board, else nowhere."""
    release = facts.text("release")
    if facts.flag("has_tree"):
        if "modules.dep" in facts.texts("indexes"):
            return None
        remedy = board_remedy(f"sudo depmod -a {release}")
        return stopped(NO_INDEX, f"{TREES}/{release} has no modules.dep", evidence, remedy=remedy)
    if case.board.complete and release not in case.board.module_trees:
        others = ", ".join(case.board.module_trees)
        told = (*evidence, f"the board's {TREES} has {others or 'nothing'}")
        summary = f"the board has no modules for its running kernel {release}"
        fix = (
            "reboot the board into the kernel it has modules for"
            if others
            else "install the kernel's module package"
        )
        return stopped(NO_TREE, summary, told, remedy=board_remedy(f"{fix}: ls {TREES}; uname -r"))
    summary = f"the board's {TREES} is not mounted in the container"
    return stopped(NOT_MOUNTED, summary, evidence, remedy=mount_folder(case, TREES, NAME))


def judge_module(
    facts: JsonObject, module: JsonObject, evidence: tuple[str, ...]
) -> Verdict | None:
    """Whether the tree has the module's file."""
    if module.text("file", "") and module.text("compression", ""):
        return None
    release = facts.text("release")
    file = module.text("file", "")
    summary = (
        f"modules.dep names {file}, which cannot be read"
        if file
        else f"no module {module.text('name')}"
    )
    remedy = board_remedy(
        f"look for it on the board: modinfo {module.text('name')}; then: sudo depmod -a {release}"
    )
    return stopped(NO_SUCH_MODULE, f"{summary} for kernel {release}", evidence, remedy=remedy)


def judge_right(case: Case, facts: JsonObject, evidence: tuple[str, ...]) -> Verdict | None:
    """Whether this process may load.

    EBADF from finit_module(-1) says that it may, and that only the file was wrong.
    """
    calls = observation_of(case).calls
    gate = next(
        (call for call in calls if call.call == "finit_module" and call.args.startswith("-1")), None
    )
    lacking = judge_capability(case, CAPABILITY)
    if lacking is not None:
        return stopped_with(lacking, evidence)
    if gate is None or gate.errno == "EBADF":
        return None
    told = (*evidence, capability_evidence(confinement_of(case), CAPABILITY), lockdown_line(case))
    if facts.flag("modules_disabled") or case.board.modules_disabled:
        remedy = board_remedy(
            "reboot the board without kernel.modules_disabled=1: "
            "grep -r modules_disabled /etc/sysctl*"
        )
        summary = "loading is switched off until the next boot (kernel.modules_disabled)"
        return stopped(DISABLED, summary, told, remedy=remedy, outcome=Outcome.BLOCKED)
    if confinement_of(case).seccomp:
        also = ("a security module of the board",)
        summary = f"SYS_MODULE is in effect, and seccomp forbids finit_module ({gate.errno})"
        return stopped(rules.SECCOMP, summary, told, also_possible=also)
    summary = f"{gate} fits no known cause"
    return stopped(rules.UNEXPLAINED, summary, told, outcome=Outcome.UNKNOWN)


def reached_summary(case: Case, facts: JsonObject, module: JsonObject) -> str:
    """What can be done, in one line."""
    if case.check.target:
        left = facts.texts("left")
        stays = (
            f"; {', '.join(left)} could not be unloaded again and stays"
            if left
            else ", and unloaded again"
        )
        return module.text("name") + (
            f" was loaded{stays}" if facts.texts("came_in") else " can be loaded"
        )
    tree = (
        f"the tree of {facts.text('release')} is there"
        if facts.flag("has_tree")
        else "modules can be loaded"
    )
    return (
        f"{tree}, and modules can be loaded"
        if facts.flag("has_tree") and may_load(case.service)
        else tree
    )
