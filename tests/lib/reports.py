"""Reports built by hand: each result, provenance and kind of remedy, and findings."""

from __future__ import annotations

from dataclasses import replace

import cases

from hwaccess.model import (
    BoardIdentity,
    Change,
    Check,
    CheckResult,
    Expect,
    Layer,
    Outcome,
    ProbeIn,
    Provenance,
    Remedy,
    Report,
    Result,
    Verdict,
)
from hwaccess.words import Finding, Place, Risk, Severity

BOARD = BoardIdentity(
    name="pi-3",
    url="ssh://pi@rack-2",
    provenance=Provenance.REAL,
    engine="Docker 27.0.1",
    kernel="6.6.51+rpt-rpi-v8",
    arch="aarch64",
    cgroup=2,
    lsm=("capability", "apparmor"),
    model="Raspberry Pi 4 Model B Rev 1.4",
)
PATCH = """\
--- a/compose.yaml
+++ b/compose.yaml
@@ -4,5 +4,5 @@
     image: example.com/sensors:1
-    volumes:
-      - /dev/i2c-1:/dev/i2c-1
     cap_add:
       - SYS_RAWIO
+    devices:
+      - /dev/i2c-1:/dev/i2c-1
"""


def result(
    access: str,
    target: str,
    verdict: Verdict,
    outcome: Result,
    *,
    service: str = "sensors",
    deny: bool = False,
) -> CheckResult:
    """One check with its verdict."""
    expect = Expect.DENY if deny else Expect.REACH
    grants = (cases.device(target),) if target.startswith("/dev") and not deny else ()
    check = Check(service, access, target, expect, Risk.OPEN, grants=grants)
    place = ProbeIn.SERVICE_IMAGE if service == "sensors" else ProbeIn.PROBE_IMAGE
    return CheckResult(check, outcome, verdict, place, 0.012)


MOVE = Remedy(
    "compose",
    "move the node from volumes to devices: /dev/i2c-1:/dev/i2c-1",
    (
        Change("remove", "volumes", "/dev/i2c-1:/dev/i2c-1"),
        Change("add", "devices", "/dev/i2c-1:/dev/i2c-1"),
    ),
    PATCH,
)
RESULTS = (
    result(
        "i2c",
        "/dev/i2c-1",
        Verdict(
            Outcome.BLOCKED,
            "the device cgroup does not let this container open c 89:1",
            "HW112",
            Layer.DEVICE_CGROUP,
            (
                'access("/dev/i2c-1", R_OK|W_OK) = EPERM',
                'open("/dev/i2c-1", O_RDWR) = EPERM',
                "/dev/i2c-1: char 89:1, mode 0660, uid 0, gid 998, driver i2c",
                "mount /dev/i2c-1: devtmpfs rw,nosuid,relatime",
            ),
            ("the group 998 is not among this user's groups",),
            MOVE,
        ),
        Result.FAIL,
    ),
    result(
        "spi",
        "/dev/spidev0.0",
        Verdict(Outcome.REACHABLE, "/dev/spidev0.0 opens, mode 0"),
        Result.PASS,
    ),
    result(
        "mem",
        "/dev/mem",
        Verdict(
            Outcome.ABSENT,
            "the board has no /dev/mem",
            "HW101",
            Layer.BOARD,
            ('open("/dev/mem", O_RDWR) = ENOENT',),
            (),
            Remedy("board", "build the kernel with CONFIG_DEVMEM=y, or use /dev/gpiomem"),
        ),
        Result.FAIL,
    ),
    result(
        "gpio",
        "/dev/gpiochip0",
        Verdict(Outcome.BLOCKED, "not mapped", "HW110", Layer.MOUNT),
        Result.PASS,
        deny=True,
    ),
    result(
        "kernel-modules",
        "",
        Verdict(
            Outcome.UNKNOWN,
            "the probe kernel-modules gave no answer: no answer within 10 s",
            evidence=(
                "hint: raise the time limit with --seconds, or see the log with --format json",
            ),
        ),
        Result.ERROR,
    ),
    result(
        "supervisor-api",
        "",
        Verdict(Outcome.REACHABLE, "answers: 200"),
        Result.PASS,
        service="web|ui",
    ),
    result(
        "i2c",
        "/dev/i2c-1@0x48",
        Verdict(
            Outcome.UNKNOWN,
            "not tried: it takes risk 'read' and this run allows open (--allow read)",
        ),
        Result.SKIP,
        service="web|ui",
    ),
)
FINDINGS = (
    Finding(
        "HW070",
        Severity.WARNING,
        "cap_add SYS_RAWIO does nothing: the service runs as uid 1000",
        "sensors",
        Place("compose.yaml", 9, 9),
        'run it as root (user: "0"), use setcap in the image, or drop the line',
    ),
    Finding(
        "HW001",
        Severity.ERROR,
        "compose knows no field `device` here",
        "web|ui",
        Place("compose.yaml", 14, 5),
        "write devices",
    ),
    Finding("HW075", Severity.NOTE, "the network of another service was left out"),
)
REPORT = Report(
    board=BOARD,
    results=tuple(
        replace(each, log="Traceback: boom\n") if each.result is Result.ERROR else each
        for each in RESULTS
    ),
    findings=FINDINGS,
    started="2026-01-02T03:04:05+00:00",
    seconds=1.234,
    tool="hwaccess 0.1.0",
    files=("compose.yaml",),
)
PASSED = replace(
    REPORT,
    board=replace(
        BOARD,
        name="laptop",
        url="unix:///var/run/docker.sock",
        provenance=Provenance.EMULATED,
        model="",
    ),
    results=tuple(each for each in RESULTS if each.result is Result.PASS),
    findings=(),
)
