"""Remove what hwaccess made on an engine: of dead runs, of this run, or everything."""

from __future__ import annotations

import contextlib
import time
from datetime import datetime
from typing import TYPE_CHECKING, Final

from hwaccess.engine import owner
from hwaccess.engine.api import ApiError, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.engine.api import ApiClient

REPOSITORIES: Final = ("hwaccess-probe", "hwaccess-runtime")


def containers(client: ApiClient) -> tuple[str, ...]:
    """Remove every container whose run is dead; their ids."""
    ours = client.containers(owner.OWNER)
    if not ours:
        return ()
    us, now = owner.current(), engine_time(client)
    dead = [
        one
        for one in ours
        if owner.is_leftover(one["Labels"][owner.OWNER], one["Created"], us, now)
    ]
    return tuple(str(one["Id"]) for one in dead if removed(client, str(one["Id"])))


def own_containers(client: ApiClient, run: str) -> None:
    """Remove what this run started and could not end.

    For example a container whose creation was interrupted.
    """
    for one in client.containers(f"{owner.RUN}={run}"):
        removed(client, str(one["Id"]))


def removed(client: ApiClient, container: str) -> bool:
    """Remove a container with its anonymous volumes; False when somebody else did or is at it."""
    try:
        client.remove_container(container)
    except NotFound:
        return False
    except ApiError as error:
        if error.status != 409:
            raise
        return False
    return True


def engine_time(client: ApiClient) -> float:
    """The engine's clock: a board without a battery may live in another year than we do."""
    text = str(client.info().get("SystemTime", ""))
    try:
        return datetime.fromisoformat(text[:19] + "+00:00").timestamp() - offset(text)
    except ValueError:
        return time.time()


def offset(text: str) -> float:
    """Seconds that the zone at the end of an RFC 3339 time is ahead of UTC."""
    if text.endswith("Z"):
        return 0.0
    hours, _, minutes = text[-5:].partition(":")
    return (-1 if text[-6] == "-" else 1) * (int(hours) * 3600 + int(minutes) * 60)


def images(client: ApiClient) -> tuple[str, ...]:
    """Remove the probe images and their tags; one in use stays."""
    gone = []
    for reference in dict.fromkeys(references(client)):
        with contextlib.suppress(NotFound), unless_in_use():
            client.remove_image(reference)
            gone.append(reference)
    return tuple(gone)


def references(client: ApiClient) -> Iterator[str]:
    """The tags of ours, and the ids of our images that have lost theirs."""
    for repository in REPOSITORIES:
        for image in client.images(reference=[repository]):
            yield from (tag for tag in image["RepoTags"] or () if tag.startswith(REPOSITORIES))
    for image in client.images(label=[owner.RUNTIME], dangling=["true"]):
        yield str(image["Id"])


def volumes(client: ApiClient) -> tuple[str, ...]:
    """Remove the runtime volumes; one in use stays."""
    gone = []
    for volume in client.volumes(owner.RUNTIME):
        with contextlib.suppress(NotFound), unless_in_use():
            client.remove_volume(volume["Name"])
            gone.append(str(volume["Name"]))
    return tuple(gone)


@contextlib.contextmanager
def unless_in_use() -> Iterator[None]:
    """Leave what another run uses at this moment."""
    try:
        yield
    except ApiError as error:
        if error.status != 409:
            raise
