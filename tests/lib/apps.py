"""An app's repository with its own tests, run by a pytest process with the plugin as installed."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

ROOT = Path(__file__).parents[2]
PORT = """\
services:
  port:
    image: example.com/port:1
    cap_add:
      - SYS_RAWIO
  web:
    image: example.com/web:1
    x-hwaccess:
      deny:
        - rawio
"""
PORT_IDS = [
    "compose.yaml::port::rawio",
    "compose.yaml::port::confinement",
    "compose.yaml::web::rawio",
    "compose.yaml::web::confinement",
]
ABSENT = """\
services:
  absent:
    image: hwaccess.invalid/none
    devices: ["/dev/hwaccess-none:/dev/hwaccess-none"]
"""
USELESS = """\
services:
  port:
    image: example.com/port:1
    user: "1000:1000"
    cap_add:
      - SYS_RAWIO
"""
SKIPPED = """\
services:
  sensor:
    image: example.com/sensor:1
    x-hwaccess:
      reach:
        - i2c: /dev/i2c-1
          addresses: [0x48]
"""


def plugin_options() -> list[str]:
    """What loads the plugin: nothing when it is installed, for then its entry point does."""
    installed = any(
        point.value == "hwaccess.pytest_plugin" for point in entry_points(group="pytest11")
    )
    return [] if installed else ["-p", "hwaccess.pytest_plugin"]


def command(*options: str) -> list[str]:
    """The command line of pytest in an app's repository."""
    base = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugin_options()]
    return [*base, *options]


def prepare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the other process find this checkout, unless hwaccess is installed."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
