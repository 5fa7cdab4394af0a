"""A service's volumes and tmpfs as the engine's API wants them.

Pure; what cannot be given unchanged is told.

Binds go through `Mounts`, never `Binds`: the engine then refuses a source that is missing on the
board instead of making a directory there, which would hide the node that appears later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from hwaccess.engine.base import ServiceRun
    from hwaccess.grants import MountGrant, NamedVolume


# The runtime mounts a read-only volume once more and drops these on the way: a node that nodev
# shuts would open.
FLAGS: Final = frozenset({"nodev", "nosuid", "noexec"})


@dataclass(slots=True)
class MountPlan:
    """`Mounts` and `Tmpfs` of a HostConfig, and a line for each substitution."""

    mounts: list[dict[str, object]] = field(default_factory=list)
    tmpfs: dict[str, str] = field(default_factory=dict)
    substitutions: list[str] = field(default_factory=list)


def named_volumes(run: ServiceRun) -> dict[str, NamedVolume | None]:
    """The named volumes that the service mounts, by the name in the compose file."""
    declared = {volume.name: volume for volume in run.volumes}
    mounts = (mount for mount in run.service.mounts if mount.type == "volume" and mount.source)
    return {mount.source: declared.get(mount.source) for mount in mounts}


def real_name(run: ServiceRun, source: str) -> str:
    """The volume's name on the board."""
    volume = named_volumes(run).get(source)
    return volume.real_name if volume else f"{run.project}_{source}"


def plan_mounts(run: ServiceRun, existing: Collection[str]) -> MountPlan:
    """All mounts but those that are skipped.

    Existing holds the real names of the volumes that the board has.
    """
    plan = MountPlan()
    for index, mount in enumerate(run.service.mounts):
        if index not in run.skip_mounts:
            add(plan, mount, run, existing)
    return plan


def add(plan: MountPlan, mount: MountGrant, run: ServiceRun, existing: Collection[str]) -> None:
    """One mount, by its type."""
    match mount.type:
        case "tmpfs":
            plan.tmpfs[mount.target] = ",".join(tmpfs_options(mount))
        case "bind":
            plan.mounts.append(bind(mount.source, mount))
            plan.substitutions += relabelling(mount)
        case "volume" if mount.source:
            add_named(plan, mount, run, existing)
        case "volume":
            plan.mounts.append(
                {"Type": "volume", "Target": mount.target, "ReadOnly": mount.read_only}
            )
        case "npipe" | "cluster" | "image":
            plan.mounts.append(
                {
                    "Type": mount.type,
                    "Source": mount.source,
                    "Target": mount.target,
                    "ReadOnly": mount.read_only,
                }
            )


def tmpfs_options(mount: MountGrant) -> Iterable[str]:
    """The options of a tmpfs, with `ro` for the long form's read_only."""
    yield from mount.options
    if mount.read_only and "ro" not in mount.options:
        yield "ro"


def bind(source: str, mount: MountGrant) -> dict[str, object]:
    """A path of the board."""
    options: dict[str, object] = {"Propagation": mount.propagation} if mount.propagation else {}
    return {
        "Type": "bind",
        "Source": source,
        "Target": mount.target,
        "ReadOnly": mount.read_only,
        "BindOptions": options,
    }


def relabelling(mount: MountGrant) -> Iterable[str]:
    """`z` and `Z` change the board's own files, which a check must not."""
    for option in mount.options:
        if option in ("z", "Z"):
            yield (
                f"{mount.source} keeps its SELinux label: "
                f"the option {option} would change files on the board"
            )


def add_named(
    plan: MountPlan, mount: MountGrant, run: ServiceRun, existing: Collection[str]
) -> None:
    """Add a named volume: read-only when it is there, else the path it binds, else an empty one."""
    volume = named_volumes(run)[mount.source]
    name = real_name(run, mount.source)
    bound = bound_path(volume) if volume else ""
    if name in existing:
        read_only = mount.read_only or not (volume and FLAGS & set(mount_options(volume)))
        plan.mounts.append(
            {
                "Type": "volume",
                "Source": name,
                "Target": mount.target,
                "ReadOnly": read_only,
                "VolumeOptions": {"NoCopy": True},
            }
        )
        if read_only and not mount.read_only:
            plan.substitutions.append(
                f"the volume {mount.source} is mounted read-only, so that its data stay as they are"
            )
    elif bound:
        plan.mounts.append(bind(bound, mount))
        plan.substitutions.append(
            f"the volume {mount.source} is not there yet: the path that it binds is used, {bound}"
        )
    else:
        plan.mounts.append({"Type": "volume", "Target": mount.target, "ReadOnly": mount.read_only})
        plan.substitutions.append(
            f"the volume {mount.source} is not there yet: an empty one stands in for it"
        )


def bound_path(volume: NamedVolume) -> str:
    """The board's path that a local volume binds by its driver_opts, "" when it binds none."""
    flags = mount_options(volume)
    is_bind = volume.driver == "local" and ("bind" in flags or "rbind" in flags)
    return dict(volume.driver_opts).get("device", "") if is_bind else ""


def mount_options(volume: NamedVolume) -> list[str]:
    """The words of driver_opts `o`."""
    return dict(volume.driver_opts).get("o", "").split(",")
