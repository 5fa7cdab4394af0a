"""What is said about fields and feature labels: the rules HW020 to HW049, with the pages of `hwaccess explain`."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Rule

COLONS: Final = Rule(
    "HW020",
    "a device name with colons in the short form",
    """\
The short form of `devices` is `HOST[:CONTAINER[:PERMISSIONS]]`, split at every colon. Names below `/dev/serial/by-path`
and `/dev/v4l/by-path` carry PCI and USB addresses, which are full of colons. Compose then refuses the whole file
("too many colons", "confusing device mapping"); no container is made, so it never looks like a missing node.

Write the long form, where nothing is split:

```yaml
devices:
  - source: /dev/serial/by-path/platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.4:1.0-port0
    target: /dev/ttyUSB0
    permissions: rw
```

Where compose is too old for the long form: use the link below `by-id`, which has no colon, or add one with a udev rule
(`SYMLINK+="gps"`) and name that.""",
)
PATH: Final = Rule(
    "HW021",
    "a path that is not absolute",
    """\
A device's host side, its container side and a mount's target are absolute paths. Three slips lead here:

- `/dev/i2c-1:rw`: the second part is the path in the container, so the node appears as `/rw`. Write
  `/dev/i2c-1:/dev/i2c-1:rw`. (`docker run --device` accepts the short spelling, compose does not.)
- `/dev/iio:device0`: the name itself holds a colon and is cut in two. Write the long form
  `{source: "/dev/iio:device0", target: "/dev/iio:device0"}`.
