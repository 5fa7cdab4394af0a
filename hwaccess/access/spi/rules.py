"""The causes that only SPI has, HW230 to HW239."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

SPI_WITHOUT_DRIVER: Final = Rule(
    "HW082", "the board has an SPI device that no driver is bound to", Layer.BOARD
)
NOT_SPI: Final = Rule("HW230", "the node is no SPI device", Layer.ENGINE)
NOT_BOUND: Final = Rule("HW231", "the SPI device is there, spidev is not bound to it", Layer.BOARD)
OTHER_DRIVER: Final = Rule(
    "HW232", "the SPI device belongs to another driver of the board", Layer.BUSY
)
NO_DEVICE: Final = Rule("HW233", "the board has no SPI device", Layer.BOARD)
OTHER_NUMBER: Final = Rule("HW234", "the board's SPI devices have other numbers", Layer.BOARD)
LIBRARY: Final = Rule("HW235", "the system calls work, the library spidev does not", Layer.USERLAND)
RULES: Final = rules_of(vars())
