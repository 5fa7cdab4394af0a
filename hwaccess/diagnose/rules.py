"""The causes that every kind of device shares, HW100 to HW199, with the page that `hwaccess explain` prints."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule

MISSING_ON_BOARD: Final = Rule(
    "HW100",
    "the board has no such node",
    """\
open(2) says ENOENT in the container, and the board's own /dev has no node of that name either. No compose field can
help: `devices` copies a node that is there, `privileged` copies all that are there.

Look for the reason on the board: the overlay or `dtparam` that enables the controller, the module that makes the node
(`i2c-dev`, `spidev`), the plug, or another number after a kernel upgrade (`gpiochip0` and `gpiochip4` on a Pi 5).

    ls -l /dev; dmesg | tail; hwaccess doctor
""",
    Layer.BOARD,
)
NOT_MAPPED: Final = Rule(
    "HW101",
    "the board has the node, the container was not given it",
    """\
open(2) says ENOENT in the container while the board has the node. Nothing in the service maps it. Messages such as
"try running as root" are misleading here: a container gets only the nodes that it is given, whatever its user.

    devices:
      - "/dev/i2c-1:/dev/i2c-1"

`devices` does two things at once: it makes the node and it lets the device cgroup pass. A bind mount under `volumes`
does only the first (HW130).
""",
    Layer.ENGINE,
)
NOT_THERE: Final = Rule(
    "HW102",
    "the node is not in the container, and the board could not be read",
    """\
open(2) says ENOENT. Whether the board has the node is not known, since its /dev could not be read, so the cause is
either that the service does not map it (HW101) or that the board does not have it (HW100).

    hwaccess doctor
""",
    Layer.ENGINE,
)
DANGLING_LINK: Final = Rule(
    "HW103",
    "the path is a link to something that the container does not have",
    """\
The path exists but is a symbolic link whose end is not in the container: a directory such as `/dev/serial/by-id` holds
links to nodes outside of it. Map the node itself; the engine follows the link on the board and makes a real node.

    devices:
      - "/dev/serial/by-id/usb-NAME:/dev/ttyUSB0"
""",
    Layer.MOUNT,
)
DIRECTORY: Final = Rule(
    "HW104",
    "a directory stands where the node should be",
    """\
Opening for writing says EISDIR. The short form of `volumes` makes an empty directory on the board when its source does
not exist, and that directory then hides the real node when it appears later.

    sudo rmdir /dev/NAME      # on the board, when it is that empty directory
    devices: ["/dev/NAME"]    # refuses to start instead when the node is missing
""",
    Layer.MOUNT,
)
NOT_A_NODE: Final = Rule(
    "HW105",
    "the path is no device node",
    """\
Something is there, but it is a file, a socket or a pipe, so nothing behind it is a driver. Often a file was copied into
the image under that name, or a mount puts another thing there.
""",
    Layer.MOUNT,
)
HIDDEN: Final = Rule(
    "HW106",
    "a directory on the way to the node may not be searched",
    """\
stat(2) itself says EACCES: one of the directories above the node has no `x` for this user, so the node's own mode does
not matter. Typical for nodes that udev puts below a private directory.

    namei -l /dev/PATH
""",
    Layer.PERMISSION,
)
NODEV: Final = Rule(
    "HW110",
    "the node is on a mount with nodev",
    """\
open(2) says EACCES although access(2) says yes: the mount that holds the node forbids devices. Neither root nor any
capability helps. It happens with nodes on a `tmpfs`, on a volume with the option `nodev`, or on a mount made in a user
namespace. Map the node with `devices`, which puts it on the container's own /dev.
""",
    Layer.MOUNT,
)
READ_ONLY: Final = Rule(
    "HW111",
    "the file is on a read-only mount",
    """\
EROFS is about files (of sysfs, procfs, cgroupfs), never about device nodes: those open for writing on a read-only mount
as well. Containers see /sys read-only. Use the character device (gpiochip, i2c-dev, spidev) instead of the sysfs file,
or bind the one directory that is needed, by its real path (`readlink -f`).
""",
    Layer.MOUNT,
)
PERMISSION: Final = Rule(
    "HW120",
    "the node's owner, group and mode do not let this user in",
    """\
open(2) and access(2) both say EACCES: the classic check of user, group and mode. The engine keeps the board's numbers:
the group that counts is the gid of the node on the board, whatever the image calls it.

    group_add:
      - "998"        # stat -c %g /dev/NAME on the board

