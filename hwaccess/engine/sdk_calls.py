"""Requests to the engine that the SDK has without types, without a time limit, or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import docker.errors
import requests

from hwaccess.errors import ProbeImageError

if TYPE_CHECKING:
    from docker import APIClient


def create_container(client: APIClient, body: dict[str, object], name: str | None = None) -> str:
    """POST /containers/create with `body` as it is; the container's id."""
    answer = client.create_container_from_config(body, name=name)  # type: ignore[no-untyped-call]
    return str(answer["Id"])


def inspect_image(client: APIClient, reference: str) -> dict[str, Any]:
    """GET /images/REFERENCE/json."""
    return dict(client.inspect_image(reference))  # type: ignore[no-untyped-call]


def ask_for_removal(client: APIClient, container: str) -> requests.Response:
    """POST /containers/ID/wait, answered at once but for its body, which comes when the container is removed."""
    return post(
        client,
        f"/containers/{container}/wait",
        {"condition": "removed"},
        seconds=client.timeout,
        stream=True,
    )


def import_image(
    client: APIClient, data: bytes, reference: str, changes: list[str], seconds: float
) -> None:
    """POST /images/create from a tar archive; an error may stand in an answer of status 200."""
    repository, _, tag = reference.rpartition(":")
    parameters = {"fromSrc": "-", "repo": repository, "tag": tag, "changes": changes}
    response = post(client, "/images/create", parameters, seconds=seconds, data=data)
    last = response.text.strip().splitlines()[-1:]
    words = str(json.loads(last[0]).get("error", "")) if last else ""
    if words:
        message = f"the engine does not take the image {reference}: {words}"
        raise ProbeImageError(message, hint="look for space on the board: docker system df")


def post(
    client: APIClient,
    path: str,
    parameters: dict[str, Any],
    *,
    seconds: float,
    data: bytes = b"",
    stream: bool = False,
) -> requests.Response:
    """One request; a refusal is the SDK's `APIError`, as if the SDK had made it."""
    headers = {"Content-Type": "application/tar"} if data else {}
    url = f"{client.base_url}/v{client.api_version}{path}"
    response = client.post(
        url, data=data, params=parameters, headers=headers, timeout=seconds, stream=stream
    )
    try:
        response.raise_for_status()
    except requests.exceptions.HTTPError as error:
        docker.errors.create_api_error_from_http_exception(error)
    return response
