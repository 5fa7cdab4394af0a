"""Feature labels, and what they give a container.

They are `io.balena.features.*` and the older `io.resin.features.*`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from hwaccess.compose.grants import rules
from hwaccess.grants import DeviceRequestGrant, EnvironmentGrant, LabelGrant, MountGrant
from hwaccess.words import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hwaccess.grants import Grant, Service
    from hwaccess.model import Rule

# The supervisor's words, compared without regard to case and without trimming
ON: Final = frozenset({"1", "true", "on"})
OFF: Final = frozenset({"0", "false", "off"})
FEATURE_KEY: Final = re.compile(r"io\.(balena|resin)\.(features?)\.(.+)")
DBUS_ADDRESS: Final = "DBUS_SYSTEM_BUS_ADDRESS"
HOST_SOCKET: Final = "/var/run/docker.sock"
CONTAINER_SOCKET: Final = "/host/run/balena-engine.sock"
Labels = tuple[tuple[str, str], ...]  # an image's, as the engine gives them


@dataclass(frozen=True, slots=True)
class Bind:
    """One mount of a feature. when_present: left out in silence when the board has no such path."""

    source: str
    target: str
    read_only: bool = False
    when_present: bool = False
    create: bool = True
    volume: bool = False


@dataclass(frozen=True, slots=True)
class Feature:
    """What a label gives. Each variable is set under both prefixes, BALENA_ and RESIN_."""

    binds: tuple[Bind, ...] = ()
    variables: tuple[str, ...] = ()
    docker_host: str = ""
    gpus: int = 0


FEATURES: Final[Mapping[str, Feature]] = {
    "kernel-modules": Feature((Bind("/lib/modules", "/lib/modules", when_present=True),)),
    "firmware": Feature((Bind("/lib/firmware", "/lib/firmware", when_present=True),)),
    "dbus": Feature((Bind("/run/dbus", "/host/run/dbus"),)),
    "supervisor-api": Feature(
        variables=("SUPERVISOR_ADDRESS", "SUPERVISOR_API_KEY", "SUPERVISOR_HOST", "SUPERVISOR_PORT")
    ),
    "balena-api": Feature(variables=("API_KEY", "API_URL")),
    "sysfs": Feature((Bind("/sys", "/sys"),)),
    "procfs": Feature((Bind("/proc", "/proc"),)),
    "journal-logs": Feature(
        tuple(
            Bind(path, path, read_only=True)
            for path in ("/var/log/journal", "/run/log/journal", "/etc/machine-id")
        )
    ),
    "gpu": Feature(gpus=1),
    "balena-socket": Feature(
        tuple(
            Bind(HOST_SOCKET, target, create=False)
            for target in (CONTAINER_SOCKET, HOST_SOCKET, "/var/run/balena.sock")
        ),
        docker_host=f"unix://{CONTAINER_SOCKET}",
    ),
    "extra-firmware": Feature((Bind("extra-firmware", "/extra-firmware", volume=True),)),
    "host-os.board-rev": Feature(variables=("HOST_OS_BOARD_REV", "HOST_OS_BUILD")),
}
# Read by the supervisor or the build, but nothing that a container gets
NO_GRANT: Final = "optional"
REQUIREMENT: Final = "requires."

INSTEAD: Final[Mapping[str, str]] = {
    "bind-mount": "there is no host path for a balena service: use a named volume",
    "boot": "there is no label for the boot partition",
    "bootfs": "there is no label for the boot partition",
    "cgroupfs": "use privileged: true",
    "dev": 'name the nodes: devices: ["/dev/i2c-1"]',
    "devices": 'name the nodes: devices: ["/dev/i2c-1"]',
    "docker-socket": "write io.balena.features.balena-socket",
    "external-storage": (
        'name the node: devices: ["/dev/sda1"], '
        "and mount it in the container (cap_add: [SYS_ADMIN])"
    ),
    "gpio": 'name the chip: devices: ["/dev/gpiochip0"]',
    "i2c": 'name the bus: devices: ["/dev/i2c-1"]',
    "kernel": "write io.balena.features.kernel-modules",
    "modules": "write io.balena.features.kernel-modules",
    "privileged": "write privileged: true beside the labels",
    "resin-api": "write io.balena.features.balena-api",
    "serial": 'name the node: devices: ["/dev/ttyUSB0"]',
    "spi": 'name the node: devices: ["/dev/spidev0.0"]',
    "udev": "use network_mode: host for the events and privileged: true for the nodes",
    "uart": 'name the node: devices: ["/dev/ttyS0"]',
    "usb": 'name the directory: devices: ["/dev/bus/usb"]',
}


def is_on(value: str) -> bool:
    """Whether the supervisor takes the value as on."""
    return value.lower() in ON


def is_feature(label: LabelGrant) -> bool:
    """Whether the key asks for a feature, known or not."""
    return FEATURE_KEY.fullmatch(label.name) is not None


def expand_labels(service: Service, labels: Labels = ()) -> Service:
    """The service with the grants of its feature labels.

    `labels` are its image's, which its own override. What an earlier expansion gave is taken out
    first, so expanding again with the image's labels is exact.
    """
    chosen = _chosen(service, labels)
    on = {name: label for name, label in chosen.items() if name in FEATURES and is_on(label.value)}
    mounts = [mount for mount in service.mounts if mount.label is None]
    environment = [variable for variable in service.environment if variable.label is None]
    requests = [request for request in service.device_requests if request.label is None]
    for name, label in on.items():
        feature = FEATURES[name]
        taken = {
            mount.target for mount in mounts
        }  # two mounts at one place are an error of the engine
        mounts += [_mount(bind, label) for bind in feature.binds if bind.target not in taken]
        environment += _variables(feature, label, {variable.name for variable in environment})
        requests += _requests(feature, label)
    return replace(
        service,
        mounts=tuple(mounts),
        environment=tuple(environment),
        device_requests=tuple(requests),
        features=tuple(on),
    )


def _chosen(service: Service, labels: Labels) -> dict[str, LabelGrant]:
    """The label that decides on each feature. A key of the service beats the image's.

    The prefix io.balena beats io.resin.
    """
    own = {label.name: label for label in service.labels}
    source = service.value("image")
    made = source or service.build  # the image has the label, and one of these lines names it
    place = made.place if made else service.place
    merged = {
        name: LabelGrant(
            field="image", text=f"{name}: {value}", place=place, name=name, value=value
        )
        for name, value in labels
        if name not in own
    } | own
    chosen: dict[str, LabelGrant] = {}
    for family in ("resin", "balena"):
        for name, label in merged.items():
            if name.startswith(f"io.{family}.features."):
                chosen[_feature(name)] = label
    return chosen


def _feature(key: str) -> str:
    """The feature that a key names.

    "resin" anywhere in a key of the old family is read as "balena".
    """
    name = key.split(".", 3)[3]
    return name.replace("resin", "balena") if key.startswith("io.resin.") else name


def _mount(bind: Bind, label: LabelGrant) -> MountGrant:
    return MountGrant(
        field=label.field,
        text=label.text,
        place=label.place,
        label=label.name,
        type="volume" if bind.volume else "bind",
        source=bind.source,
        target=bind.target,
        read_only=bind.read_only,
        create_host_path=bind.create and not bind.when_present and not bind.volume,
        source_skipped_when_missing=bind.when_present,
    )


def _variables(feature: Feature, label: LabelGrant, taken: set[str]) -> Iterator[EnvironmentGrant]:
    """Names without values: only a balena device has them.

    One that the user sets stands in for it and stays.
    """
    wanted: dict[str, str | None] = {
        f"{prefix}_{name}": None for prefix in ("BALENA", "RESIN") for name in feature.variables
    }
    if feature.docker_host:
        wanted["DOCKER_HOST"] = feature.docker_host
    for name, value in wanted.items():
        if name not in taken:
            yield EnvironmentGrant(
                field=label.field,
                text=label.text,
                place=label.place,
                label=label.name,
                name=name,
                value=value,
            )


def _requests(feature: Feature, label: LabelGrant) -> Iterator[DeviceRequestGrant]:
    if feature.gpus:
        yield DeviceRequestGrant(
            field=label.field,
            text=label.text,
            place=label.place,
            label=label.name,
            driver="",
            count=feature.gpus,
            device_ids=(),
            capabilities=("gpu",),
        )


def label_findings(service: Service, labels: Labels = ()) -> Iterator[Finding]:
    """What is wrong with the feature labels of a service (and of its image), on any board."""
    for label in service.labels:
        match = FEATURE_KEY.fullmatch(label.name)
        if match is not None:
            yield from _unknown(service, label, match) or _value(service, label)
    chosen = _chosen(service, labels)
    for label in service.labels:
        if is_feature(label) and label.name.startswith("io.resin.features."):
            winner = chosen[_feature(label.name)]
            if is_on(winner.value) != is_on(label.value):
                summary = (
                    f"{label.name} is {label.value!r} "
                    f"but {winner.name} is {winner.value!r}, which wins"
                )
                remedy = f"remove {label.name}"
                yield _finding(
                    rules.LABEL_CONTRADICTION, Severity.WARNING, service, label, summary, remedy
                )
    yield from _incomplete(service, chosen)


def _finding(
    rule: Rule,
    severity: Severity,
    service: Service,
    grant: Grant,
    summary: str,
    remedy: str | None = None,
) -> Finding:
    return Finding(rule.id, severity, summary, service.name, grant.place, remedy)


def _unknown(service: Service, label: LabelGrant, match: re.Match[str]) -> list[Finding]:
    """A finding when nothing reads the label."""
    family, word, written = match.groups()
    name = written.replace("resin", "balena") if family == "resin" else written
    known = name in FEATURES or name == NO_GRANT or name.startswith(REQUIREMENT)
    if word == "features" and known:
        return []
    import difflib  # noqa: PLC0415 -- only a finding needs it

    close = [name] if known else difflib.get_close_matches(name, FEATURES, 1)
    remedy = INSTEAD.get(name) or (
        f"write io.balena.features.{close[0]}" if close else f"remove {label.name}"
    )
    summary = f"nothing reads the label {label.name}: it gives the service nothing"
    return [_finding(rules.LABEL_UNKNOWN, Severity.WARNING, service, label, summary, remedy)]


def _value(service: Service, label: LabelGrant) -> list[Finding]:
    """A finding when the value leaves the feature off."""
    if is_on(label.value) or _feature(label.name).startswith(REQUIREMENT):
        return []
    if label.value.lower() in OFF:
        summary = f"{label.name} is {label.value!r}: the feature is off"
        return [_finding(rules.LABEL_OFF, Severity.NOTE, service, label, summary)]
    summary = (
        f"{label.name} is {label.value!r}, which does not switch it on: only 1, true and on do"
    )
    return [
        _finding(
            rules.LABEL_VALUE, Severity.WARNING, service, label, summary, f"write {label.name}: '1'"
        )
    ]


def _incomplete(service: Service, chosen: Mapping[str, LabelGrant]) -> Iterator[Finding]:
    """A label that does not do alone what it is mostly written for."""
    on = {name: label for name, label in chosen.items() if is_on(label.value)}
    if "dbus" in on and DBUS_ADDRESS not in {
        v.name for v in service.environment if v.value is not None
    }:
        summary = f"the dbus label mounts the bus at /host/run/dbus and sets no {DBUS_ADDRESS}"
        remedy = (
            "set it for the command that uses the bus: "
            f"{DBUS_ADDRESS}=unix:path=/host/run/dbus/system_bus_socket"
        )
        yield _finding(rules.DBUS_ADDRESS, Severity.NOTE, service, on["dbus"], summary, remedy)
    if (
        "kernel-modules" in on
        and not service.privileged
        and service.adds_capability("SYS_MODULE") is None
    ):
        summary = "the kernel-modules label mounts /lib/modules but gives no right to load a module"
        remedy = "add cap_add: [SYS_MODULE], or load the module on the board"
        yield _finding(
            rules.MODULES_RIGHT, Severity.WARNING, service, on["kernel-modules"], summary, remedy
        )
