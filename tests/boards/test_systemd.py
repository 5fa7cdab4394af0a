"""systemd as a container's first process, as INITSYSTEM=on makes it: privileged it works."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from virtual import Virtual

pytestmark = pytest.mark.board("pc")
IMAGE = "hwaccess-test-systemd"
# The board's own root as an image, without what a container has no use for; no registry is within
# reach.
PACK = f"""
left_out = ["boot", "usr/lib/modules", "usr/lib/firmware", "usr/lib/udev/hwdb*",
            "usr/sbin/dockerd", "usr/sbin/runc", "usr/bin/containerd*", "usr/bin/ctr",
            "usr/libexec/docker", "usr/share", "var/lib/docker", "var/lib/containerd"]
excludes = ["--exclude=./" + path for path in left_out]
words = ["tar", "-C", "/", "--one-file-system", "-cf", "-", *excludes, "."]
tar = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
engine = socket.socket(socket.AF_UNIX)
engine.connect("/run/docker.sock")
engine.sendall(b"POST /v1.41/images/create?fromSrc=-&repo={IMAGE} HTTP/1.1\\r\\nHost: board\\r\\n"
               b"Transfer-Encoding: chunked\\r\\nConnection: close\\r\\n\\r\\n")
while data := tar.stdout.read(1 << 20):
    engine.sendall(b"%x\\r\\n" % len(data) + data + b"\\r\\n")
engine.sendall(b"0\\r\\n\\r\\n")
answer = b""
while data := engine.recv(65536):
    answer += data
print(answer.decode())
"""
ASK = ["systemctl", "is-active", "default.target"]
SECONDS = 90


@pytest.fixture(scope="module")
def image(session_pc: Virtual) -> Iterator[str]:
    assert "sha256:" in session_pc.on_board(PACK)
    yield IMAGE
    session_pc.client.remove_image(IMAGE, force=True)


def started(pc: Virtual, image: str, *, privileged: bool) -> str:
    host = pc.client.create_host_config(privileged=privileged)
    made = pc.client.create_container(
        image, command=["/usr/lib/systemd/systemd"], host_config=host, tty=True
    )  # where it says why
    pc.client.start(made["Id"])
    return str(made["Id"])


def asked(pc: Virtual, container: str, words: list[str]) -> str:
    made = pc.client.exec_create(container, words)
    output: bytes = pc.client.exec_start(made["Id"])
    return output.decode().strip()


def test_privileged_it_reaches_its_default_target(session_pc: Virtual, image: str) -> None:
    container = started(session_pc, image, privileged=True)
    try:
        deadline = time.monotonic() + SECONDS
        while (said := asked(session_pc, container, ASK)) != "active":
            assert time.monotonic() < deadline, said
        assert asked(session_pc, container, ["cat", "/proc/1/comm"]) == "systemd"
    finally:
        session_pc.client.remove_container(container, force=True)


def test_without_privileged_it_ends_and_both_it_and_the_check_say_why(
    pc: Virtual, image: str
) -> None:
    container = started(pc, image, privileged=False)
    try:
        assert pc.client.wait(container, timeout=SECONDS)["StatusCode"] != 0
        assert "Operation not permitted" in pc.client.logs(container).decode()
    finally:
        pc.client.remove_container(container, force=True)
    compose = f"services: {{init: {{image: {image}, x-hwaccess: {{reach: [privileged]}}}}}}"
    (result,) = (
        result for result in pc.results(compose).values() if result.check.access == "privileged"
    )
    assert (result.verdict.layer, result.verdict.rule) == ("capability", "HW310")
