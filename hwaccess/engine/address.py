"""Where the engine is: an address, DOCKER_HOST, or the docker command's own context, in this order.

Only read.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from hwaccess.errors import BoardAddressError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT: Final = "unix:///var/run/docker.sock"
SCHEMES: Final = ("unix", "tcp", "ssh")
FORMS: Final = "use unix:///var/run/docker.sock, tcp://HOST:2376 or ssh://USER@HOST"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Certificates for tcp://. folder holds ca.pem, cert.pem and key.pem.

    Verify: the engine's own one is checked.
    """

    folder: Path
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An engine's address.

    origin says who named it: "given", "DOCKER_HOST", "docker context NAME" or "default".
    """

    url: str
    origin: str
    tls: TlsFiles | None = None

    @property
    def scheme(self) -> str:
        """`unix`, `tcp` or `ssh`."""
        return urlsplit(self.url).scheme

    @property
    def socket_path(self) -> str:
        """The path of a unix:// address."""
        return urlsplit(self.url).path


def resolve(address: str | None, environment: Mapping[str, str]) -> Endpoint:
    """The endpoint that an address, or none, stands for."""
    if address:
        return Endpoint(checked(address), "given", tls_of(environment))
    host = environment.get("DOCKER_HOST")
    if host:
        return Endpoint(checked(host), "DOCKER_HOST", tls_of(environment))
    return context_endpoint(environment) or Endpoint(DEFAULT, "default")


def checked(url: str) -> str:
    """The address, if it is one that an engine can have.

    Raises `BoardAddressError` when it is none.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets with no IPv6 address in them
        parts = urlsplit("")
    if parts.scheme not in SCHEMES:
        message = f"{url!r} is no address of an engine"
        raise BoardAddressError(message, hint=FORMS)
    complete = (
        parts.path.startswith("/") and not parts.netloc
        if parts.scheme == "unix"
        else bool(parts.hostname)
    )
    if not complete or (parts.hostname or "").startswith("-"):
        message = f"{url!r} is not complete"
        raise BoardAddressError(message, hint=FORMS)
    try:
        _ = parts.port
    except ValueError:
        message = f"{url!r} has a port that is no number"
        raise BoardAddressError(message, hint=FORMS) from None
    return url


def tls_of(environment: Mapping[str, str]) -> TlsFiles | None:
    """What DOCKER_TLS_VERIFY and DOCKER_CERT_PATH ask for, as the docker command reads them."""
    folder = environment.get("DOCKER_CERT_PATH")
    verify = bool(environment.get("DOCKER_TLS_VERIFY"))
    if not folder and not verify:
        return None
    return TlsFiles(Path(folder) if folder else settings_folder(environment), verify)


def settings_folder(environment: Mapping[str, str]) -> Path:
    """Where the docker command keeps its settings."""
    return Path(
        environment.get("DOCKER_CONFIG") or Path(environment.get("HOME", "/root"), ".docker")
    )


def context_endpoint(environment: Mapping[str, str]) -> Endpoint | None:
    """The endpoint of the docker command's current context; None for its built-in default.

    Raises `BoardAddressError` when the context names no engine.
    """
    settings = settings_folder(environment)
    name = environment.get("DOCKER_CONTEXT") or read_json(settings / "config.json").get(
        "currentContext"
    )
    if not isinstance(name, str) or name in ("", "default"):
        return None
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = read_json(settings / "contexts" / "meta" / key / "meta.json")
    endpoints = meta.get("Endpoints")
    docker = endpoints.get("docker") if isinstance(endpoints, dict) else None
    host = docker.get("Host") if isinstance(docker, dict) else None
    if not isinstance(docker, dict) or not isinstance(host, str):
        message = f"the docker context {name!r} names no engine"
        raise BoardAddressError(
            message, hint="choose another: docker context ls; docker context use NAME"
        )
    certificates = settings / "contexts" / "tls" / key / "docker"
    tls = TlsFiles(certificates, not docker.get("SkipTLSVerify")) if certificates.is_dir() else None
    return Endpoint(checked(host), f"docker context {name}", tls)


def read_json(path: Path) -> dict[str, object]:
    """The object in a settings file; empty when there is no such file.

    Raises `BoardAddressError` when it cannot be read.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        message = f"{path} cannot be read: {error}"
        raise BoardAddressError(message, hint="fix the file, or set DOCKER_HOST") from error
    return document if isinstance(document, dict) else {}
