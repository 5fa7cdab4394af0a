"""What other packages bring: the entry points of a group, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection
    from importlib.metadata import EntryPoint

KINDS: Final = "hwaccess.access"
BOARDS: Final = "hwaccess.boards"
HINT: Final = "uninstall one of the packages that register it: pip list"


def found(
    group: str, own: Collection[str], what: str, error: type[UsageError] = UsageError
) -> dict[str, EntryPoint]:
    """The entry points of a group by name, sorted; `what` says in a message what they are.

    Raises `error` when a name is taken twice, or is one of our `own`.
    """
    from importlib.metadata import entry_points  # noqa: PLC0415 -- 10 ms that most commands need not pay

    named: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        if point.name in own or point.name in named:
            message = f"two {what} are called {point.name!r}; one is {point.value}"
            raise error(message, hint=HINT)
        named[point.name] = point
    return dict(sorted(named.items()))
