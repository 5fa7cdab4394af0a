"""Texts that compose reads as a boolean or a number because their field is one: `privileged: "yes"`, `${PRIVILEGED}`.

Done after interpolation, and for quoted text too. A text that is no such value stays text; typing
tells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.compose.yaml.scalars import read_number
from hwaccess.compose.yaml.tree import Entry, Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from hwaccess.compose.yaml.tree import ScalarValue

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
ALL: Final = BOOLEANS | NUMBERS
# Only the branches that lead to a field of the tables are walked; `*` is an item or any name.
BRANCHES: Final = frozenset(
    path[:end] for path in ALL for end, letter in enumerate(path) if letter == "."
)


def cast(mapping: Mapping, at: str = "") -> Mapping:
    """The mapping (a whole model, or what stands at the path) with those texts read."""
    entries = (
        Entry(entry.key, _node(entry.value, _below(at, entry.key.text))) for entry in mapping
    )
    return Mapping(tuple(entries), mapping.place)


def _node(node: Node, at: str) -> Node:
    if isinstance(node, Scalar):
        return _cast(node, at) if at in ALL and isinstance(node.value, str) else node
    if at not in BRANCHES:
        return node
    if isinstance(node, Mapping):
        return cast(node, at)
    return Sequence(tuple(_node(item, f"{at}.*") for item in node.items), node.place)


def _below(at: str, name: str) -> str:
    if not at:
        return name
    named = f"{at}.{name}"
    return named if named in BRANCHES or named in ALL else f"{at}.*"


def _cast(scalar: Scalar, at: str) -> Scalar:
    value = TRUTH.get(scalar.text.lower()) if at in BOOLEANS else read_number(scalar.text)
    return scalar if value is None else Scalar(value, scalar.text, scalar.place)
