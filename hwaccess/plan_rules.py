"""What a run finds about grants themselves, HW070 to HW079: those that do nothing, and reach beyond them."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule

CAPABILITY_DOES_NOTHING: Final = Rule(
    "HW070",
    "a capability is granted to a user who never gets it",
    """\
`cap_add` fills the bounding set. Only a process of uid 0 takes capabilities from there; the service runs as another
user, so its effective set is empty and the line does nothing. Drop the line, run the service as root, or put the
capability on the program in the image with `setcap`.
""",
    Layer.CAPABILITY,
)
SOURCE_MISSING: Final = Rule(
    "HW071",
    "the source of a bind mount does not exist on the board",
    """\
Starting this service with compose makes an empty, root-owned directory on the board in place of the missing source.
hwaccess does not make it: the probe container runs without this mount. For a device node the directory is worse than
nothing, because it takes the name of the node that comes later. Use `devices`, or the long form with
`bind: {create_host_path: false}`, which refuses to start instead.
""",
    Layer.BOARD,
)
MAJOR_UNOWNED: Final = Rule(
    "HW072",
    "a device cgroup rule is about a major that no driver owns",
    """\
The board's /proc/devices does not list the major, so the rule allows nothing now. Either the driver loads later (a USB
serial adapter that is not plugged in), or the number is wrong: dynamic majors differ from board to board.

    cat /proc/devices
""",
    Layer.BOARD,
)
LABEL_SKIPPED: Final = Rule(
    "HW073",
    "a feature label does nothing, because its path is missing on the board",
    """\
The supervisor mounts /lib/modules and /lib/firmware only when the host has them, and says nothing when it does not. The
probe container runs without the mount, as the service would.
""",
    Layer.BOARD,
)
REACHES_MORE: Final = Rule(
    "HW074",
    "the service reaches more than it declares",
    """\
The service can use something that its grants do not name, or that a `deny` line (or the grant of another service alone)
says it must not. Causes: `privileged`, the bind of a whole /dev together with wide `device_cgroup_rules`, an engine
without a device cgroup (rootless), or a default of the engine that gives more than usual.
""",
)
SUBSTITUTED: Final = Rule(
    "HW075",
    "something of the service was replaced for the probe",
    """\
The probe container has the service's grants unchanged. What cannot be given without leaving something on the board, or
without the other services running, is replaced, and each replacement is told: a volume that does not exist yet, another
service's network, the service's own image when the board does not have it.
""",
)
PRIVILEGED_DOES_NOTHING: Final = Rule(
    "HW076",
    "privileged gives a user other than root no capability",
    """\
The service is privileged and runs as a user other than root. Its effective capability set is empty: what `privileged`
still gives are all of the board's device nodes (judged by owner, group and mode), no seccomp filter, and a writable
/sys and /proc. That is much for an attacker who becomes root and little for the service.
""",
    Layer.PERMISSION,
)
NOT_ASKED: Final = Rule(
    "HW077",
    "it could not be asked, because the container does not start",
    """\
A check that wants to see an access denied needs a container that tries. The engine refused to make or start this one,
so the check fails: no answer is not "no".
""",
    Layer.ENGINE,
)
WRONG_LAYER: Final = Rule(
    "HW078",
    "it is denied, but not by the layer that was expected",
    """\
The `deny` line names the layer that must stop the access, and another one did. The protection that was meant may be
missing, and shows only when the other layer is opened.
""",
)

RULES: Final = tuple(value for value in vars().copy().values() if isinstance(value, Rule))
