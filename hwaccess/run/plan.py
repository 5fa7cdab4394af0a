"""From a project and a board to checks.

They are what grants ask for, what `x-hwaccess` says, and what others must not reach.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess import access
from hwaccess.errors import NothingChecked, UsageError
from hwaccess.model import Check, Expect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hwaccess.access.base import Kind, Want
    from hwaccess.facts import BoardFacts
    from hwaccess.grants import ExpectedAccess, Project, Service


def plan(
    project: Project,
    board: BoardFacts,
    *,
    services: Sequence[str] = (),
    accesses: Sequence[str] = (),
) -> tuple[Check, ...]:
    """Every check of the chosen services and accesses, in the order of file and kinds.

    All are chosen when none is named.

    Raises `UsageError` when a name is unknown, `NothingChecked` when no check is left.
    """
    check_names(project, services)
    kinds = tuple(access.kinds())
    unknown = [name for name in accesses if name not in {kind.NAME for kind in kinds}]
    if unknown:
        message = f"no access is called {unknown[0]!r}"
        raise UsageError(message, hint=f"use one of: {', '.join(kind.NAME for kind in kinds)}")
    wanted = {service.name: dict(granted(service, kinds, board)) for service in project.services}
    checks: list[Check] = []
    for service in project.services:
        if services and service.name not in services:
            continue
        mine = wanted[service.name] | dict(expected(service, kinds, board))
        for check in implied_denials(service, wanted, kinds):
            mine.setdefault(check.id, check)
        checks.extend(
            check
            for check in in_order(mine.values(), kinds)
            if not accesses or check.access in accesses
        )
    if not checks:
        message = "the selection leaves no check"
        raise NothingChecked(
            message,
            hint="leave out --service or --access, or add an x-hwaccess block to the service",
        )
    return tuple(checks)


def services_of(checks: Iterable[Check]) -> tuple[str, ...]:
    """The services that have a check, in the order of the checks, which is that of the file."""
    return tuple(dict.fromkeys(check.service for check in checks))


def check_names(project: Project, services: Sequence[str]) -> None:
    """Refuse a service that the project does not have.

    Raises `UsageError` when there is one.
    """
    known = [service.name for service in project.services]
    for name in services:
        if name not in known:
            message = f"no active service is called {name!r} in {', '.join(project.files)}"
            raise UsageError(
                message, hint=f"use one of: {', '.join(known)}; --profile activates more"
            )


def in_order(checks: Iterable[Check], kinds: Sequence[Kind]) -> list[Check]:
    """Checks by kind, in the table's order; within a kind as they came."""
    order = {kind.NAME: index for index, kind in enumerate(kinds)}
    return sorted(checks, key=lambda check: order[check.access])


def granted(
    service: Service, kinds: Sequence[Kind], board: BoardFacts
) -> Iterator[tuple[str, Check]]:
    """What the service's own grants ask for, by check id."""
    for kind in kinds:
        for want in kind.wanted(service, board):
            check = make(service, kind, want, Expect.REACH)
            yield check.id, check


def expected(
    service: Service, kinds: Sequence[Kind], board: BoardFacts
) -> Iterator[tuple[str, Check]]:
    """What the service's `x-hwaccess` block says, by check id.

    It replaces what the grants alone would ask.
    """
    by_name = {kind.NAME: kind for kind in kinds}
    for expectation in service.expectations.accesses:
        kind = by_name[expectation.access]
        for want in kind.expected(expectation, service, board):
            check = make(
                service, kind, want, Expect.REACH if expectation.reach else Expect.DENY, expectation
            )
            yield check.id, check


def implied_denials(
    service: Service, wanted: dict[str, dict[str, Check]], kinds: Sequence[Kind]
) -> Iterator[Check]:
    """What other services are granted and this one is not.

    A privileged service is granted everything.
    """
    if service.privileged:
        return
    exclusive = {kind.NAME for kind in kinds if kind.IMPLIES_DENY}
    for other, checks in wanted.items():
        for check in checks.values():
            if other != service.name and check.access in exclusive:
                yield Check(
                    service.name, check.access, check.target, Expect.DENY, check.risk, check.params
                )


def make(
    service: Service, kind: Kind, want: Want, expect: Expect, said: ExpectedAccess | None = None
) -> Check:
    """The check of one want."""
    return Check(
        service=service.name,
        access=kind.NAME,
        target=want.target,
        expect=expect,
        risk=want.risk,
        params=tuple(sorted(want.params.items())),
        grants=want.grants,
        layer=said.layer if said else None,
        place=said.place if said else next((grant.place for grant in want.grants), service.place),
    )
