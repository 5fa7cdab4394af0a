"""The SDK's calls that its stubs leave without types, with the types that they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docker import APIClient


def create_container(client: APIClient, body: dict[str, object], name: str | None = None) -> str:
    """POST /containers/create with `body` as it is; the container's id."""
    answer = client.create_container_from_config(body, name=name)  # type: ignore[no-untyped-call]
    return str(answer["Id"])


def inspect_image(client: APIClient, reference: str) -> dict[str, Any]:
    """GET /images/REFERENCE/json."""
    return dict(client.inspect_image(reference))  # type: ignore[no-untyped-call]