A name under `group_add` is looked up in the image, so a number is the sure form. A node with mode 0600 has no group to
join: give it one on the board with a udev rule (`GROUP="i2c", MODE="0660"`).
""",
    Layer.PERMISSION,
)
UNMAPPED_IDS: Final = Rule(
    "HW121",
    "the node belongs to ids that do not exist in this user namespace",
    """\
The node shows as owned by 65534 (nobody/nogroup): the engine runs containers in a user namespace (rootless, or
`userns-remap`) into which the board's owner and group are not mapped. Capabilities inside such a namespace do not count
for these nodes, and `group_add` names a group on the wrong side.

Start the service outside of it (`userns_mode: host` with userns-remap), or give the mapped id access on the board:

    sudo setfacl -m u:UID:rw /dev/NAME
""",
    Layer.USER_NAMESPACE,
)
NO_DAC_OVERRIDE: Final = Rule(
    "HW122",
    "root without DAC_OVERRIDE is judged by mode like anybody else",
    """\
The process is uid 0, but `cap_drop` took DAC_OVERRIDE, the capability that lets root pass over owner and mode. Join the
node's group instead of giving the capability back; that is the smaller grant.
""",
    Layer.PERMISSION,
)
PRIVILEGED_USER: Final = Rule(
    "HW123",
    "privileged gives nothing to a user other than root",
    """\
`privileged: true` gives capabilities to root only: this process runs as another user, its effective set is empty, and
owner, group and mode decide as they always do. Add the node's group by number; then `privileged` can go, if nothing
else needs it.
""",
    Layer.PERMISSION,
)
OTHER_GID: Final = Rule(
    "HW124",
    "the group's name has another number in the image",
    """\
`group_add` with a name is looked up in the image's /etc/group. There the name has a gid that is not the node's gid on
the board, so joining it changes nothing. Write the board's number.
""",
    Layer.PERMISSION,
)
BIND_MOUNT: Final = Rule(
    "HW130",
    "the node was bind-mounted: no device cgroup rule lets it pass",
    """\
open(2) and access(2) both say EPERM while owner and mode would allow it. `volumes` puts the node into the container and
leaves the device cgroup closed. stat(2) works, so the node looks perfectly fine to every tool that does not open it.

    devices:
      - "/dev/i2c-1:/dev/i2c-1"     # instead of the line under volumes
""",
    Layer.DEVICE_CGROUP,
)
READ_ONLY_RULE: Final = Rule(
    "HW131",
    "the device cgroup allows reading only",
    """\
Opening for reading and writing says EPERM, opening for reading alone works: the third field of the `devices` line is
`r`. Drivers that are talked to by ioctl (i2c-dev, spidev, gpiochip) are opened for reading and writing by every
library.
""",
    Layer.DEVICE_CGROUP,
)
NO_RULE: Final = Rule(
    "HW132",
    "no device cgroup rule allows this node",
    """\
The node is in the container (by the bind of a directory, a copy in the image, or mknod), EPERM comes from the
device cgroup, and no grant of the service allows its number.

    devices: ["/dev/NAME"]                  # this node
    device_cgroup_rules: ["c 188:* rw"]     # or a whole major, for things that are plugged in later
""",
    Layer.DEVICE_CGROUP,
)
OTHER_MAJOR: Final = Rule(
    "HW133",
    "device_cgroup_rules allow another number than this node has",
    """\
There are device_cgroup_rules, but none of them covers this node's major, minor or the permission that opening needs.
Majors below 234 are fixed; higher ones are given out at boot and differ from board to board: look in /proc/devices.
""",
    Layer.DEVICE_CGROUP,
)
RULE_NOT_IN_FORCE: Final = Rule(
    "HW134",
    "the compose file allows it, the device cgroup does not",
    """\
The service maps the node with enough permission and EPERM still comes from the device cgroup. Either something took the
rule away after the start (`systemctl daemon-reload` with the systemd cgroup driver), or an outer container (LXC,
Docker in Docker, a Kubernetes pod) allows less than the engine hands on: a child cgroup can never have more.
""",
    Layer.DEVICE_CGROUP,
)
CAPABILITY: Final = Rule(
    "HW140",
    "the capability was not granted",
    """\
The capability is not in the container's bounding set. Containers start with fourteen harmless ones; SYS_RAWIO,
SYS_MODULE, SYS_ADMIN, NET_ADMIN and SYS_TIME are not among them, for root neither.

    cap_add:
      - SYS_RAWIO
