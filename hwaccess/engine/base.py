"""The Protocol of what an engine can do for hwaccess, and what passes through it.

Without a word of Docker's SDK.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from hwaccess.grants import NamedVolume, Service
    from hwaccess.model import ProbeIn, Refusal


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What the engine says of itself.

    security_options: "seccomp", "apparmor", "selinux", "userns", "rootless", ...
    """

    name: str  # the board's host name
    version: str
    product: str  # "Docker", "Podman", "balenaEngine"
    kernel: str
    arch: str  # as uname -m says it: x86_64, aarch64, armv7l
    operating_system: str
    cgroup: int
    security_options: tuple[str, ...]
    runtimes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """An image that the engine has."""

    id: str
    user: str
    labels: tuple[tuple[str, str], ...]
    environment: tuple[str, ...]
    arch: str


@dataclass(frozen=True, slots=True)
class ServiceRun:
    """How to start a service's container.

    It has the service, where its relative paths start, and what stands in for what.
    skip_mounts are indices into service.mounts that are not made (missing on the board).
    """

    service: Service
    directory: str
    project: str
    volumes: tuple[NamedVolume, ...] = ()
    probe_in: ProbeIn | None = (
        None  # None: the service's own image when the board has it, else the probe image
    )
    skip_mounts: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class AgentRun:
    """What a container's agent said.

    answer is None when the engine refused; log is its standard error.
    substitutions are lines in plain words for what could not be given unchanged (a volume that is
    not there yet, ...).
    """

    probe_in: ProbeIn
    answer: bytes | None
    log: str
    refusal: Refusal | None = None
    substitutions: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep removed: container ids, and with everything=True also images and volumes."""

    containers: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()


class Engine(Protocol):
    """A container engine on a board.

    All methods raise `EngineError` when the engine gives no usable answer.
    """

    def info(self) -> EngineInfo:
        """Who it is; asked once."""

    def image(self, reference: str) -> ImageInfo | None:
        """An image the engine has, or None."""

    def prepare(self, progress: Callable[[str], None]) -> None:
        """Make the probe image and the runtime volume unless they are there.

        Progress gets one line per slow step.
        """

    def run_service(
        self, run: ServiceRun, request: str, seconds: float, *, wait: bool = True
    ) -> AgentRun:
        """Start the service's container with its grants, ask its agent, and remove it.

        The agent gets `request`, and its answer is taken. Without wait, the engine may still be
        removing the container; `close` waits for it.
        """

    def run_board_probe(self, request: str, seconds: float) -> AgentRun:
        """Ask the agent in a container that reads the board.

        The container sees the board's file system read-only at /host and has no network.
        """

    def sweep(self, *, everything: bool = False) -> Swept:
        """Remove what runs that are dead left behind.

        With everything also the probe image and runtime volume.
        """

    def close(self) -> None:
        """Give back the connection.

        Containers that still run for this process are removed first.
        """
