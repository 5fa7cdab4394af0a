"""The causes that only this kind has."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

NOT_GIVEN: Final = Rule(
    "HW300", "nothing tells the container where the cloud's API is", Layer.ENGINE
)
NOT_ASKED: Final = Rule(
    "HW301",
    "whether the supervisor gives the cloud's variables cannot be told from a container of ours",
)
NOBODY: Final = Rule("HW302", "nobody listens at the address of the cloud's API", Layer.BOARD)
NO_WAY: Final = Rule("HW303", "no network leads to the cloud's API", Layer.ENGINE)
NO_KEY: Final = Rule("HW304", "there is no key for the cloud's API", Layer.ENGINE)
STRANGE: Final = Rule(
    "HW305",
    "what listens at the address of the cloud's API does not answer as it should",
    Layer.BUS,
)
NO_TLS: Final = Rule("HW306", "the probe cannot speak TLS")
RULES: Final = rules_of(vars())
