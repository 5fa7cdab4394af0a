"""Texts that compose reads as a boolean or a number because their field is one.

`privileged: "yes"` and `${PRIVILEGED}` are examples. Done after interpolation, and for quoted text
too. A text that is no such value stays text; typing tells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.compose.yaml.path import changed_mapping, paths
from hwaccess.compose.yaml.scalars import read_number
from hwaccess.compose.yaml.tree import Scalar

if TYPE_CHECKING:
    from hwaccess.compose.yaml.tree import Mapping, ScalarValue

TRUTH: Final[dict[str, ScalarValue]] = {
    **dict.fromkeys(("true", "yes", "y", "on"), True),
    **dict.fromkeys(("false", "no", "n", "off"), False),
}
SERVICE: Final = "services.*"
BOOLEANS: Final = frozenset(
    {
        f"{SERVICE}.{name}"
        for name in (
            *(
                "attach",
                "init",
                "oom_kill_disable",
                "privileged",
                "read_only",
                "stdin_open",
                "tty",
                "use_api_socket",
            ),
            *("build.no_cache", "build.privileged", "build.pull", "healthcheck.disable"),
            *("volumes.*.read_only", "volumes.*.volume.nocopy", "volumes.*.bind.create_host_path"),
            *("env_file.*.required", "depends_on.*.required", "depends_on.*.restart"),
        )
    }
    | {
        f"networks.*.{name}"
        for name in ("attachable", "enable_ipv4", "enable_ipv6", "external", "internal")
    }
    | {f"{section}.*.external" for section in ("volumes", "secrets", "configs")}
)
NUMBERS: Final = frozenset(
    f"{SERVICE}.{name}"
    for name in (
        *(
            "cpu_count",
            "cpu_percent",
            "cpu_period",
            "cpu_quota",
            "cpu_rt_period",
            "cpu_rt_runtime",
            "cpu_shares",
        ),
        *(
            "cpus",
            "mem_limit",
            "mem_reservation",
            "mem_swappiness",
            "memswap_limit",
            "oom_score_adj",
            "pids_limit",
        ),
        *(
            "scale",
            "shm_size",
            "deploy.replicas",
            "healthcheck.retries",
            "ulimits.*",
            "ulimits.*.hard",
        ),
        *("ulimits.*.soft", "ports.*.target", "volumes.*.tmpfs.size", "volumes.*.tmpfs.mode"),
        *("secrets.*.mode", "configs.*.mode"),
    )
)
PATHS: Final = paths({path: path in BOOLEANS for path in BOOLEANS | NUMBERS})


def cast(model: Mapping) -> Mapping:
    """A whole model with those texts read."""
    return changed_mapping(model, PATHS, _cast)


def _cast(scalar: Scalar, boolean: bool) -> Scalar:
    if not isinstance(scalar.value, str):
        return scalar
    value = TRUTH.get(scalar.text.lower()) if boolean else read_number(scalar.text)
    return scalar if value is None else Scalar(value, scalar.text, scalar.place)
