"""The probe image and the runtime volume on an engine.

They are made once, and found again by the hash of their content.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hwaccess import cache, locks
from hwaccess.engine import board_build, owner, sweep
from hwaccess.engine.api import ApiError, NotFound
from hwaccess.engine.api_errors import engine_errors
from hwaccess.engine.digest import IMAGE, LENGTH, image_key
from hwaccess.engine.inside import ENTRYPOINT, ROOT
from hwaccess.errors import EngineTimeout, ProbeImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hwaccess.engine.api import ApiClient

# A tag of the image that says: its volume is complete; and the volume's name.
FILLED: Final = "hwaccess-runtime"
OWN_IMAGE: Final = "HWACCESS_PROBE_IMAGE"
FILL_SECONDS: Final = 120.0
IMPORT_SECONDS: Final = 600.0  # 20 MB to a card that is slow, over a line that is slow


@dataclass(frozen=True, slots=True)
class Prepared:
    """What containers are started with."""

    image: str
    entrypoint: tuple[str, ...]
    volume: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where the image comes from: its reference, its volume's name, and how to make it.

    There is None to make it with when the user made it.
    """

    image: str
    key: str
    build: Callable[[], None] | None


def image_changes(key: str) -> list[str]:
    """What the engine is told of the archive for the probe image, as lines of a Dockerfile."""
    return [f"ENTRYPOINT {json.dumps(ENTRYPOINT)}", f"LABEL {owner.RUNTIME}={key}"]


class RuntimeMaker:
    """Makes image and volume through one client."""

    def __init__(
        self, client: ApiClient, url: str, run: str, progress: Callable[[str], None]
    ) -> None:
        self._client = client
        self._url = url
        self._run = run
        self._progress = progress

    def prepare(self, arch: str) -> Prepared:
        """Image and volume, made when they are not there.

        arch is the engine's, as `uname -m` says it.
        """
        with engine_errors(self._url, "prepare the probe image"):
            source = self._source(arch)
            prepared = self._ready(source)
            if prepared:
                return prepared
            with one_at_a_time():
                prepared = self._ready(source)
                return prepared or self._make(source)

    def _source(self, arch: str) -> Source:
        own = os.environ.get(OWN_IMAGE)
        if own:
            image = self._inspect(own)
            if image is None:
                message = f"the engine has no image {own!r}, which {OWN_IMAGE} names"
                raise ProbeImageError(
                    message, hint=f"load it on the board: docker load, or docker pull {own}"
                )
            return Source(own, str(image["Id"]).partition(":")[2][:LENGTH], None)
        key = image_key(arch)
        if arch == platform.machine():
            return Source(f"{IMAGE}:{key}", key, lambda: self._import(key))
        return Source(
            f"{IMAGE}:{key}", key, lambda: board_build.build(self._client, f"{IMAGE}:{key}", arch)
        )

    def _ready(self, source: Source) -> Prepared | None:
        image = self._inspect(source.image)
        volume = f"{FILLED}-{source.key}"
        if image is None or f"{FILLED}:{source.key}" not in (image["RepoTags"] or ()):
            return None
        try:
            self._client.inspect_volume(volume)
        except NotFound:
            return None
        return Prepared(source.image, entrypoint_of(image, source.image), volume)

    def _inspect(self, reference: str) -> dict[str, Any] | None:
        try:
            return self._client.inspect_image(reference)
        except NotFound:
            return None

    def _make(self, source: Source) -> Prepared:
        if source.build and self._inspect(source.image) is None:
            source.build()
        deadline = time.monotonic() + FILL_SECONDS
        self._progress(f"filling the volume {FILLED}-{source.key}")
        while not self._fill(source):
            prepared = self._ready(source)
            if prepared:
                return prepared
            if time.monotonic() > deadline:
                message = (
                    f"somebody else fills the volume {FILLED}-{source.key} "
                    "and does not come to an end"
                )
                raise EngineTimeout(message, hint="remove what it left: hwaccess sweep --all")
            sweep.containers(self._client)  # it may have been killed over it
            time.sleep(0.1)
        prepared = self._ready(source)
        if prepared is None:
            message = f"the probe image {source.image} went away while it was made"
            raise ProbeImageError(
                message, hint="run it again; keep `docker image prune` from running beside it"
            )
        return prepared

    def _import(self, key: str) -> None:
        """Pack this interpreter and hand it to the engine."""
        from hwaccess.engine.pack import archive, collect  # noqa: PLC0415 -- only the first run on an engine packs

        self._progress(f"packing the probe image {IMAGE}:{key} from this Python")
        self._client.import_image(
            archive(collect()), f"{IMAGE}:{key}", image_changes(key), IMPORT_SECONDS
        )

    def _fill(self, source: Source) -> bool:
        """Let the engine copy the image's runtime into a fresh volume.

        False while another process is at it. The copy is made when a container is created. Its
        fixed name lets one process do it at a time, on every machine that uses this engine. The tag
        is put on before the container, which holds the volume, goes: without the tag a volume
        counts as half filled and is made again.
        """
        volume = f"{FILLED}-{source.key}"
        mount = {
            "Type": "volume",
            "Source": volume,
            "Target": ROOT,
            "VolumeOptions": {"Labels": {owner.RUNTIME: source.key}},
        }
        body: dict[str, object] = {
            "Image": source.image,
            "Labels": owner.labels(self._run),
            "HostConfig": {"Mounts": [mount], "NetworkMode": "none"},
        }
        try:
            self._start_empty(volume, f"{FILLED}:{source.key}")
            self._client.create_container(body, f"{volume}-fill")
        except ApiError as error:
            if error.status == 409:
                return False
            raise
        try:
            self._client.tag_image(source.image, FILLED, source.key)
        finally:
            self._client.remove_container(f"{volume}-fill")
        return True

    def _start_empty(self, volume: str, filled: str) -> None:
        """Remove a half filled volume.

        Or the tag of one that somebody removed, which would call the next one full.
        """
        try:
            self._client.remove_volume(volume)
        except NotFound:
            with contextlib.suppress(NotFound):
                self._client.remove_image(filled)


def entrypoint_of(image: dict[str, Any], reference: str) -> tuple[str, ...]:
    """How the image says that its agent is started.

    Raises `ProbeImageError` when it holds no runtime of ours.
    """
    config = image.get("Config")
    words = config.get("Entrypoint") if isinstance(config, dict) else None
    if not isinstance(words, list) or not str(words[0]).startswith(ROOT):
        message = f"the image {reference} holds no hwaccess runtime: its entrypoint is {words!r}"
        raise ProbeImageError(
            message, hint="build one on any machine of that architecture from probes/Dockerfile"
        )
    return tuple(str(word) for word in words)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Keep this user's other processes from packing the same image at the same time.

    Where the cache folder cannot be written nothing is locked: packing it twice costs time only.
    """
    path = cache.folder() / "prepare.lock"
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locks.exclusive(path))
        yield