- `data:data` or `./dev/x`: the leading slash is missing. The engine refuses such a mount target; a device's host
  side is looked for in the engine's own working directory.""",
)
PERMISSIONS: Final = Rule(
    "HW022",
    "device permissions that are not r, w and m",
    """\
The third part of a device is one to three of the letters `r` (read), `w` (write) and `m` (make the node with
mknod). Without it the engine takes `rwm`. An empty part is refused when the container starts; of other letters some
engines take what they know and others refuse, so that the same file works on one board only.

```yaml
devices:
  - /dev/i2c-1:/dev/i2c-1:rw
```""",
)
NO_NODE: Final = Rule(
    "HW023",
    "a device that is no device node",
    """\
`devices` is for nodes, or directories of nodes, as found in `/dev`. Below `/sys` and `/proc` are files of the
kernel: the engine answers "not a device node" or finds nothing to add. They come into a container as a mount:

```yaml
volumes:
  - /sys/bus/iio/devices:/sys/bus/iio/devices
```

A container sees `/sys` read-only already; the mount is needed for writing only. The character device of the same
hardware (`/dev/iio:device0`, `/dev/gpiochip0`) is mostly the better grant.""",
)
CGROUP_RULE: Final = Rule(
    "HW024",
    "a device cgroup rule that the engine does not take",
    """\
A rule is `TYPE MAJOR:MINOR PERMISSIONS`: `c`, `b` or `a`, one space, two numbers or `*`, one space, and letters of
`rwm` in any order. Compose passes it on unread; the engine refuses to start the container ("invalid device cgroup
rule format").

```yaml
device_cgroup_rules:
  - "c 89:* rw"     # all I2C buses
  - "c 188:* rmw"   # USB serial
```

The rule only permits: the node itself still has to come in by `devices` or by a mount. Majors: `cat /proc/devices`.""",
)
CAPABILITY: Final = Rule(
    "HW025",
    "a capability that does not exist",
    """\
`cap_add` and `cap_drop` take the names of capabilities(7), with or without `CAP_`, in either case, and `ALL` (without
`CAP_`). Any other name makes the engine refuse the container ("unknown capability").

For hardware: `SYS_RAWIO` for /dev/mem and port I/O, `SYS_MODULE` to load modules, `NET_ADMIN` for CAN and other
interfaces, `SYS_TIME` to set a clock. I2C, SPI, GPIO and serial nodes need none.""",
)
SECURITY_OPT: Final = Rule(
    "HW026",
    "a security option that is not understood",
    """\
The engine knows `seccomp=FILE|unconfined|builtin`, `apparmor=PROFILE|unconfined`, `label=...` (SELinux),
`no-new-privileges[:true|false]` and `writable-cgroups`; compose itself turns `systempaths=unconfined`, spelt
exactly so, into unmasked paths. Anything else makes the engine refuse the container ("invalid --security-opt").""",
)
NAMESPACE: Final = Rule(
    "HW027",
    "a namespace mode that does not exist",
    """\
`pid`, `ipc`, `uts`, `cgroup` and `userns_mode` take a few words each. An engine refuses another word ("invalid IPC
mode"), or takes it for none (measured with Docker 20.10 for `pid`, `uts` and `userns_mode`): the container then
starts with a namespace of its own and nobody is told.

```yaml
pid: host            # or service:NAME, container:NAME
ipc: shareable       # or host, none, private, service:NAME, container:NAME
uts: host
cgroup: private      # or host
userns_mode: host    # the only word of Docker; podman also knows keep-id and auto
```""",
)
MOUNT_OPTION: Final = Rule(
    "HW028",
    "a mount option that compose ignores",
    """\
The third part of `SOURCE:TARGET:OPTIONS` knows `ro`, `rw`, `z`, `Z`, `nocopy` and the propagations `private`,
`rprivate`, `shared`, `rshared`, `slave`, `rslave`, with commas between. Compose leaves any other word out without a
message, so a mount meant to be read-only (`:readonly`) is writable.

```yaml
volumes:
  - /run/udev:/run/udev:ro
```""",
)
FOREIGN_MOUNTS: Final = Rule(
    "HW029",
    "mounts of a container that is not in the project",
    """\
`volumes_from: ["container:NAME"]` gives the service every mount of a container that somebody else made. What those
are is known only where and when that container exists, so the checks are made without them: a device or socket that
comes in this way shows as missing.

Mounts of another service of the project (`volumes_from: [NAME]`) are looked at. Better still, write the mounts that the
service needs under its own `volumes`.""",
)
LABEL_VALUE: Final = Rule(
    "HW030",
    "a feature label whose value does not switch it on",
    """\
The device's supervisor compares the value of `io.balena.features.*` with `1`, `true` and `on` (upper or lower
case). `yes`, `2`, `enabled`, a value with a space in it or an empty value leave the feature off, without a message.
A label in list form without `=` is empty as well.

```yaml
labels:
  io.balena.features.dbus: '1'
```

Supervisors before 9.14.7 compare exactly; `'1'` works with every one.""",
)
LABEL_OFF: Final = Rule(
    "HW031",
    "a feature label that is switched off",
    """\
The value is what counts, not that the label is there: `'0'`, `false` and `off` leave the feature off. That is fine
when it is meant, for example to switch off what the image's own LABEL switches on. Older build tools turn an
unquoted `0` or `false` into an empty value on the way, which is off too.""",
)
LABEL_UNKNOWN: Final = Rule(
    "HW032",
    "a feature label that no supervisor reads",
    """\
There are labels for kernel-modules, firmware, dbus, supervisor-api, balena-api (once resin-api), sysfs, procfs,
journal-logs, balena-socket, gpu, extra-firmware and host-os.board-rev, and no others. Any other name has no effect
and no warning.

No label gives a bus or a pin. Those are `devices`:

```yaml
devices:
  - /dev/i2c-1
  - /dev/spidev0.0
  - /dev/gpiochip0
```""",
)
LABEL_CONTRADICTION: Final = Rule(
    "HW033",
    "both spellings of a feature label, with different values",
    """\
`io.resin.features.X` is the old spelling of `io.balena.features.X` (and `resin-api` of `balena-api`). When a
service carries both, the `io.balena` one wins, even when it stands in the image and the other in the compose file.
Keep one of them: `io.balena` unless a device still runs a supervisor before 7.23.0.""",
)
DBUS_ADDRESS: Final = Rule(
    "HW034",
    "the dbus label without the bus's address",
    """\
The label mounts the board's `/run/dbus` at `/host/run/dbus` and sets no variable. A client looks for the bus at
`/var/run/dbus/system_bus_socket` unless it is told otherwise, and finds nothing or the container's own bus.

Give the address to the command that needs it:

```sh
DBUS_SYSTEM_BUS_ADDRESS=unix:path=/host/run/dbus/system_bus_socket nmcli device
```

In `environment` it holds for every process of the container; with systemd inside, that makes it talk to the board's
systemd.""",
)
MODULES_RIGHT: Final = Rule(
    "HW035",
    "the kernel-modules label without the right to load a module",
    """\
The label mounts `/lib/modules` and gives no capability. Reading the tree works; loading a module fails with EPERM
until the service has SYS_MODULE:

```yaml
cap_add:
  - SYS_MODULE
```

The smaller grant is none at all: have the board load the module (`/etc/modules-load.d`, a device-tree overlay) and
drop both.""",
)
BALENA_FIELD: Final = Rule(
    "HW036",
    "a field that a balena device does not apply",
    """\
The supervisor passes on a fixed list of fields. `device_cgroup_rules`, `runtime`, `gpus`, `deploy`, `cgroup` and
`uts` are not on it: older build tools let them through and the device drops them with a line in its log; newer ones
refuse the release. A plain Docker engine applies them, so the same file works on the desk and not on the device.

Instead: each node in `devices`, or `privileged: true` for hotplug; for a GPU the label `io.balena.features.gpu:
'1'`.""",
)
BALENA_BIND: Final = Rule(
    "HW037",
    "a bind mount that a balena device does not make as written",
    """\
Host paths cannot be mounted on a balena device. The build refuses them, or the device drops them and starts the
service without. A few sources are turned into the feature label of the same meaning, and then the target and `:ro`
as written are lost: `/run/dbus:/run/dbus:ro` becomes `/run/dbus` at `/host/run/dbus`, writable.

Write the label itself where there is one (dbus, sysfs, procfs, kernel-modules, firmware, journal-logs,
balena-socket), `devices` for nodes, and a named volume for data.""",
)

RULES: Final = (
    COLONS,
    PATH,
    PERMISSIONS,
    NO_NODE,
    CGROUP_RULE,
    CAPABILITY,
    SECURITY_OPT,
    NAMESPACE,
    MOUNT_OPTION,
    FOREIGN_MOUNTS,
    LABEL_VALUE,
    LABEL_OFF,
    LABEL_UNKNOWN,
    LABEL_CONTRADICTION,
    DBUS_ADDRESS,
    MODULES_RIGHT,
    BALENA_FIELD,
    BALENA_BIND,
)
