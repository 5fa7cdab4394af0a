"""The causes that only this kind has."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

OTHER_DEVICE: Final = Rule("HW200", "another device stands behind the node's name", Layer.ENGINE)
RULES: Final = rules_of(vars())
