"""The causes that only this kind has."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

OWN_NAMESPACE: Final = Rule(
    "HW320", "the container has a network namespace of its own", Layer.ENGINE
)
NOT_HERE: Final = Rule(
    "HW321", "the board has the interface, in another network namespace", Layer.ENGINE
)
ABSENT: Final = Rule("HW322", "the board has no such interface", Layer.BOARD)
DOWN: Final = Rule("HW323", "the interface is there and down", Layer.BOARD)
NOT_KNOWN: Final = Rule("HW324", "the board's network could not be read")
NO_EFFECT: Final = Rule(
    "HW325", "the capability is effective and its use is refused", Layer.USER_NAMESPACE
)
RULES: Final = rules_of(vars())
