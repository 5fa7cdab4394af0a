"""What a balena device would not apply as written, said only of projects with feature labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.words import Severity
from tests.unit.compose.grants.conftest import one

if TYPE_CHECKING:
    from pathlib import Path


TRAPS = """\
device_cgroup_rules: ["c 89:* rw", "c 188:* rw"]
runtime: runc
uts: host
gpus: all
volumes:
  - /dev/ttyUSB0:/dev/ttyUSB0
  - ./conf:/etc/app
  - /run/dbus:/run/dbus:ro
  - /sys:/sys
  - /var/log/journal:/var/log/journal:ro
"""


def test_what_a_balena_device_would_not_apply(base: Path) -> None:
    _, findings = one(base, f"{TRAPS}labels: {{io.balena.features.sysfs: '1'}}")
    told = [
        (finding.rule, finding.severity, finding.place.line if finding.place else 0)
        for finding in findings
    ]
    assert told == [
        ("HW036", Severity.WARNING, 5),
        ("HW036", Severity.WARNING, 7),
        ("HW036", Severity.WARNING, 8),
        ("HW036", Severity.WARNING, 6),
        ("HW037", Severity.WARNING, 10),
        ("HW037", Severity.WARNING, 11),
        ("HW037", Severity.NOTE, 12),
        ("HW037", Severity.WARNING, 14),
    ]
    remedies = {finding.place.line: finding.remedy for finding in findings if finding.place}
    assert remedies[10] == 'use devices: ["/dev/ttyUSB0:/dev/ttyUSB0"]'
    assert remedies[11] == "use a named volume"
    assert remedies[12] == "write the label io.balena.features.dbus: '1'"


def test_a_plain_docker_project_hears_nothing_of_balena(base: Path) -> None:
    _, findings = one(base, TRAPS)
    assert findings == ()
