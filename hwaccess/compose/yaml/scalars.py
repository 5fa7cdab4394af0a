"""What a scalar means: the reading that compose's own YAML library (go-yaml v3) gives a plain text.

It lies between YAML 1.1 and 1.2. From 1.1: `0660` is octal, `1_000` is a number. From 1.2: `0o660`,
and `yes`, `no`, `on`, `off` stay text; compose makes them booleans only for the fields that are
booleans (casts.py). `22:22` is text, never a number to base 60, and a date stays text because no
field of compose takes one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hwaccess.compose.yaml.tree import ScalarValue

CONSTANTS: Final[dict[str, ScalarValue]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
BASES: Final = {"0x": 16, "0X": 16, "0b": 2, "0B": 2, "0o": 8, "0O": 8}
INTEGER: Final = re.compile(
    r"[-+]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)", re.ASCII
)
FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
NUMBER_BEGINS: Final = frozenset("+-.0123456789")
LONGEST_NUMBER: Final = (
    80  # Python refuses to read thousands of digits; no field of compose needs more than twenty
)


def read_plain(text: str) -> ScalarValue:
    """The value of a scalar without quotes and without a tag."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if text[0] not in NUMBER_BEGINS:
        return text
    number = read_number(text)
    return text if number is None else number


def read_number(text: str) -> int | float | None:
    """The number that the text is, or None. An integer beyond 64 bits becomes a float."""
    if len(text) > LONGEST_NUMBER:
        return None
    digits = text.replace("_", "")
    if INTEGER.fullmatch(digits):
        value = _integer(digits)
        return value if -(2**63) <= value < 2**64 else float(value)
    return float(digits) if FLOAT.fullmatch(digits) else None


def _integer(digits: str) -> int:
    unsigned = digits.lstrip("+-")
    base = BASES.get(unsigned[:2], 8 if unsigned.startswith("0") else 10)
    return (
        int(digits.replace(unsigned[:2], "", 1), base)
        if unsigned[:2] in BASES
        else int(digits, base)
    )


def read_tagged(tag: str, text: str) -> ScalarValue:
    """The value under a standard tag (`!!str`, `!!int`, ...).

    Raises `ValueError` when the text is no such value.
    """
    kind = tag.rpartition(":")[2].lstrip("!")
    if kind not in {"int", "float", "bool", "null"}:
        return text
    value = read_plain(text)
    fits = {
        "int": isinstance(value, int) and not isinstance(value, bool),
        "float": isinstance(value, int | float) and not isinstance(value, bool),
        "bool": isinstance(value, bool),
        "null": value is None,
    }
    if not fits[kind]:
        message = f"{text!r} is no !!{kind}"
        raise ValueError(message)
    return float(value) if kind == "float" and isinstance(value, int) else value
