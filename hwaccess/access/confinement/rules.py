"""How a container can differ from its compose file, HW330 to HW339."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

CAPABILITY_MORE: Final = Rule(
    "HW330", "the container has capabilities that the compose file does not give", Layer.CAPABILITY
)
CAPABILITY_LESS: Final = Rule(
    "HW331", "the container lacks capabilities that the compose file gives", Layer.CAPABILITY
)
SECCOMP_FILTER: Final = Rule(
    "HW332", "the seccomp filter is not as the compose file says", Layer.SECCOMP
)
NO_NEW_PRIVILEGES: Final = Rule(
    "HW333", "no-new-privileges is not as the compose file says", Layer.NO_NEW_PRIVILEGES
)
USER: Final = Rule(
    "HW334",
    "the process runs as another user or group than the compose file says",
    Layer.PERMISSION,
)
GROUPS: Final = Rule(
    "HW335", "a group of group_add is not among the process's groups", Layer.PERMISSION
)
USER_NAMESPACE: Final = Rule(
    "HW336", "the user namespace is not as the compose file says", Layer.USER_NAMESPACE
)
READ_ONLY: Final = Rule(
    "HW337",
    "the root file system is not read-only or writable as the compose file says",
    Layer.MOUNT,
)
LSM_LABEL: Final = Rule(
    "HW338", "the AppArmor or SELinux label is not as the compose file says", Layer.LSM
)
PATHS: Final = Rule(
    "HW339", "a masked or read-only path is not as the compose file says", Layer.MOUNT
)
RULES: Final = rules_of(vars())
