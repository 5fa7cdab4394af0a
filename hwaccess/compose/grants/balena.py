"""What a balena device would not apply as written.

Said only of projects that use feature labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.compose.grants import rules
from hwaccess.compose.grants.labels import FEATURES, HOST_SOCKET, is_feature
from hwaccess.words import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hwaccess.grants import MountGrant, Service

NOT_APPLIED: Final = frozenset(
    {"device_cgroup_rules", "runtime", "gpus", "deploy", "cgroup", "uts"}
)
# Host paths whose bind the build turns into a label; the journal's three only together
LABEL_OF_SOURCE: Final = {
    **{
        bind.source: name
        for name, feature in FEATURES.items()
        for bind in feature.binds
        if not bind.volume
    },
    HOST_SOCKET: "balena-socket",
    "/var/run/balena-engine.sock": "balena-socket",
}


def balena_findings(services: Sequence[Service]) -> Iterator[Finding]:
    """Every field and bind that works on a plain engine and not on a balena device."""
    if not any(is_feature(label) for service in services for label in service.labels):
        return
    for service in services:
        yield from _fields(service)
        sources = {mount.source for mount in service.mounts if mount.label is None}
        for mount in service.mounts:
            if mount.label is None and mount.type == "bind":
                yield from _bind(service, mount, sources)


def _fields(service: Service) -> Iterator[Finding]:
    told: set[str] = set()
    for grant in service.grants:
        field = grant.field.partition(".")[0]
        if grant.label is not None or field not in NOT_APPLIED or field in told:
            continue
        told.add(field)
        remedy = {
            "device_cgroup_rules": "name each node in devices, or use privileged: true",
            "gpus": "use the label io.balena.features.gpu: '1'",
            "deploy": "use the label io.balena.features.gpu: '1'",
        }.get(field, f"remove {field}")
        summary = f"a balena device does not apply the field {field}"
        yield Finding(
            rules.BALENA_FIELD.id, Severity.WARNING, summary, service.name, grant.place, remedy
        )


def _bind(service: Service, mount: MountGrant, sources: set[str]) -> Iterator[Finding]:
    name = LABEL_OF_SOURCE.get(mount.source, "")
    binds = FEATURES[name].binds if name else ()
    if name == "journal-logs" and not {bind.source for bind in binds} <= sources:
        name = ""
    if not name:
        node = mount.source.startswith("/dev/")
        remedy = f'use devices: ["{mount.source}:{mount.target}"]' if node else "use a named volume"
        summary = f"a balena device does not make the bind mount of {mount.source}"
        yield Finding(
            rules.BALENA_BIND.id, Severity.WARNING, summary, service.name, mount.place, remedy
        )
    elif not any(
        bind.target == mount.target and bind.read_only == mount.read_only for bind in binds
    ):
        mode = " read-only" if binds[0].read_only else " writable"
        summary = (
            f"balena makes a {name} label of this bind mount: "
            f"{mount.source} appears at {binds[0].target},{mode}"
        )
        remedy = f"write the label io.balena.features.{name}: '1'"
        yield Finding(
            rules.BALENA_BIND.id, Severity.NOTE, summary, service.name, mount.place, remedy
        )
