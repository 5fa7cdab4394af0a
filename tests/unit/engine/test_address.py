"""Which engine an address, the environment and the docker command's settings stand for."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from hwaccess.engine.address import DEFAULT, resolve
from hwaccess.engine.tunnel import command
from hwaccess.errors import BoardAddressError

if TYPE_CHECKING:
    from pathlib import Path


def with_context(folder: Path, name: str, endpoint: dict[str, object]) -> dict[str, str]:
    """Settings of the docker command whose current context is `name`."""
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": name, "Endpoints": {"docker": endpoint}}))
    (folder / "config.json").write_text(json.dumps({"currentContext": name}))
    return {"DOCKER_CONFIG": str(folder)}


def test_an_address_that_is_given_counts_first() -> None:
    endpoint = resolve("unix:///a.sock", {"DOCKER_HOST": "unix:///b.sock"})

    assert (endpoint.url, endpoint.socket_path, endpoint.origin) == (
        "unix:///a.sock",
        "/a.sock",
        "given",
    )


def test_docker_host_counts_before_the_context(tmp_path: Path) -> None:
    settings = with_context(tmp_path, "pi", {"Host": "ssh://pi@board"})

    assert resolve(None, settings | {"DOCKER_HOST": "tcp://b:2375"}).origin == "DOCKER_HOST"
    assert resolve(None, settings).url == "ssh://pi@board"
    assert resolve(None, settings).origin == "docker context pi"


def test_without_anything_it_is_the_default(tmp_path: Path) -> None:
    assert resolve(None, {"DOCKER_CONFIG": str(tmp_path)}).url == DEFAULT
    assert (
        resolve(None, {"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "default"}).url == DEFAULT
    )


def test_certificates_are_where_the_docker_command_looks(tmp_path: Path) -> None:
    tls = resolve("tcp://b:2376", {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}).tls

    assert tls is not None
    assert (tls.folder, tls.verify) == (tmp_path, True)
    assert resolve("tcp://b:2375", {}).tls is None


def test_a_context_brings_its_certificates(tmp_path: Path) -> None:
    settings = with_context(tmp_path, "far", {"Host": "tcp://far:2376", "SkipTLSVerify": True})
    folder = tmp_path / "contexts" / "tls" / hashlib.sha256(b"far").hexdigest() / "docker"
    folder.mkdir(parents=True)

    tls = resolve(None, settings).tls

    assert tls is not None
    assert (tls.folder, tls.verify) == (folder, False)


@pytest.mark.parametrize(
    "address",
    [
        "board", "/var/run/docker.sock", "http://b", "unix://", "unix://relative", "tcp://",
        "tcp://b:many", "ssh://", "ssh://-oProxyCommand=evil", "unix://host/path",
    ],
)  # fmt: skip
def test_what_is_no_address_is_a_wrong_use_with_the_forms(address: str) -> None:
    with pytest.raises(BoardAddressError) as caught:
        resolve(address, {})

    assert address in caught.value.message
    assert "ssh://USER@HOST" in caught.value.hint


def test_a_context_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BoardAddressError, match="'gone' names no engine"):
        resolve(None, {"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "gone"})


def test_settings_that_are_no_json_are_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")

    with pytest.raises(BoardAddressError, match=r"config\.json cannot be read"):
        resolve(None, {"DOCKER_CONFIG": str(tmp_path)})


def test_the_ssh_command_names_user_port_and_socket(tmp_path: Path) -> None:
    words = command("ssh://pi@board:2222", tmp_path / "s", "/run/podman.sock")

    assert words[-3:-1] == ["--", "pi@board"]
    assert words[-1].endswith("exec cat' /run/podman.sock")
    assert words[words.index("-p") + 1] == "2222"
    assert words[words.index("-L") + 1] == f"{tmp_path}/s:/run/podman.sock"
