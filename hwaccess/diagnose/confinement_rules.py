"""How a container can differ from its compose file, HW330 to HW339."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule

CAPABILITY_MORE: Final = Rule(
    "HW330",
    "the container has capabilities that the compose file does not give",
    """\
The bounding set holds more than the engine's default set plus `cap_add` minus `cap_drop`. The compose file promises a
tighter container than the one that runs. The reason is outside of it: `default_capabilities` of Podman's
containers.conf, a runtime or a wrapper that adds some, or an engine without capability support.

    grep Cap /proc/self/status; capsh --decode=00000000a80425fb     # Docker's default set, for comparison
    cap_drop: [ALL]                                                 # then cap_add names all that there is

Told apart: the default sets of Docker (14) and of Podman (11) are both taken as the engine's own.
""",
    Layer.CAPABILITY,
)
CAPABILITY_LESS: Final = Rule(
    "HW331",
    "the container lacks capabilities that the compose file gives",
    """\
`cap_add` or `privileged` asks for a capability, or the engine's default set has it, and the bounding set lacks it; or a
process of root does not have in effect what the bounding set allows. An outer container, sandbox or hardened unit that
the engine runs in limits what it can hand on.

    grep CapBnd /proc/$(pidof dockerd)/status

A user other than root never has capabilities in effect; that alone is no difference (HW141 says when it matters).
""",
    Layer.CAPABILITY,
)
SECCOMP_FILTER: Final = Rule(
    "HW332",
    "the seccomp filter is not as the compose file says",
    """\
`Seccomp:` of /proc/self/status is 0 without and 2 with a filter. A filter is due unless the service is privileged or
says `seccomp=unconfined`. No filter where one is due: the engine's default profile is `unconfined`
(`seccomp-profile` in daemon.json) or the kernel has no CONFIG_SECCOMP_FILTER. A filter where none is due: it is an
outer container's, for a process can never take off a filter that it was started with.

    docker info --format '{{.SecurityOptions}}'
""",
    Layer.SECCOMP,
)
NO_NEW_PRIVILEGES: Final = Rule(
    "HW333",
    "no-new-privileges is not as the compose file says",
    """\
With `NoNewPrivs: 1` setuid programs and file capabilities (`setcap`) do nothing: sudo and ping fail, and a user other
than root can get no capability at all. The engine sets it for every container when daemon.json says
`"no-new-privileges": true`, and an outer container hands it on.

    security_opt: ["no-new-privileges:true"]      # what the compose file can say; false takes the engine's default back
""",
    Layer.NO_NEW_PRIVILEGES,
)
USER: Final = Rule(
    "HW334",
    "the process runs as another user or group than the compose file says",
    """\
`user` names a number, and the process has another one. Names are not compared: the image translates them. Look at a
wrapper or runtime that changes the user, and at `userns_mode: keep-id`, which puts your own uid into the container.

    docker inspect --format '{{.Config.User}}' CONTAINER
""",
    Layer.PERMISSION,
)
GROUPS: Final = Rule(
    "HW335",
    "a group of group_add is not among the process's groups",
    """\
`group_add` names a number that /proc/self/status does not list under Groups. In a user namespace (rootless engines)
only mapped groups can be joined; the others are lost without a word.

    podman run --group-add keep-groups ...      # keeps the caller's own groups, with crun
""",
    Layer.PERMISSION,
)
USER_NAMESPACE: Final = Rule(
    "HW336",
    "the user namespace is not as the compose file says",
    """\
/proc/self/uid_map is not `0 0 4294967295`, though neither `userns_mode` nor the engine's configuration (userns-remap,
rootless) explains it, or though `userns_mode: host` asks for the board's own. Then an outer container has the namespace
(an unprivileged LXC, a rootless engine around this one). Capabilities count only inside of it, and nodes that belong to
the board's root show as owned by 65534.

    cat /proc/self/uid_map
""",
    Layer.USER_NAMESPACE,
)
READ_ONLY: Final = Rule(
    "HW337",
    "the root file system is not read-only or writable as the compose file says",
    """\
`read_only: true` makes the root's mount `ro`; without it the root is `rw`. A read-only root that nobody asked for comes
from the engine's configuration (`read_only = true` in containers.conf) or from storage that fell back to read-only
after an error, which happens with worn SD cards.

    grep ' / / ' /proc/self/mountinfo; dmesg | grep -i remount
""",
    Layer.MOUNT,
)
LSM_LABEL: Final = Rule(
    "HW338",
    "the AppArmor or SELinux label is not as the compose file says",
    """\
`security_opt` names a profile or type (or none), and /proc/self/attr/current shows another one; or the engine says that
it confines with AppArmor or SELinux and this process is not. Engines ignore `apparmor=NAME` without a word on a board
whose kernel has no AppArmor, so a profile that is written down may confine nothing.

    cat /proc/self/attr/current; sudo aa-status; getenforce
""",
    Layer.LSM,
)
PATHS: Final = Rule(
    "HW339",
    "a masked or read-only path is not as the compose file says",
    """\
Engines cover /sys/firmware and parts of /proc with empty mounts and make /sys and /proc/sys read-only, unless the
service is privileged or says `systempaths=unconfined` (which leaves /sys read-only). A path that is open without that
lets the service read or change the board; one that is locked with it is locked by an outer container.

    grep -E ' /(sys|proc)' /proc/self/mountinfo
    volumes: ["/sys/firmware:/board/firmware:ro"]      # to read a masked path without opening all of them
""",
    Layer.MOUNT,
)

RULES: Final = tuple(value for value in vars().copy().values() if isinstance(value, Rule))
