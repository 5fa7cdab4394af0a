"""The causes for which an engine makes or starts no container, HW050 to HW069, with the page that `explain` prints."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule

MISSING_NODE: Final = Rule(
    "HW050",
    "a device of the service is missing on the board, so its container does not start",
    """\
The engine looks up every path under `devices` at each start and refuses the whole container when one is missing: every
check of the service fails with it, also those of devices that are there. A restart policy does not try again.

Make the node appear on the board (overlay, module, plug; `hwaccess doctor` says what is missing). For a device that
comes and goes, give its number instead of its path and bind the directory that it appears in:

    device_cgroup_rules: ["c 188:* rw"]
    volumes: ["/dev:/dev:ro"]
""",
    Layer.BOARD,
)
NOT_A_NODE: Final = Rule(
    "HW051",
    "a path under devices is no device node",
    """\
`devices` takes nodes of /dev (or directories of them). Files and directories of /sys and /proc, sockets and ordinary
files have no major and minor number; they go under `volumes`.

    volumes: ["/sys/class/gpio:/sys/class/gpio"]

When the path should be a node but is a directory, an earlier `volumes: /dev/x:/dev/x` made it while the device was
away: `rmdir` it on the board and plug the device in again.
""",
    Layer.ENGINE,
)
UNKNOWN_GROUP: Final = Rule(
    "HW052",
    "a group is named that the image does not know",
    """\
Names under `group_add` and after the colon of `user` are looked up in the image's own /etc/group, never on the board.
The node carries a number of the board, so the number is what counts; give it, or make the group in the image with it.

    group_add: ["998"]            # stat -c %g /dev/i2c-1, on the board

A number differs from board to board (i2c is 998 on one, 110 on another), which is why a fixed one belongs in `.env`.
""",
    Layer.ENGINE,
)
UNKNOWN_USER: Final = Rule(
    "HW053",
    "a user is named that the image does not know",
    """\
A name under `user` is looked up in the image's own /etc/passwd. Use the number, or make the user in the image:

    user: "1000"
    RUN useradd --uid 1000 app    # in the Dockerfile
""",
    Layer.ENGINE,
)
USER_NAMESPACE: Final = Rule(
    "HW054",
    "the engine gives containers a user namespace, and the service asks for what does not go with one",
    """\
With `userns-remap` the engine refuses `privileged`, and the host's network, pid or ipc namespace. Either the service
does without, or it leaves the remapping (it is then as strong as without any):

    userns_mode: host

Told apart from a missing capability: here nothing starts at all, and `docker info` lists `userns`.
""",
    Layer.USER_NAMESPACE,
)
UNKNOWN_RUNTIME: Final = Rule(
    "HW055",
    "the engine has no runtime of that name",
    """\
`runtime` names a program that the engine must know from its daemon.json. `docker info` lists the runtimes.

    sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker
""",
    Layer.ENGINE,
)
NO_DEVICE_DRIVER: Final = Rule(
    "HW056",
    "the engine cannot give a GPU",
    """\
`gpus`, or a device reservation, needs a hook on the board that the engine finds by itself: the NVIDIA container
toolkit. "could not select device driver" means that it is not installed, or was installed after the engine started;
"nvidia-container-cli: initialization error" that it is there and the driver is not.

    sudo apt-get install nvidia-container-toolkit && sudo systemctl restart docker
    nvidia-smi                    # on the board itself: is the driver there?

Most small boards have a GPU that needs no request at all, only its nodes: `devices: ["/dev/dri"]`.
""",
    Layer.ENGINE,
)
UNKNOWN_CDI: Final = Rule(
    "HW057",
    "the engine cannot resolve a CDI device name",
    """\
A name such as `vendor.com/class=name` under `devices` is looked up in the CDI files of the board (/etc/cdi,
/var/run/cdi). "unresolvable" means that no file has it; "could not select device driver cdi" that the engine is older
than 25 or has CDI switched off.

    ls /etc/cdi /var/run/cdi
    {"features": {"cdi": true}}   # /etc/docker/daemon.json, engines 25 to 27
""",
    Layer.ENGINE,
)
MISSING_SOURCE: Final = Rule(
    "HW058",
    "a bind mount's path is missing on the board",
    """\
The long form of `volumes`, and every check of hwaccess, refuse to bind a path that is not there. The short form makes
an empty directory instead, on the board, owned by root: for a node such as /dev/ttyUSB0 that directory then stands in
the node's way. Make the path, or correct it.
""",
    Layer.BOARD,
)
MOUNT_FAILED: Final = Rule(
    "HW059",
    "a mount of the service cannot be made",
    """\
