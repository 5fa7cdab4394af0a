"""The causes that only this kind has."""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

NOT_GIVEN: Final = Rule(
    "HW290", "nothing tells the container where the supervisor is", Layer.ENGINE
)
NOT_ASKED: Final = Rule(
    "HW291", "whether the supervisor gives its variables cannot be told from a container of ours"
)
NOBODY: Final = Rule("HW292", "nobody listens at the supervisor's address", Layer.BOARD)
NO_WAY: Final = Rule("HW293", "no network leads to the supervisor", Layer.ENGINE)
NO_KEY: Final = Rule("HW294", "the supervisor does not accept the key", Layer.BUS)
STRANGE: Final = Rule(
    "HW295", "what listens at the supervisor's address does not answer as it should", Layer.BUS
)
NO_TLS: Final = Rule("HW296", "the probe cannot speak TLS")
RULES: Final = rules_of(vars())
