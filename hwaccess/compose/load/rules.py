"""The findings that loading can make.

A file that cannot be used at all is a ComposeError and has no rule.
"""

from __future__ import annotations

from typing import Final

from hwaccess.model import Rule, rules_of

UNKNOWN_FIELD: Final = Rule("HW001", "a field that compose does not know")
MISPLACED_FIELD: Final = Rule("HW002", "a field that stands in the wrong section")
UNKNOWN_TAG: Final = Rule("HW003", "a YAML tag that means nothing to compose")
UNKNOWN_VERSION: Final = Rule("HW004", "a version that no compose file format has")
UNSET_VARIABLE: Final = Rule("HW005", "a variable that is not set anywhere")
SEVERAL_FILES: Final = Rule("HW006", "several compose files in one directory")
UNKNOWN_PROFILE: Final = Rule("HW007", "a profile that no service has")

RULES: Final = rules_of(vars())
