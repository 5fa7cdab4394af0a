"""Kernel modules: the running kernel's tree, and whether a module is there or could be loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.access.base import Want
from hwaccess.access.kernel_modules import rules
from hwaccess.grants import inside
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Grant, Service
    from hwaccess.model import Case, Verdict

NAME: Final = "kernel-modules"
SUMMARY: Final = "kernel modules: the running kernel's tree, one module's state, the right to load"
RULES: Final = rules.RULES
PAGES: Final = Path(__file__).with_name("pages.md")
PROBE: Final = ("kernel_modules.py", "module_load.py")
PARAMS: Final[Mapping[str, object]] = {
    "load": {"type": "boolean", "description": "load the module and unload it again; risk disrupt"}
}
IMPLIES_DENY: Final = (
    False  # the tree is harmless to read; the right to load is checked by `confinement`
)
ON_BOARD: Final = "/lib/modules"
TREES: Final = "/lib/modules"
CAPABILITY: Final = "SYS_MODULE"


def grants_of(service: Service) -> tuple[Grant, ...]:
    """The mount of the trees (the label kernel-modules makes one), and `cap_add: [SYS_MODULE]`."""
    mounts = (mount for mount in service.mounts if within_trees(mount.target))
    added = service.adds_capability(CAPABILITY)
    return (*mounts, *((added,) if added and added.name == CAPABILITY else ()))


def within_trees(path: str) -> bool:
    """Whether a path of the container is /lib/modules or below it."""
    path = path.rstrip("/").removeprefix("/usr")
    return inside(path, TREES)


def wanted(service: Service, board: BoardFacts) -> Iterator[Want]:
    """What the label, the mount or the capability asks for; a look, for nothing is loaded."""
    del board
    grants = grants_of(service)
    if grants:
        yield Want("", Risk.LOOK, grants=grants)


def expected(expectation: ExpectedAccess, service: Service, board: BoardFacts) -> Iterator[Want]:
    """A module by name.

    Loading is `disrupt`: its code runs in the board's kernel, and may touch anything there.
    """
    del board
    load = dict(expectation.params).get("load") is True and bool(expectation.target)
    risk, params = (Risk.DISRUPT, {"load": True}) if load else (Risk.LOOK, {})
    yield Want(expectation.target, risk, params, grants_of(service))


def judge(case: Case) -> Verdict:
    """Why it is or is not reachable, from what its probe reported."""
    from hwaccess.access.kernel_modules.judging import judge as work  # noqa: PLC0415 -- a plan needs none of it

    return work(case)
