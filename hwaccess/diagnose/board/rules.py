"""What a board lacks, seen in its facts alone: HW080 to HW089."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

NO_MODULE_TREE: Final = Rule(
    "HW081", "the board has no modules for the kernel that it runs", Layer.BOARD
)
NOT_READ: Final = Rule("HW084", "the board itself could not be read")
ROOT_ONLY: Final = Rule("HW085", "only root may use the nodes of a bus", Layer.PERMISSION)
BUS_OFF: Final = Rule("HW086", "a Raspberry Pi whose I2C or SPI bus is off", Layer.BOARD)
NOT_BUILT: Final = Rule(
    "HW087", "the board's kernel was built without the driver that makes the node", Layer.BOARD
)
ENGINE_ELSEWHERE: Final = Rule(
    "HW088", "the engine does not see the board's hardware as it is", Layer.USER_NAMESPACE
)
LOCKED_DOWN: Final = Rule("HW089", "the board's kernel is locked down", Layer.LOCKDOWN)

RULES: Final = rules_of(vars())
