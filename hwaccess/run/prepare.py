"""From a project and a board to a plan: labels of images, the board's own facts, and the checks."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hwaccess import access
from hwaccess.compose.grants.labels import expand_labels, label_findings
from hwaccess.compose.grants.services import label_volumes
from hwaccess.facts import BoardFacts
from hwaccess.model import BoardIdentity
from hwaccess.run.plan import check_names, plan

if TYPE_CHECKING:
    from hwaccess.boards.base import Board
    from hwaccess.engine.base import Engine
    from hwaccess.grants import Project
    from hwaccess.model import Check
    from hwaccess.run.options import Options

# What judges look up whatever the file names: whether the board has these tells causes apart.
ALWAYS_ASKED: Final = (
    "/lib/modules",
    "/lib/firmware",
    "/run/dbus",
    "/run/dbus/system_bus_socket",
)
NOTHING_READ: Final = BoardFacts(
    complete=False,
    read_by="nothing",
    name="",
    engine="",
    engine_os="",
    kernel="",
    arch="",
    cgroup=0,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run is given: the project as this board has it, what the board says, and the checks.

    clock is `time.monotonic()` in seconds when the planning began: a report's time counts from
    there.
    """

    project: Project
    facts: BoardFacts
    checks: tuple[Check, ...]
    clock: float


def prepare(board: Board, project: Project, options: Options) -> Plan:
    """Ask the board what there is to know about the project, and plan its checks.

    Raises `EngineError` when the board cannot be used, `UsageError` for a service or access that is
    not there, `NothingChecked` when the options leave no check.
    """
    clock = time.monotonic()
    check_names(project, options.services)
    labelled = with_image_labels(project, board.engine)
    paths = host_paths(labelled)
    # The kinds are imported while the board is read, which is waiting for another process.
    importing = threading.Thread(target=import_kinds, daemon=True)
    importing.start()
    facts = board.facts(paths)
    importing.join()
    checks = plan(labelled, facts, services=options.services, accesses=options.accesses)
    return Plan(labelled, facts, checks, clock)


def import_kinds() -> None:
    """Import every kind. What goes wrong is for whoever uses them, in a thread that is heard."""
    with contextlib.suppress(Exception):
        tuple(access.kinds())


def prepare_without_board(project: Project, options: Options) -> Plan:
    """The checks that the files alone ask for, when no board answers.

    What only a board could add is missing: labels of images, nodes of a folder. Raises `UsageError`
    and `NothingChecked` as `prepare` does.
    """
    clock = time.monotonic()
    check_names(project, options.services)
    checks = plan(project, NOTHING_READ, services=options.services, accesses=options.accesses)
    return Plan(project, NOTHING_READ, checks, clock)


def with_image_labels(project: Project, engine: Engine) -> Project:
    """The project with the feature labels of its services' own images.

    Only of those that the board has. A label of an image grants what one of the compose file does,
    and is as easily written wrong.
    """
    services, found = [], list(project.findings)
    for service in project.services:
        image = engine.image(service.image) if service.image else None
        labels = image.labels if image else ()
        if any("features." in name for name, _ in labels):
            services.append(expand_labels(service, labels))
            found.extend(item for item in label_findings(service, labels) if item not in found)
        else:
            services.append(service)
    volumes = (*project.volumes, *label_volumes(tuple(services), project.volumes))
    return replace(project, services=tuple(services), volumes=volumes, findings=tuple(found))


def host_paths(project: Project) -> tuple[str, ...]:
    """Every path of the board that the project names; what is there decides what its grants do."""
    found = set(ALWAYS_ASKED)
    for service in project.services:
        found.update(grant.host for grant in service.devices if grant.host)
        found.update(mount.source for mount in service.mounts if mount.type == "bind")
        for said in service.expectations.accesses:
            found.update(access.host_paths(said.access, said.target))
    return tuple(sorted(found))


def identify(board: Board, facts: BoardFacts) -> BoardIdentity:
    """The board in the words of a report."""
    return BoardIdentity(
        name=board.name or facts.name,
        url=board.url,
        provenance=board.provenance,
        engine=facts.engine,
        kernel=facts.kernel,
        arch=facts.arch,
        cgroup=facts.cgroup,
        lsm=facts.lsm,
        model=facts.model,
    )
