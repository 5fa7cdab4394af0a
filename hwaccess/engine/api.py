"""The engine's API, as far as hwaccess uses it: https://docs.docker.com/engine/api.

Podman and balenaEngine have it too.
"""

from __future__ import annotations

import contextlib
import http
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from hwaccess.engine.http_client import ApiError, Http, NotFound, Opened
from hwaccess.errors import ProbeImageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.engine.address import TlsFiles

__all__ = ["ApiClient", "ApiError", "NotFound"]

REQUEST_SECONDS: Final = 60.0  # an engine on a slow card under load takes its time


class ApiClient:
    """Requests to one engine, for one thread.

    Every method raises `ApiError` when the engine says no.

    url is unix:// or tcp://. version is the API's ("1.41"), without it the engine takes its own.
    """

    def __init__(self, url: str, tls: TlsFiles | None = None, version: str = "") -> None:
        self._http = Http(url, tls, REQUEST_SECONDS)
        self.version = version

    def close(self) -> None:
        """Give back the connection."""
        self._http.close()

    def ask(self, method: str, path: str, body: object = None, /, **query: object) -> Any:  # noqa: ANN401 -- JSON
        """The JSON of an answer, None when it has no content; filters are a dictionary of lists."""
        data = self._http.request(method, self._path(path), texts(query), body)
        return json.loads(data) if data else None

    def _path(self, path: str) -> str:
        return f"/v{self.version}{path}" if self.version else path

    def api_version(self) -> str:
        """The newest version of the API that the engine speaks."""
        return str(json.loads(self._http.request("GET", "/version"))["ApiVersion"])

    def engine_version(self) -> dict[str, Any]:
        """What the engine and its parts are called."""
        return dict(self.ask("GET", "/version"))

    def info(self) -> dict[str, Any]:
        """The engine's own description of itself and its machine."""
        return dict(self.ask("GET", "/info"))

    def inspect_image(self, reference: str) -> dict[str, Any]:
        """An image. Raises `NotFound` when the engine does not have it."""
        return dict(self.ask("GET", f"/images/{name(reference)}/json"))

    def images(self, **filters: list[str]) -> list[dict[str, Any]]:
        """The images that fit all filters."""
        return list(self.ask("GET", "/images/json", filters=filters))

    def tag_image(self, reference: str, repository: str, tag: str) -> None:
        """Give an image one more name."""
        self.ask("POST", f"/images/{name(reference)}/tag", repo=repository, tag=tag)

    def remove_image(self, reference: str, *, force: bool = False) -> None:
        """Remove a name of an image, and the image with its last one."""
        self.ask("DELETE", f"/images/{name(reference)}", force=force)

    def import_image(self, data: bytes, reference: str, changes: list[str], seconds: float) -> None:
        """Make an image of a tar archive of its files; changes are lines of a Dockerfile.

        Raises `ProbeImageError` for an error that stands in an answer of status 200.
        """
        repository, _, tag = reference.rpartition(":")
        query = {"fromSrc": "-", "repo": repository, "tag": tag, "changes": changes}
        words = ""
        for line in self._lines("/images/create", query, data, seconds):
            words = str(line.get("error", "")) or words
        if words:
            message = f"the engine does not take the image {reference}: {words}"
            raise ProbeImageError(message, hint="look for space on the board: docker system df")

    def build_image(
        self, context: bytes, query: Mapping[str, object], seconds: float
    ) -> Iterator[dict[str, Any]]:
        """Build an image of a tar archive with a Dockerfile.

        What the engine says of it, line by line.
        """
        return self._lines("/build", texts(query), context, seconds)

    def _lines(
        self, path: str, query: Mapping[str, object], data: bytes, seconds: float
    ) -> Iterator[dict[str, Any]]:
        with self._http.stream("POST", self._path(path), query, data, seconds=seconds) as answer:
            for line in answer:
                if line.strip():
                    yield dict(json.loads(line))

    def containers(self, *labels: str) -> list[dict[str, Any]]:
        """Every container with these labels, ended ones too."""
        return list(self.ask("GET", "/containers/json", all=True, filters={"label": list(labels)}))

    def create_container(self, body: dict[str, object], called: str = "") -> str:
        """Make a container as `body` says; its id."""
        query = {"name": called} if called else {}
        return str(self.ask("POST", "/containers/create", body, **query)["Id"])

    def start_container(self, container: str) -> None:
        """Start a container that was made."""
        self.ask("POST", f"/containers/{container}/start")

    def remove_container(self, container: str) -> None:
        """End a container and remove it with its anonymous volumes."""
        self.ask("DELETE", f"/containers/{container}", v=True, force=True)

    def attach(self, container: str, *, stdin: bool, seconds: float) -> Opened:
        """A connection to what the container prints, and to its standard input.

        No HTTP from here on.

        Raises `ApiError` when the engine gives an ordinary answer in place of the connection.
        """
        query = texts({"stdout": True, "stderr": True, "stream": True, "stdin": stdin})
        upgrade = {"Connection": "Upgrade", "Upgrade": "tcp"}
        path = self._path(f"/containers/{container}/attach")
        opened = self._http.opened("POST", path, query, seconds=seconds, headers=upgrade)
        if opened.response.status != http.HTTPStatus.SWITCHING_PROTOCOLS:
            opened.close()
            raise ApiError(opened.response.status, "the engine does not hand over the connection")
        return opened

    def removal(self, container: str) -> Opened:
        """Ask to be told when a container is removed.

        The answer begins at once, its content comes when the container is gone.
        """
        path = self._path(f"/containers/{container}/wait")
        query = {"condition": "removed"}
        return self._http.opened("POST", path, query, seconds=REQUEST_SECONDS)

    def wait_removed(self, container: str) -> None:
        """Return when a container is removed, also when it is already."""
        with contextlib.suppress(NotFound), contextlib.closing(self.removal(container)) as told:
            told.response.read()

    def inspect_volume(self, volume: str) -> dict[str, Any]:
        """A volume. Raises `NotFound` when the engine does not have it."""
        return dict(self.ask("GET", f"/volumes/{name(volume)}"))

    def volumes(self, label: str) -> list[dict[str, Any]]:
        """The volumes with a label."""
        return list(self.ask("GET", "/volumes", filters={"label": [label]})["Volumes"] or ())

    def remove_volume(self, volume: str) -> None:
        """Remove a volume."""
        self.ask("DELETE", f"/volumes/{name(volume)}")


def name(reference: str) -> str:
    """A reference as part of a path: the engine takes slashes and colons as they are."""
    return quote(reference, safe="/:@")


def texts(query: Mapping[str, object]) -> dict[str, object]:
    """Query values as the API wants them: 1 and 0, and JSON for objects."""
    return {key: text_of(value) for key, value in query.items()}


def text_of(value: object) -> object:
    """One query value."""
    if isinstance(value, bool):
        return int(value)
    return json.dumps(value) if isinstance(value, dict) else value
