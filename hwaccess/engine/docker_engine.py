"""The engine of a board through its HTTP API: what `engine/base.py` promises. Thread safe."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
import time
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

from hwaccess.engine import owner, sweep
from hwaccess.engine.api import ApiClient, NotFound
from hwaccess.engine.api_errors import engine_errors
from hwaccess.engine.base import AgentRun, EngineInfo, ImageInfo, ServiceRun, Swept
from hwaccess.engine.container import ContainerRun, Ended, Removals
from hwaccess.engine.mounts import named_volumes, real_name
from hwaccess.engine.payload import Start, board_body, service_body
from hwaccess.engine.runtime import Prepared, RuntimeMaker
from hwaccess.engine.tunnel import Tunnel
from hwaccess.errors import ProbeError, ProbeImageError
from hwaccess.model import ProbeIn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hwaccess.engine.address import Endpoint

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")
ARCHITECTURES: Final = {"amd64": "x86_64", "arm64": "aarch64", "arm": "armv7l", "386": "i686"}


def watched(
    method: Callable[Concatenate[DockerEngine, Parameters], Returned],
) -> Callable[Concatenate[DockerEngine, Parameters], Returned]:
    """Let a method say that the connection was lost, where there is one that can be."""

    @functools.wraps(method)
    def through(
        self: DockerEngine, /, *args: Parameters.args, **kwargs: Parameters.kwargs
    ) -> Returned:
        with self.tunnel.watched() if self.tunnel else contextlib.nullcontext():
            return method(self, *args, **kwargs)

    return through


class DockerEngine:
    """An `Engine` at an endpoint.

    Every thread has a client of its own: a connection carries one request at a time.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.url = endpoint.url
        self._run = owner.new_run()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._count = threading.Lock()
        self._closing = threading.Event()
        self._removals = Removals()
        # What makes containers and has not come to its end: they may be left, and are looked for.
        self._unfinished = 0
        self._clients: list[ApiClient] = []
        self._api: str | None = None
        self._info: EngineInfo | None = None
        self._prepared: Prepared | None = None
        self.tunnel = Tunnel(endpoint.url) if endpoint.scheme == "ssh" else None
        try:
            self._client()
        except BaseException:
            self._disconnect()
            raise

    def _client(self) -> ApiClient:
        """This thread's client."""
        client: ApiClient | None = getattr(self._local, "client", None)
        if client is None:
            with engine_errors(self.url, "connect"):
                if not self._api:
                    with contextlib.closing(self._new_client()) as first:
                        self._api = first.api_version()
                client = self._new_client(self._api)
            self._local.client = client
            with self._lock:
                self._clients.append(client)
        return client

    def _new_client(self, version: str = "") -> ApiClient:
        url = f"unix://{self.tunnel.socket}" if self.tunnel else self.url
        return ApiClient(url, self.endpoint.tls, version)

    @watched
    def info(self) -> EngineInfo:
        """Who it is; asked once."""
        if self._info is None:
            client = self._client()
            with engine_errors(self.url, "ask for information"):
                self._info = engine_info(client.info(), client.engine_version())
        return self._info

    @watched
    def image(self, reference: str) -> ImageInfo | None:
        """An image the engine has, or None."""
        client = self._client()
        with engine_errors(self.url, f"look for the image {reference}"):
            try:
                found = client.inspect_image(reference)
            except NotFound:
                return None
        config = found.get("Config") or {}
        return ImageInfo(
            id=found["Id"],
            user=config.get("User") or "",
            labels=tuple(sorted((config.get("Labels") or {}).items())),
            environment=tuple(config.get("Env") or ()),
            arch=found.get("Architecture") or "",
        )

    @watched
    def prepare(self, progress: Callable[[str], None]) -> None:
        """Make the probe image and the runtime volume unless they are there."""
        self._runtime(progress)

    def _runtime(self, progress: Callable[[str], None] = lambda _line: None) -> Prepared:
        info = self.info()
        client = self._client()
        with self._lock:
            if self._prepared is None:
                maker = RuntimeMaker(client, self.url, self._run, progress)
                with self._making():
                    self._prepared = maker.prepare(info.arch)
            return self._prepared

    @contextlib.contextmanager
    def _making(self) -> Iterator[None]:
        """What is inside makes containers; when it is left by an error, they are looked for."""
        with self._count:
            self._unfinished += 1
        yield
        with self._count:
            self._unfinished -= 1

    @watched
    def run_service(
        self, run: ServiceRun, request: str, seconds: float, *, wait: bool = True
    ) -> AgentRun:
        """Start the service's container with its grants, ask its agent, and remove it.

        The agent gets `request`, and its answer is taken. Without wait, the engine may still be
        removing the container; `close` waits for it.
        """
        started = time.monotonic()
        prepared = self._runtime()
        image, probe_in, told = self._choose_image(run, prepared)
        stands_in = probe_in is ProbeIn.PROBE_IMAGE
        start = Start(
            image=image,
            entrypoint=prepared.entrypoint,
            request=request,
            labels=owner.labels(self._run),
            volume=None if stands_in else prepared.volume,
            existing=self._existing_volumes(run),
            environment=os.environ,
            api=tuple(int(part) for part in str(self._api).split(".")),
        )
        body, substitutions = service_body(run, start)
        ended = self._run_container(body, start, seconds, wait=wait)
        return agent_run(ended, probe_in, (*told, *substitutions), time.monotonic() - started)

    @watched
    def run_board_probe(self, request: str, seconds: float) -> AgentRun:
        """Ask the agent in a container that reads the board.

        The container sees the board's file system read-only at /host and has no network.
        """
        started = time.monotonic()
        prepared = self._runtime()
        start = Start(prepared.image, prepared.entrypoint, request, owner.labels(self._run))
        options = self.info().security_options
        body = board_body(start, selinux="selinux" in options, user_namespace="userns" in options)
        ended = self._run_container(body, start, seconds, wait=True)
        return agent_run(ended, ProbeIn.PROBE_IMAGE, (), time.monotonic() - started)

    def _run_container(
        self, body: dict[str, object], start: Start, seconds: float, *, wait: bool
    ) -> Ended:
        stdin = start.request.encode() if start.through_stdin else None
        if stdin is not None and self.endpoint.scheme == "tcp" and self.endpoint.tls:
            message = (
                f"the request is {len(stdin)} bytes, too long for an argument, "
                "and TLS cannot end an input"
            )
            raise ProbeError(
                message, hint="check fewer accesses at once (--service, --access) or use ssh://"
            )
        removals = Removals() if wait else self._removals
        container = ContainerRun(self._client(), self.url, self._closing, removals)
        with self._making():
            ended = container.run(body, stdin, seconds)
            if wait:
                with engine_errors(self.url, "remove a container"):
                    removals.wait()
        return ended

    def _choose_image(
        self, run: ServiceRun, prepared: Prepared
    ) -> tuple[str, ProbeIn, tuple[str, ...]]:
        """The image to start, which kind it is, and what is to be told about it."""
        name = run.service.name
        names = (
            (run.service.image,)
            if run.service.image
            else (f"{run.project}-{name}", f"{run.project}_{name}")
        )
        if run.probe_in is not ProbeIn.PROBE_IMAGE:
            found = next((reference for reference in names if self.image(reference)), None)
            if found:
                return found, ProbeIn.SERVICE_IMAGE, ()
        if run.probe_in is ProbeIn.SERVICE_IMAGE:
            message = f"the board does not have the image of service {name}: {' or '.join(names)}"
            raise ProbeImageError(
                message,
                hint=f"get it there: docker compose pull {name}, or docker compose build {name}",
            )
        line = (
            f"the probe image stands in for {names[0]}: "
            "users, groups and files of the service's own image are not seen"
        )
        return prepared.image, ProbeIn.PROBE_IMAGE, (line,)

    def _existing_volumes(self, run: ServiceRun) -> frozenset[str]:
        """The real names of the service's named volumes that the board has."""
        client = self._client()
        found = set()
        for name in (real_name(run, source) for source in named_volumes(run)):
            with (
                engine_errors(self.url, f"look for the volume {name}"),
                contextlib.suppress(NotFound),
            ):
                client.inspect_volume(name)
                found.add(name)
        return frozenset(found)

    @watched
    def sweep(self, *, everything: bool = False) -> Swept:
        """Remove what runs that are dead left behind.

        With everything also the probe image and runtime volume.
        """
        client = self._client()
        with engine_errors(self.url, "sweep"):
            containers = sweep.containers(client)
            if not everything:
                return Swept(containers)
            with self._lock:
                self._prepared = None
            return Swept(containers, sweep.images(client), sweep.volumes(client))

    def close(self) -> None:
        """Give back the connection.

        Containers that still run for this process are removed first.
        """
        self._closing.set()
        try:
            self._remove_own()
        finally:
            self._removals.close()
            self._disconnect()

    @watched
    def _remove_own(self) -> None:
        """Remove what this run still has there, and wait for what is being removed."""
        with engine_errors(self.url, "remove this run's containers"):
            if self._unfinished:
                sweep.own_containers(self._client(), self._run)
            self._removals.wait()

    def _disconnect(self) -> None:
        for client in self._clients:
            client.close()
        self._clients.clear()
        if self.tunnel:
            self.tunnel.close()


