"""The causes that only GPIO has, HW220 to HW229."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

GPIO_WITHOUT_NODE: Final = Rule(
    "HW083", "the board has a GPIO chip without a device node", Layer.BOARD
)
NOT_A_CHIP: Final = Rule("HW220", "the node is no GPIO chip", Layer.ENGINE)
OTHER_NUMBER: Final = Rule("HW221", "the board's GPIO chips have other numbers", Layer.BOARD)
NO_CHIP: Final = Rule("HW222", "the board has no GPIO chip", Layer.BOARD)
NO_MEMORY: Final = Rule("HW223", "the board has no such gpiomem node", Layer.BOARD)
LINE_MISSING: Final = Rule("HW224", "the chip has no such line", Layer.BOARD)
LINE_BUSY: Final = Rule("HW225", "a line is in use", Layer.BUSY)
FIRMWARE_MASKED: Final = Rule(
    "HW226", "gpiozero cannot tell the board, because /sys/firmware is masked", Layer.MOUNT
)
GPIOZERO_FAILS: Final = Rule("HW227", "the chip is reachable, gpiozero fails", Layer.USERLAND)
LINES_UNKNOWN: Final = Rule("HW228", "the kernel did not tell the chip's lines")
RULES: Final = rules_of(vars())
