"""The causes that only this kind has."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

NOT_MOUNTED: Final = Rule(
    "HW270", "the board's firmware folder is not mounted in the container", Layer.MOUNT
)
NO_FOLDER: Final = Rule("HW271", "the board has no firmware folder", Layer.BOARD)
ONLY_IN_IMAGE: Final = Rule(
    "HW272", "the firmware is in the container only, where the kernel never looks", Layer.BOARD
)
NOWHERE: Final = Rule(
    "HW273", "the firmware file is neither on the board nor in the container", Layer.BOARD
)
COMPRESSED: Final = Rule(
    "HW274", "the firmware file is compressed, and the kernel cannot unpack it", Layer.BOARD
)
NOT_SEARCHED: Final = Rule(
    "HW275", "the kernel does not search the extra firmware folder", Layer.BOARD
)
RULES: Final = rules_of(vars())
