"""The findings that loading can make; a file that cannot be used at all is a ComposeError and has no rule."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Rule
from hwaccess.words import Finding, Place, Severity

UNKNOWN_FIELD: Final = Rule(
    "HW001",
    "a field that compose does not know",
    """\
Compose has no field of this name in this section. Current versions of compose refuse such a file; old ones and other
readers of compose files drop the field without a word, so that the grant it was meant to give never exists.

Look-alikes: a field that exists but stands in the wrong section is HW002; a field that exists and is written in the
wrong form is reported with its own rule.

Mend it by correcting the name. The ones that most often cost a device:

    devices:              # not: device
      - /dev/i2c-1
    cap_add:              # not: cap-add, caps, capabilities
      - SYS_RAWIO
    privileged: true      # not: privilege
    device_cgroup_rules:  # not: cgroup_rules
      - "c 89:* rw"

A field that only your own tools read begins with `x-`: compose passes over it in every section.
""",
)
MISPLACED_FIELD: Final = Rule(
    "HW002",
    "a field that stands in the wrong section",
    """\
Compose knows the field, but in another section; where it stands it does nothing. Nearly always the indentation is off
by one level: `devices:` at the left margin instead of under a service, or under `deploy:` instead of beside it.

Mend it by moving the lines:

    services:
      sensor:
        image: example/sensor
        devices:            # below the service, level with image
          - /dev/i2c-1
""",
)
UNKNOWN_TAG: Final = Rule(
    "HW003",
    "a YAML tag that means nothing to compose",
    """\
Compose acts on two tags when files are merged: `!reset` takes the base file's value away, `!override` puts the new
value in its place instead of adding to it. Any other `!tag` is passed over and the value is merged as usual, so a
misspelt `!reset` leaves the device or capability in the container.

    services:
      sensor:
        devices: !reset []
        cap_add: !override [SYS_RAWIO]
""",
)
UNKNOWN_VERSION: Final = Rule(
    "HW004",
    "a version that no compose file format has",
    """\
`version` may be 2, 2.0 to 2.4, 3, 3.0 to 3.9, or be left out. Current compose does not read it; older readers (and the
builders of some device platforms) choose the set of fields by it and refuse a number that they do not know.

Mend it by deleting the line, or with `version: "2.4"` where an old reader needs one. Quote it: `3.10` without quotes
is the number 3.1.
""",
)
UNSET_VARIABLE: Final = Rule(
    "HW005",
    "a variable that is not set anywhere",
    """\
The value names a variable that neither the environment nor an env file sets, so compose puts empty text in its place.
A device path with a hole in it is another path: `/dev/${PORT}` becomes `/dev/`, which is a whole directory.

Mend it in one of three places:

    PORT=ttyUSB0 hwaccess check             # for one run
    echo PORT=ttyUSB0 >> .env               # beside the compose file
    devices: ["/dev/${PORT:-ttyUSB0}"]      # a default in the file; ${PORT:?which port} makes it an error

A dollar sign that is meant as one is written twice: `$$`.
""",
)
SEVERAL_FILES: Final = Rule(
    "HW006",
    "several compose files in one directory",
    """\
The directory holds more than one file with a name that compose looks for; compose takes the first of `compose.yaml`,
`compose.yml`, `docker-compose.yml`, `docker-compose.yaml` and does not read the others. Of the override files
(`compose.override.yml` and so on) it also takes the first only.

Mend it by naming the file that you mean, or by removing the stale one:

    hwaccess check docker-compose.yml
""",
)
UNKNOWN_PROFILE: Final = Rule(
    "HW007",
    "a profile that no service has",
    """\
A profile was asked for (`--profile` or COMPOSE_PROFILES) and no service lists it, so asking for it switched nothing
on. Services that list only other profiles stay out of the run and their hardware is not checked.

Mend it by correcting the name, by adding it to the service, or switch everything on with `--profile '*'`:

    services:
      sensor:
        profiles: [hil]     # hwaccess check --profile hil
""",
)

RULES: Final = (
    UNKNOWN_FIELD,
    MISPLACED_FIELD,
    UNKNOWN_TAG,
    UNKNOWN_VERSION,
    UNSET_VARIABLE,
    SEVERAL_FILES,
    UNKNOWN_PROFILE,
)


class Findings:
    """The findings of one load; each is told once, however often its line is read (aliases, extends, include)."""

    def __init__(self) -> None:
        self._found: dict[object, Finding] = {}

    def warn(
        self,
        rule: Rule,
        summary: str,
        *,
        place: Place | None,
        remedy: str,
        service: str | None = None,
        once: str = "",
    ) -> None:
        """Add a warning. Two with the same rule and `once` (or, without it, the same place) are one."""
        key = (rule.id, once or place)
        self._found.setdefault(key, Finding(rule.id, Severity.WARNING, summary, service, place, remedy))

    def all(self) -> tuple[Finding, ...]:
        """In the order in which they were made."""
        return tuple(self._found.values())