def agent_run(ended: Ended, probe_in: ProbeIn, told: tuple[str, ...], seconds: float) -> AgentRun:
    """What a container left, as the engine's answer."""
    return AgentRun(probe_in, ended.output, ended.log, ended.refusal, told, seconds)


def engine_info(info: dict[str, object], version: dict[str, object]) -> EngineInfo:
    """The engine's own description of itself, as far as it matters."""
    arch = str(info.get("Architecture", ""))
    options = info.get("SecurityOptions")
    runtimes = info.get("Runtimes")
    return EngineInfo(
        name=str(info.get("Name", "")),
        version=str(info.get("ServerVersion", "")),
        product=product_of(info, version),
        kernel=str(info.get("KernelVersion", "")),
        arch=ARCHITECTURES.get(arch, arch),
        operating_system=str(info.get("OperatingSystem", "")),
        cgroup=2 if str(info.get("CgroupVersion", "1")).endswith("2") else 1,
        security_options=tuple(security_option(str(option)) for option in options)
        if isinstance(options, list)
        else (),
        runtimes=tuple(sorted(runtimes)) if isinstance(runtimes, dict) else (),
    )


def security_option(text: str) -> str:
    """`name=seccomp,profile=default` -> `seccomp`."""
    return dict(part.partition("=")[::2] for part in text.split(",")).get("name", text)


def product_of(info: dict[str, object], version: dict[str, object]) -> str:
    """Docker, Podman or balenaEngine: told by the names of their parts."""
    components = version.get("Components")
    names = (
        [str(part.get("Name")) for part in components if isinstance(part, dict)]
        if isinstance(components, list)
        else []
    )
    if any("podman" in name.lower() for name in names):
        return "Podman"
    return "balenaEngine" if str(info.get("InitBinary", "")).startswith("balena") else "Docker"
