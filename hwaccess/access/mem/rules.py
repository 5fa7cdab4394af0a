"""The causes that only this kind has."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

NOT_BUILT: Final = Rule("HW240", "the board's kernel is built without this node", Layer.BOARD)
STRICT_DEVMEM: Final = Rule(
    "HW241", "the kernel lets /dev/mem be opened, and not this page be mapped", Layer.BOARD
)
BAD_ADDRESS: Final = Rule("HW242", "the address cannot be mapped on this board", Layer.BOARD)
MAP_FORBIDDEN: Final = Rule(
    "HW243", "a security module lets /dev/mem be opened, and not be mapped", Layer.LSM
)
RULES: Final = rules_of(vars())
