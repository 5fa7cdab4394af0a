"""Boards: where an engine is, and what was read on the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from hwaccess.errors import BoardAddressError

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.metadata import EntryPoint

    from hwaccess.boards.base import Board

OWN: Final = ("local", "unix", "tcp", "ssh")
# Names that DESIGN gives to boards that this version cannot start: no package may take them.
VIRTUAL: Final = "qemu"
NOT_BUILT: Final = ("labgrid",)
FORMS: Final = "use local, unix:///var/run/docker.sock, tcp://HOST:2376, ssh://USER@HOST or qemu:pc"


def open_board(address: str | None = None) -> Board:
    """The board at an address; "local" or none is the engine that the docker command would use.

    Connected on return.

    What stands before the colon chooses who opens it: ourselves, or the package that registered the
    name.

    Raises `BoardAddressError` when no board has such an address.
    """
    name = (address or "local").partition(":")[0]
    if name in NOT_BUILT:
        message = f"{address}: boards of the kind {name!r} are not built yet"
        raise BoardAddressError(message, hint=f"start it by hand and name its engine; {FORMS}")
    if name == VIRTUAL:
        from hwaccess.boards.qemu.opening import open_qemu  # noqa: PLC0415 -- only a virtual board needs it

        return open_qemu(str(address))
    if name in OWN:
        return own_board(address)
    opener = third_party().get(name)
    if opener is None:
        message = f"no board is called {address!r}"
        raise BoardAddressError(message, hint=FORMS)
    return opener(str(address))


def own_board(address: str | None) -> Board:
    """A board whose engine answers at an address of its own.

    Raises `BoardAddressError` when it is no address of an engine.
    """
    if address is not None and address.startswith("local") and address != "local":
        message = f"{address!r}: local takes no more words"
        raise BoardAddressError(message, hint=FORMS)
    from hwaccess.boards.docker_board import DockerBoard  # noqa: PLC0415 -- the plugin imports this package early
    from hwaccess.engine import connect  # noqa: PLC0415 -- same

    return DockerBoard(connect(None if address == "local" else address))


def third_party() -> dict[str, Callable[[str], Board]]:
    """The boards of other packages, name -> loader and opener in one."""
    from hwaccess import plugins  # noqa: PLC0415 -- a local board need not pay for it

    def opener(point: EntryPoint) -> Callable[[str], Board]:
        return lambda address: cast("Board", point.load()(address))

    found = plugins.found(plugins.BOARDS, (*OWN, VIRTUAL, *NOT_BUILT), "boards", BoardAddressError)
    return {name: opener(point) for name, point in found.items()}
