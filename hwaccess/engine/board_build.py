"""The probe image for another architecture, built on the board itself from probes/Dockerfile."""

from __future__ import annotations

import contextlib
import io
import tarfile
from typing import TYPE_CHECKING, Final

from hwaccess.engine import owner
from hwaccess.engine.api import ApiError, NotFound
from hwaccess.engine.digest import context_files
from hwaccess.errors import ProbeImageError

if TYPE_CHECKING:
    from hwaccess.engine.api import ApiClient

BUILD_SECONDS: Final = 1800.0  # a registry and PyPI, over a board's line


def context() -> bytes:
    """The context as a tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in context_files():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def build(client: ApiClient, tag: str, arch: str, base: str | None = None) -> None:
    """Build the image on the board.

    The board fetches a Python of its own architecture, or uses `base`.

    Raises `ProbeImageError` when the board cannot.
    """
    arguments = {"BASE": base} if base else {}
    hint = (
        f"the board needs a registry for this; else build it elsewhere for {arch} "
        "and name it in HWACCESS_PROBE_IMAGE"
    )
    query = {
        "t": tag,
        "rm": True,
        "forcerm": True,
        "buildargs": arguments,
        "labels": {owner.RUNTIME: tag.rpartition(":")[2]},
    }
    lines = client.build_image(context(), query, BUILD_SECONDS)
    try:
        words = next((str(line["error"]).strip() for line in lines if "error" in line), "")
    except ApiError as error:
        words = error.words
    finally:
        remove_stage(client)
    if words:
        message = f"the probe image for {arch} cannot be built on the board: {words}"
        raise ProbeImageError(message, hint=hint)


def remove_stage(client: ApiClient) -> None:
    """Give back the space of the stage that packed: a board's card is small."""
    for image in client.images(label=[f"{owner.RUNTIME}=stage"], dangling=["true"]):
        with contextlib.suppress(NotFound):
            client.remove_image(str(image["Id"]), force=True)
