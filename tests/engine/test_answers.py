"""What a container answers is passed on or refused in plain words, and the container is gone."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from engines import PROJECT, containers, empty_image, named, run_of
from waiting import soon

from hwaccess.agent.answer import ANSWER_LIMIT
from hwaccess.errors import ProbeError, ProbeImageError
from hwaccess.model import ProbeIn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docker import APIClient

    from hwaccess.engine.docker_engine import DockerEngine

pytestmark = pytest.mark.docker


@pytest.fixture(autouse=True)
def nothing_is_left(client: APIClient) -> Iterator[None]:
    """No test of this file leaves a container of its own behind; the engine removes it at once."""
    before = containers(client)
    yield
    assert soon(lambda: not own(client) - before)


def own(client: APIClient) -> set[str]:
    """Containers whose process is this one: other workers of the suite use the same engine."""
    from hwaccess.engine import owner  # noqa: PLC0415 -- for this one name

    filters = {"label": f"{owner.OWNER}={owner.current()}"}
    return {str(one["Id"]) for one in client.containers(all=True, filters=filters)}


@pytest.mark.parametrize(
    ("request_code", "answer"),
    [
        ("pass", b""),
        ("print('no JSON at all', end='')", b"no JSON at all"),
        ("os.write(1, bytes(range(256)))", bytes(range(256))),
        ("print('half', end=''); sys.stdout.flush(); os._exit(7)", b"half"),
        ("os.kill(os.getpid(), 9) or sys.exit(3)", b""),  # pid 1 is safe from its own SIGKILL
    ],
    ids=["nothing", "garbage", "bytes", "half", "killed"],
)
def test_an_answer_is_passed_on_as_it_is(
    code: DockerEngine, request_code: str, answer: bytes
) -> None:
    run = code.run_service(run_of(named()), request_code, 20)

    assert (run.answer, run.refusal) == (answer, None)


def test_standard_error_is_the_log(code: DockerEngine) -> None:
    run = code.run_service(
        run_of(named()), "sys.stderr.write('x' * 200_000 + 'the end'); print(1)", 20
    )

    assert run.answer == b"1\n"
    assert run.log.endswith("the end")
    assert len(run.log) == 1 << 16


def test_an_answer_of_just_the_limit_is_taken(code: DockerEngine) -> None:
    run = code.run_service(run_of(named()), f"sys.stdout.write('x' * {ANSWER_LIMIT})", 20)

    assert len(run.answer or b"") == ANSWER_LIMIT


def test_more_than_the_limit_is_an_error(code: DockerEngine) -> None:
    with pytest.raises(ProbeError, match="more than 1048576 bytes"):
        code.run_service(run_of(named()), "while True: print('x' * 65536)", 20)


def test_an_agent_that_hangs_is_ended(code: DockerEngine) -> None:
    started = time.monotonic()

    with pytest.raises(ProbeError, match=r"no answer in 1 s"):
        code.run_service(run_of(named()), "import time; time.sleep(600)", 1)

    assert time.monotonic() - started < 10


def test_a_request_too_long_for_an_argument_goes_through_standard_input(code: DockerEngine) -> None:
    run = code.run_service(
        run_of(named()), "#" + "x" * 300_000 + "\nprint(len(text) > 300_000, sys.argv[1])", 20
    )

    assert run.answer == b"True -\n"


def test_services_run_side_by_side(code: DockerEngine) -> None:
    barrier, answers = threading.Barrier(4), {}

    def one(number: int) -> None:
        barrier.wait()
        answers[number] = code.run_service(run_of(named()), f"print({number})", 60).answer

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {number: f"{number}\n".encode() for number in range(4)}


def test_an_image_from_scratch_with_a_read_only_root_runs_the_agent(
    code: DockerEngine, client: APIClient
) -> None:
    image = empty_image(client, "scratch", ("USER 1234", "ENV FROM_IMAGE=yes"))
    try:
        service = named(values={"image": image, "read_only": "true"})
        run = code.run_service(
            run_of(service), "print(os.getuid(), os.environ['FROM_IMAGE'], os.listdir('/'))", 20
        )
    finally:
        client.remove_image(image)

    assert run.probe_in is ProbeIn.SERVICE_IMAGE
    assert (run.answer or b"").startswith(b"1234 yes [")
    assert not [line for line in run.substitutions if "stands in for hwaccess-test" in line]


@pytest.mark.parametrize("sign", "-_")
def test_a_built_image_is_found_by_the_name_that_compose_gives_it(
    code: DockerEngine, client: APIClient, sign: str
) -> None:
    image = empty_image(client, "built")
    client.tag(image, f"{PROJECT}{sign}app", "latest")
    try:
        run = code.run_service(run_of(named()), "print(1)", 20)
    finally:
        client.remove_image(f"{PROJECT}{sign}app:latest")
        client.remove_image(image)

    assert run.probe_in is ProbeIn.SERVICE_IMAGE


def test_the_probe_image_stands_in_and_that_is_told(code: DockerEngine) -> None:
    run = code.run_service(run_of(named(values={"image": "nobody/has:this"})), "print(1)", 20)

    assert run.probe_in is ProbeIn.PROBE_IMAGE
    assert "the probe image stands in for nobody/has:this" in run.substitutions[0]


def test_the_probe_image_can_be_forced(code: DockerEngine, client: APIClient) -> None:
    image = empty_image(client, "forced")
    try:
        service = named(values={"image": image})
        run = code.run_service(run_of(service, probe_in=ProbeIn.PROBE_IMAGE), "print(1)", 20)
    finally:
        client.remove_image(image)

    assert run.probe_in is ProbeIn.PROBE_IMAGE


def test_a_forced_image_that_is_not_there_is_an_error(code: DockerEngine) -> None:
    service = named(values={"image": "nobody/has:this"})

    with pytest.raises(ProbeImageError, match="nobody/has:this"):
        code.run_service(run_of(service, probe_in=ProbeIn.SERVICE_IMAGE), "print(1)", 20)
