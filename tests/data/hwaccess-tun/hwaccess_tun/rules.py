"""The causes that only this kind has."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

NOT_TUN: Final = Rule("TUN001", "the node is not the driver of virtual interfaces", Layer.ENGINE)

RULES: Final = rules_of(vars())
