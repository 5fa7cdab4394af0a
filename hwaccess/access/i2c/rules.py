"""The causes that only I2C has, HW210 to HW219."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

I2C_WITHOUT_NODE: Final = Rule(
    "HW080", "the board has an I2C adapter without a device node", Layer.BOARD
)
NO_SUCH_ADAPTER: Final = Rule("HW210", "the node is no I2C adapter", Layer.ENGINE)
NO_I2C_DEV: Final = Rule("HW211", "the adapter is there, i2c-dev is not loaded", Layer.BOARD)
NO_ADAPTER: Final = Rule("HW212", "the board has no I2C adapter", Layer.BOARD)
OTHER_NUMBER: Final = Rule("HW213", "the board's adapters have other numbers", Layer.BOARD)
NO_ANSWER: Final = Rule("HW214", "nothing answers at the address", Layer.BUS)
OWNED: Final = Rule("HW215", "a driver of the board's kernel owns the address", Layer.BUSY)
NOT_READ: Final = Rule("HW216", "the device was not read or written, so nothing is known of it")
LIBRARY: Final = Rule("HW217", "the system calls work, smbus2 does not", Layer.USERLAND)
NOT_KEPT: Final = Rule("HW218", "the register did not keep what was written", Layer.BUS)
NOT_PUT_BACK: Final = Rule(
    "HW219", "the register was written and does not hold again what it held", Layer.BUS
)
RULES: Final = rules_of(vars())
