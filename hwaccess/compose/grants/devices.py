"""The fields that put a node or an accelerator in.

They are `devices`, `device_cgroup_rules`, `gpus` and `deploy...devices`.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final, Literal, cast

from hwaccess.compose.grants import rules
from hwaccess.compose.grants.reader import written
from hwaccess.compose.yaml.tree import Mapping, Scalar
from hwaccess.grants import CgroupRuleGrant, DeviceGrant, DeviceRequestGrant
from hwaccess.words import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.compose.grants.reader import Reader
    from hwaccess.compose.yaml.tree import Node

# A name of the container device interface, as its specification spells it; one with a colon needs
# the long form.
CDI: Final = re.compile(r"[A-Za-z][\w.-]*/[A-Za-z0-9][\w-]*=[A-Za-z0-9][\w.:-]*", re.ASCII)
# What the engine accepts, letter for letter: one space, the letters in any order.
CGROUP_RULE: Final = re.compile(r"([abc]) (\d{1,10}|\*):(\d{1,10}|\*) ([rwm]{1,3})", re.ASCII)
PERMISSIONS: Final = re.compile(r"[rwm]{1,3}")


def devices(reader: Reader, node: Node) -> Iterator[DeviceGrant]:
    """Each item of `devices`; one that compose cannot split gives a finding and no grant."""
    for item in reader.items(node):
        grant = (
            _long_device(reader, item) if isinstance(item, Mapping) else _short_device(reader, item)
        )
        if grant is not None:
            _check_paths(reader, grant)
            _check_permissions(reader, grant)
            yield grant


def _short_device(reader: Reader, item: Node) -> DeviceGrant | None:
    text = reader.text(item)
    place = item.place
    if ":" not in text and CDI.fullmatch(text):
        return DeviceGrant(
            field=reader.field, text=text, place=place, host="", container="", cdi=True
        )
    parts = text.split(":")
    if len(parts) > 3:
        source, target, permissions = _meant(text)
        long = (
            "write the long form: "
            f"{{source: {source!r}, target: {target!r}, permissions: {permissions}}}"
        )
        reader.find(
            rules.COLONS, Severity.ERROR, f"compose cannot split the device {text!r}", place, long
        )
        return None
    host = parts[0]
    container = parts[1] if len(parts) > 1 and parts[1] else host
    permissions = parts[2] if len(parts) == 3 else "rwm"
    if len(parts) > 1 and not container.startswith("/"):
        _report_misread(reader, text, container, item)
    return DeviceGrant(
        field=reader.field,
        text=text,
        place=place,
        host=host,
        container=posixpath.join("/", container),
        permissions=permissions,
    )


def _meant(text: str) -> tuple[str, str, str]:
    """Source, target and permissions that the writer of too many colons most likely had in mind."""
    rest, _, last = text.rpartition(":")
    permissions = last if PERMISSIONS.fullmatch(last) else "rwm"
    body = rest if PERMISSIONS.fullmatch(last) else text
    source, slash, target = body.partition(":/")
    return (source, "/" + target, permissions) if slash else (body, body, permissions)


def _report_misread(reader: Reader, text: str, container: str, item: Node) -> None:
    """The second part is no path: permissions in its place, or a name that holds a colon."""
    host = text.partition(":")[0]
    if PERMISSIONS.fullmatch(container):
        summary = (
            f"{container!r} stands where the path in the container belongs, "
            f"so the node becomes /{container}"
        )
        remedy = f'write "{host}:{host}:{container}"'
    else:
        source, target, permissions = _meant(text)
        summary = (
            f"compose splits {text!r} at its colon, "
            f"so the path in the container becomes {container!r}"
        )
        remedy = (
            "write the long form: "
            f"{{source: {source!r}, target: {target!r}, permissions: {permissions}}}"
        )
    reader.find(rules.PATH, Severity.ERROR, summary, item.place, remedy)


def _long_device(reader: Reader, item: Mapping) -> DeviceGrant:
    source = item.get("source")
    if source is None:
        raise reader.error(
            item.place, "a device has no source", "write {source: /dev/i2c-1, target: /dev/i2c-1}"
        )
    host = reader.text(source)
    target, permissions = item.get("target"), item.get("permissions")
    container = reader.text(target) if target is not None else ""
    cdi = not host.startswith("/") and CDI.fullmatch(host) is not None and container in ("", host)
    if not cdi and container and not container.startswith("/"):
        summary = f"the path in the container {container!r} is not absolute"
        reader.find(rules.PATH, Severity.ERROR, summary, item.place, f"write target: {host}")
    return DeviceGrant(
        field=reader.field,
        text=host if cdi else written(item),
        place=item.place,
        host="" if cdi else host,
        container="" if cdi else posixpath.join("/", container or host),
        permissions=reader.text(permissions) if permissions is not None else "rwm",
        cdi=cdi,
    )


def _check_paths(reader: Reader, grant: DeviceGrant) -> None:
    """The host side must be an absolute path of a node or of a directory of nodes."""
    if grant.cdi:
        return
    if not grant.host.startswith("/"):
        summary = f"the device {grant.host!r} is not an absolute path of the board"
        reader.find(
            rules.PATH,
            Severity.ERROR,
            summary,
            grant.place,
            "write the path as the board has it: /dev/i2c-1",
        )
    elif grant.host.startswith(("/sys/", "/proc/")):
        summary = f"{grant.host} holds files of the kernel, no device nodes"
        remedy = f'move it: volumes: ["{grant.host}:{grant.container}"]'
        reader.find(rules.NO_NODE, Severity.WARNING, summary, grant.place, remedy)


def _check_permissions(reader: Reader, grant: DeviceGrant) -> None:
    if not PERMISSIONS.fullmatch(grant.permissions):
        summary = (
            f"the permissions {grant.permissions!r} of device {grant.host} "
            "are not made of r, w and m"
        )
        reader.find(
            rules.PERMISSIONS,
            Severity.ERROR,
            summary,
            grant.place,
            'write "rw", or leave them out for "rwm"',
        )


def cgroup_rules(reader: Reader, node: Node) -> Iterator[CgroupRuleGrant]:
    """Each rule that the engine would take; another gives a finding and no grant."""
    for text, item in reader.texts(node):
        match = CGROUP_RULE.fullmatch(text)
        if match is None:
            summary = f"the engine does not take the device cgroup rule {text!r}"
            remedy = 'write TYPE MAJOR:MINOR PERMISSIONS, for example "c 89:* rw"'
            reader.find(rules.CGROUP_RULE, Severity.ERROR, summary, item.place, remedy)
            continue
        kind, major, minor, permissions = match.groups()
        yield CgroupRuleGrant(
            field=reader.field,
            text=text,
            place=item.place,
            type=cast("Literal['a', 'b', 'c']", kind),
            major=None if major == "*" else int(major),
            minor=None if minor == "*" else int(minor),
            permissions=permissions,
        )


def gpus(reader: Reader, node: Node) -> Iterator[DeviceRequestGrant]:
    """`gpus: all` or a list; every request is for the capability "gpu" as well."""
    if isinstance(node, Scalar) and node.value == "all":
        yield DeviceRequestGrant(
            field=reader.field,
            text="all",
            place=node.place,
            driver="",
            count=-1,
            device_ids=(),
            capabilities=("gpu",),
        )
        return
    for item in reader.items(node):
        yield _request(reader, item, ("gpu",))


def reserved_devices(reader: Reader, deploy: Node) -> Iterator[DeviceRequestGrant]:
    """`deploy.resources.reservations.devices`.

    Raises `ComposeError` when one has no capabilities.
    """
    node = deploy
    for key in ("resources", "reservations", "devices"):
        inside = reader.mapping(node).get(key)
        if inside is None:
            return
        node = inside
    inner = reader.at("deploy.resources.reservations.devices")
    for item in inner.items(node):
        if isinstance(item, Mapping) and item.get("capabilities") is None:
            raise inner.error(
                item.place, "a reserved device has no capabilities", 'add capabilities: ["gpu"]'
            )
        yield _request(inner, item, ())


def _request(reader: Reader, item: Node, always: tuple[str, ...]) -> DeviceRequestGrant:
    request = reader.mapping(item)
    count, ids = request.get("count"), request.get("device_ids")
    if count is not None and ids is not None:
        raise reader.error(
            item.place, "count and device_ids exclude each other", "keep one of the two"
        )
    driver, options, capabilities = (
        request.get("driver"),
        request.get("options"),
        request.get("capabilities"),
    )
    named = (
        tuple(text for text, _ in reader.texts(capabilities)) if capabilities is not None else ()
    )
    return DeviceRequestGrant(
        field=reader.field,
        text=written(item),
        place=item.place,
        driver=reader.text(driver) if driver is not None else "",
        count=0 if ids is not None else _count(reader, count),
        device_ids=tuple(text for text, _ in reader.texts(ids)) if ids is not None else (),
        capabilities=(*named, *(name for name in always if name not in named)),
        options=tuple((name, value or "") for name, value, *_ in reader.pairs(options))
        if options is not None
        else (),
    )


def _count(reader: Reader, node: Node | None) -> int:
    """-1 stands for all, which is also what no count means."""
    if node is None:
        return -1
    text = reader.loose_text(node)
    if text == "all":
        return -1
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    raise reader.wrong(node, 'a count or "all"')
