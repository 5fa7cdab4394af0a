"""What a compose service declares of its confinement, in the kernel's own terms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.facts import CAPABILITIES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hwaccess.grants import SecurityOptGrant, Service

DOCKER_DEFAULT: Final = 0xA80425FB
PODMAN_DEFAULT: Final = 0x800405FB  # without NET_RAW, MKNOD and AUDIT_WRITE
EVERY: Final = (1 << len(CAPABILITIES)) - 1
# PERFMON, BPF, CHECKPOINT_RESTORE: kernels and engines from before Linux 5.8 do not know them.
OLD: Final = (1 << CAPABILITIES["PERFMON"]) - 1
FREE_LABELS: Final = frozenset({"unconfined", "unconfined_t", "spc_t", "kernel", "kernel_t"})
TRUE: Final = frozenset(
    {"", "1", "t", "T", "TRUE", "true", "True"}
)  # "" is the option without a value


def mask_of(names: Iterable[str]) -> int:
    """The set of these capabilities; names that nobody knows are the engine's to refuse."""
    mask = 0
    for name in names:
        if name in CAPABILITIES:
            mask |= 1 << CAPABILITIES[name]
    return mask


def names_of(mask: int) -> tuple[str, ...]:
    """The capabilities of a set, in the order of their bits."""
    return tuple(name for name, bit in CAPABILITIES.items() if mask >> bit & 1)


def named(service: Service) -> int:
    """The capabilities that `cap_add` names one by one."""
    return mask_of(cap.name for cap in service.capabilities if cap.add)


def expected_bounding(service: Service, default: int) -> int:
    """The bounding set that the engine makes of what the service declares.

    It puts `privileged`, `cap_add` and `cap_drop` over its default set.

    Engines ignore cap_drop beside privileged, take cap_add alone after `cap_drop: [ALL]`, and let
    cap_add win.
    """
    if service.privileged:
        return EVERY
    dropped = {cap.name for cap in service.capabilities if not cap.add}
    if "ALL" in dropped:
        return named(service)
    if any(cap.add and cap.name == "ALL" for cap in service.capabilities):
        return EVERY & ~mask_of(dropped)
    return default & ~mask_of(dropped) | named(service)


def differences(service: Service, bounding: int) -> tuple[int, int, int]:
    """What a bounding set has beyond the declared one, and what it lacks.

    The third is the engine's default set that fits best.
    """
    found = []
    for default in (DOCKER_DEFAULT, PODMAN_DEFAULT):
        wanted = expected_bounding(service, default)
        lacks = wanted & ~bounding & (OLD | named(service))
        found.append((bounding & EVERY & ~wanted, lacks, default))
    return next((item for item in found if not item[0] and not item[1]), found[0])


def label_words(label: str) -> frozenset[str]:
    """The words of an LSM label.

    AppArmor's is like "docker-default (enforce)", SELinux's like "system_u:system_r:spc_t:s0".
    """
    return frozenset(label.replace(":", " ").split())


def confines(label: str) -> bool:
    """Whether a label confines its task at all."""
    words = label_words(label)
    return bool(words) and not words & FREE_LABELS


def option(service: Service, name: str) -> SecurityOptGrant | None:
    """The last `security_opt` of that name, or None."""
    return next((opt for opt in reversed(service.security_opts) if opt.option == name), None)


def is_on(opt: SecurityOptGrant | None) -> bool:
    """Whether an option that is true or false is set and true."""
    return opt is not None and opt.value in TRUE