Usual causes, in the engine's words: "not a directory" (a file is bound over a directory, or the other way round),
"inside /proc" (nothing may be mounted below the container's own /proc; use another target), "not a shared or slave
mount" (the propagation asks for more than the board's mount gives: leave it out, or `mount --make-rshared /`).
""",
    Layer.MOUNT,
)
UNKNOWN_CAPABILITY: Final = Rule(
    "HW060",
    "the engine knows no capability of that name",
    """\
Names are those of capabilities(7), with or without CAP_: SYS_RAWIO, SYS_MODULE, NET_ADMIN. A name that is spelled right
may be newer than the engine or the kernel (PERFMON, BPF and CHECKPOINT_RESTORE need Linux 5.8).
""",
    Layer.CAPABILITY,
)
CAPABILITY_NOT_HELD: Final = Rule(
    "HW061",
    "the engine itself does not hold a capability that the service adds",
    """\
"unable to apply caps: operation not permitted": the engine runs inside something that took the capability away (a
container, LXC, a systemd unit with CapabilityBoundingSet). It cannot give what it does not have.

    grep CapBnd /proc/$(pidof dockerd)/status
""",
    Layer.CAPABILITY,
)
SECCOMP_PROFILE: Final = Rule(
    "HW062",
    "the seccomp profile cannot be applied",
    """\
The profile under `security_opt: seccomp=FILE` is not what the runtime takes (an unknown action or system call, a wrong
shape), or the kernel or the engine was built without seccomp. Start from the engine's own default profile and change
one thing at a time.
""",
    Layer.SECCOMP,
)
LSM_PROFILE: Final = Rule(
    "HW063",
    "the AppArmor profile or SELinux label cannot be applied",
    """\
`security_opt: apparmor=NAME` names a profile that must be loaded on the board before the start:

    sudo apparmor_parser -r /etc/apparmor.d/NAME
    sudo aa-status | grep NAME

For SELinux, `label=type:NAME` must be a type of the board's policy.
""",
    Layer.LSM,
)
INVALID_VALUE: Final = Rule(
    "HW064",
    "the engine does not take a value of the service",
    """\
The engine's own words name the value: an unknown security option, a path in the container that is not absolute, a
volume name with signs that no volume may have, permissions that are not made of r, w and m.
""",
    Layer.ENGINE,
)
SYSCTL: Final = Rule(
    "HW065",
    "a kernel parameter cannot be set for the container",
    """\
`sysctls` may only set what belongs to a namespace of the container's own: net.* (not with `network_mode: host`),
kernel.msg*, kernel.sem, kernel.shm*, fs.mqueue.* (not with `ipc: host`). Anything else is the board's, set there:

    echo 'NAME = VALUE' | sudo tee /etc/sysctl.d/90-app.conf && sudo sysctl --system
""",
    Layer.ENGINE,
)
CGROUP: Final = Rule(
    "HW066",
    "the runtime cannot set up the container's cgroup",
    """\
`cgroup_parent` must end in .slice where the engine uses systemd, and be a plain path where it does not. A failure at
"devices" or "bpf" without a parent of your own comes from the board: a kernel without CONFIG_CGROUP_DEVICE or
CONFIG_CGROUP_BPF, or an engine inside a container whose own cgroup may not be changed.

    docker info | grep -i cgroup
""",
    Layer.ENGINE,
)
NAMESPACE: Final = Rule(
    "HW067",
    "the service's namespaces cannot be set up as asked",
    """\
The engine's words name the conflict: a hostname together with `uts: host`, a mode that this engine does not know, a
network that it does not have.
""",
    Layer.ENGINE,
)
CANNOT_EXECUTE: Final = Rule(
    "HW068",
    "the agent cannot be started in the container",
    """\
The container was made, and its first program did not start. "exec format error": the runtime was made for another
architecture than the board's. "permission denied": its volume lies on a file system that is mounted noexec. "no such
file or directory": its volume is incomplete.

    hwaccess sweep --all          # the runtime is made again at the next run
""",
)
OTHER_REFUSAL: Final = Rule(
    "HW069",
    "the engine refuses the container for a reason that hwaccess does not know",
    """\
The engine's own words stand in the evidence; nothing is concluded from them. The engine's log may say more:

    journalctl -u docker --since -5min
""",
)

RULES: Final = (
    MISSING_NODE,
    NOT_A_NODE,
    UNKNOWN_GROUP,
    UNKNOWN_USER,
    USER_NAMESPACE,
    UNKNOWN_RUNTIME,
    NO_DEVICE_DRIVER,
    UNKNOWN_CDI,
    MISSING_SOURCE,
    MOUNT_FAILED,
    UNKNOWN_CAPABILITY,
    CAPABILITY_NOT_HELD,
    SECCOMP_PROFILE,
    LSM_PROFILE,
    INVALID_VALUE,
    SYSCTL,
    CGROUP,
    NAMESPACE,
    CANNOT_EXECUTE,
    OTHER_REFUSAL,
)