""",
    Layer.CAPABILITY,
)
CAPABILITY_USER: Final = Rule(
    "HW141",
    "the capability is granted, but a user other than root never gets it",
    """\
`cap_add` puts the capability into the bounding set. A process of uid 0 gets it from there; a process of another uid
does not: its effective set stays empty, and compose has no field for ambient capabilities. So the line does nothing.

Run the service as root, or put the capability on the program in the image (`setcap cap_sys_rawio+ep PROGRAM`), which
works unless `no-new-privileges` is set.
""",
    Layer.CAPABILITY,
)
CAPABILITY_NAMESPACE: Final = Rule(
    "HW142",
    "the capability counts only inside the container's user namespace",
    """\
The effective set holds the capability, but the container has a user namespace of its own (rootless engine, or
`userns-remap`). Drivers ask for it in the board's namespace, and there this process has none. Use an engine that runs
as root, with `userns_mode: host` where remapping is on.
""",
    Layer.USER_NAMESPACE,
)
CAPABILITY_OUTER: Final = Rule(
    "HW143",
    "the compose file grants the capability, the container did not get it",
    """\
`cap_add` or `privileged` asks for it and the bounding set lacks it. The engine itself has no more to give: it runs in a
container, a virtual machine's sandbox or a service whose bounding set is cut.

    grep CapBnd /proc/$(pidof dockerd)/status
""",
    Layer.CAPABILITY,
)
DRIVER_REFUSES: Final = Rule(
    "HW144",
    "the driver refuses this process",
    """\
access(2) says yes and open(2) says EPERM: the mode, the device cgroup and the LSM let it pass, and the driver's own
check did not. Drivers ask for a capability (SYS_RAWIO for /dev/mem, /dev/port and MSRs, SYS_ADMIN for many others), or
kernel lockdown stops them.
""",
    Layer.CAPABILITY,
)
LSM: Final = Rule(
    "HW150",
    "a security module (AppArmor, SELinux) forbids it",
    """\
The errno is EACCES although owner and mode allow it. SELinux shows the type `container_t` in the label and writes an
AVC line to the board's audit log; AppArmor shows a profile name, and says nothing for rules that are an explicit deny.

    security_opt: ["apparmor=PROFILE"]      # a profile that allows this path
    setsebool -P container_use_devices on   # SELinux, on the board
""",
    Layer.LSM,
)
SECCOMP: Final = Rule(
    "HW151",
    "the seccomp profile forbids the system call",
    """\
The call says EPERM (or what the profile chose) although every capability that it needs is there. The engine's default
profile opens some calls only together with a capability; a profile of your own must list the call.

    security_opt: ["seccomp=profile.json"]
""",
    Layer.SECCOMP,
)
NO_DRIVER: Final = Rule(
    "HW160",
    "no driver owns the node's number",
    """\
open(2) says ENXIO: the container may open the node, and nobody is behind it. The major is not in /proc/devices: the
module is not loaded, or the node was made by hand with a number that has changed since.

    grep -w MAJOR /proc/devices
""",
    Layer.BOARD,
)
GONE: Final = Rule(
    "HW161",
    "the driver is there, the device is not",
    """\
A driver owns the major, but no device with this minor exists: it was unplugged, or came back under another number. The
container keeps the node it got at its start. For things that are plugged in and out, bind the directory and allow the
whole major with `device_cgroup_rules`.
""",
    Layer.BOARD,
)
BUSY: Final = Rule(
    "HW170",
    "somebody else holds the device",
    """\
open(2) says EBUSY: the device allows one user at a time and has one, on the board or in another container.

    sudo fuser -v /dev/NAME      # on the board
""",
    Layer.BUSY,
)
LOCKDOWN: Final = Rule(
    "HW180",
    "kernel lockdown forbids it",
    """\
The kernel is locked down (secure boot does that): raw access to memory, ports and MSRs is refused to everyone, root on
the board included. No compose field changes it.

    cat /sys/kernel/security/lockdown
""",
    Layer.LOCKDOWN,
)
UNEXPLAINED: Final = Rule(
    "HW199",
    "the evidence fits no known cause",
    """\
The call failed with an errno that none of the known causes gives. The outcome is told as unknown: it is not a pass, and
no layer is blamed without evidence. Please report it with the output of `hwaccess check --format json`.
""",
)

RULES: Final = tuple(value for value in vars().copy().values() if isinstance(value, Rule))
