"""What a run finds about grants themselves, HW070 to HW079.

That is grants that do nothing, and reach beyond them.
"""

from __future__ import annotations

from typing import Final

from hwaccess.model import Layer, Rule, rules_of

CAPABILITY_DOES_NOTHING: Final = Rule(
    "HW070", "a capability is granted to a user who never gets it", Layer.CAPABILITY
)
SOURCE_MISSING: Final = Rule(
    "HW071", "the source of a bind mount does not exist on the board", Layer.BOARD
)
MAJOR_UNOWNED: Final = Rule(
    "HW072", "a device cgroup rule is about a major that no driver owns", Layer.BOARD
)
LABEL_SKIPPED: Final = Rule(
    "HW073", "a feature label does nothing, because its path is missing on the board", Layer.BOARD
)
REACHES_MORE: Final = Rule("HW074", "the service reaches more than it declares")
SUBSTITUTED: Final = Rule("HW075", "something of the service was replaced for the probe")
PRIVILEGED_DOES_NOTHING: Final = Rule(
    "HW076", "privileged gives a user other than root no capability", Layer.PERMISSION
)
NOT_ASKED: Final = Rule(
    "HW077", "it could not be asked, because the container does not start", Layer.ENGINE
)
WRONG_LAYER: Final = Rule("HW078", "it is denied, but not by the layer that was expected")

RULES: Final = rules_of(vars())
