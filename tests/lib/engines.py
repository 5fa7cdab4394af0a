"""Services for the engine's tests, and an agent whose request is Python code that it runs."""

from __future__ import annotations

import io
import json
import os
import tarfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from hwaccess.engine import connect
from hwaccess.engine.base import ServiceRun
from hwaccess.engine.inside import ENTRYPOINT
from hwaccess.engine.pack import Item, Runtime, archive, collect
from hwaccess.engine.runtime import FILLED, OWN_IMAGE
from hwaccess.grants import Service, ValueGrant
from hwaccess.words import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import APIClient

    from hwaccess.engine.base import AgentRun
    from hwaccess.engine.docker_engine import DockerEngine
    from hwaccess.grants import NamedVolume

PROJECT = f"hwtest{os.getpid()}"  # several workers of a suite use one engine
PLACE = Place("compose.yaml", 1, 1)
CODE_AGENT = b"""
import os, sys
text = sys.stdin.read() if sys.argv[1] == "-" else sys.argv[1]
exec(compile(text, "request", "exec"))
"""
SHOW = """
import errno, json, os, socket, sys
def tried(function, *arguments):
    try:
        function(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "ok"
def field(name):
    lines = [line.split(":", 1) for line in open("/proc/self/status")]
    return next(value.strip() for key, value in lines if key == name)
def has(name, bit):
    return bool(int(field(name), 16) >> bit & 1)
def mount(point):
    lines = [line.split() for line in open("/proc/self/mounts")]
    return next((words for words in lines if words[1] == point), None)
print(json.dumps(%s))
"""


def named(**fields: Any) -> Service:
    """A service `app` of these grants; `values` may be given as a dictionary."""
    values = fields.pop("values", {})
    grants = (
        ValueGrant(field=key, text=text, place=PLACE, value=text) for key, text in values.items()
    )
    return Service("app", PLACE, values=tuple(grants), **fields)


def run_of(service: Service, **fields: Any) -> ServiceRun:
    """How to start a service, in a project of this process."""
    return ServiceRun(service, "/", PROJECT, **fields)


def ask(
    engine: DockerEngine, service: Service, expression: str, volumes: tuple[NamedVolume, ...] = ()
) -> tuple[Any, AgentRun]:
    """The value of a Python expression inside the service's container, and the whole answer."""
    answer = engine.run_service(run_of(service, volumes=volumes), SHOW % expression, 20)
    assert answer.refusal is None, answer.refusal
    assert answer.answer, answer.log
    return json.loads(answer.answer), answer


def containers(client: APIClient) -> set[str]:
    """Every container of hwaccess on the engine."""
    return {
        str(one["Id"]) for one in client.containers(all=True, filters={"label": "io.hwaccess.run"})
    }


def empty_image(client: APIClient, tag: str, changes: tuple[str, ...] = ()) -> str:
    """An image from scratch: no file in it at all."""
    out = io.BytesIO()
    tarfile.open(fileobj=out, mode="w").close()
    tag = f"{tag}-{os.getpid()}"
    client.import_image_from_data(
        out.getvalue(), repository="hwaccess-test", tag=tag, changes=list(changes)
    )
    return f"hwaccess-test:{tag}"


@contextmanager
def code_engine(client: APIClient) -> Iterator[DockerEngine]:
    """An engine whose agent runs its request as code; its image and volume go at the end."""
    runtime = collect()
    others = tuple(item for item in runtime.items if not item.name.startswith("probes/"))
    items = (*others, Item("probes/agent.py", data=CODE_AGENT))
    words = json.dumps(list(ENTRYPOINT))
    tag = f"code-{os.getpid()}"
    client.import_image_from_data(
        archive(Runtime(items, ENTRYPOINT)),
        repository="hwaccess-test",
        tag=tag,
        changes=[f"ENTRYPOINT {words}"],
    )
    image = f"hwaccess-test:{tag}"
    key = str(client.inspect_image(image)["Id"])[7:23]  # type: ignore[no-untyped-call]
    engine = connect()
    try:
        with pytest.MonkeyPatch.context() as patch:  # only for as long as it is asked
            patch.setenv(OWN_IMAGE, image)
            engine.prepare(lambda _line: None)
        yield engine
    finally:
        engine.close()
        client.remove_volume(f"{FILLED}-{key}")
        client.remove_image(f"{FILLED}:{key}")
        client.remove_image(image)
