"""The causes of a system bus that cannot be used, HW280 to HW289.

`hwaccess explain` prints the page of each.
"""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

NOT_MOUNTED: Final = Rule("HW280", "the board's bus socket is not in the container", Layer.ENGINE)
NO_BUS: Final = Rule("HW281", "no bus runs on the board", Layer.BOARD)
STALE_MOUNT: Final = Rule(
    "HW282", "the socket's bind mount leads to a socket that is no more", Layer.MOUNT
)
SOCKET_PERMISSION: Final = Rule(
    "HW283", "owner and mode of the bus socket keep this user out", Layer.PERMISSION
)
SECURITY_MODULE: Final = Rule(
    "HW284", "a security module stands between the container and the bus", Layer.LSM
)
OTHER_USER: Final = Rule(
    "HW285", "the bus sees another uid than the client names", Layer.USER_NAMESPACE
)
TURNED_AWAY: Final = Rule("HW286", "the bus turns the caller away", Layer.BUS)
NO_OWNER: Final = Rule("HW287", "nobody on the bus has that name", Layer.BUS)
ELSEWHERE: Final = Rule(
    "HW288", "the bus is there, but not where the app looks for it", Layer.USERLAND
)
OWN_BUS: Final = Rule("HW289", "the bus is the container's own, not the board's", Layer.USERLAND)
RULES: Final = rules_of(vars())
