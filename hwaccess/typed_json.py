"""A JSON object that is read strictly.

Every value is checked when it is asked for, so a wrong type is an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.errors import ProbeError

if TYPE_CHECKING:
    from collections.abc import Mapping


class JsonObject:
    """A JSON object out of a probe.

    Every getter checks the type and names the probe when it is wrong.

    Each getter raises the error of the text's owner when the value is of another type.
    """

    __slots__ = ("_data", "_where")

    def __init__(self, data: Mapping[str, object], where: str) -> None:
        self._data = data
        self._where = where

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def __repr__(self) -> str:
        return f"JsonObject({dict(self._data)!r})"

    def text(self, key: str, default: str | None = None) -> str:
        """The text at key."""
        value = self._value(key, default)
        if isinstance(value, str):
            return value
        raise self._wrong(key, "a text", value)

    def number(self, key: str, default: int | None = None) -> int:
        """The integer at key."""
        value = self._value(key, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self._wrong(key, "a number", value)

    def decimal(self, key: str, default: float | None = None) -> float:
        """The number at key, whole or not."""
        value = self._value(key, default)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        raise self._wrong(key, "a number", value)

    def hexadecimal(self, key: str) -> int:
        """The number that a text of hexadecimal digits at key stands for."""
        value = self.text(key)
        try:
            return int(value, 16)
        except ValueError:
            raise self._wrong(key, "hexadecimal digits", value) from None

    def flag(self, key: str, default: bool | None = None) -> bool:
        """The boolean at key."""
        value = self._value(key, default)
        if isinstance(value, bool):
            return value
        raise self._wrong(key, "true or false", value)

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts at key; empty when absent."""
        value = self._value(key, ())
        if isinstance(value, (list, tuple)) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise self._wrong(key, "a list of texts", value)

    def numbers(self, key: str) -> tuple[int, ...]:
        """The list of integers at key; empty when absent."""
        value = self._value(key, ())
        if isinstance(value, (list, tuple)) and all(isinstance(item, int) for item in value):
            return tuple(value)
        raise self._wrong(key, "a list of numbers", value)

    def number_rows(self, key: str, width: int) -> tuple[tuple[int, ...], ...]:
        """The list of rows of `width` integers at key; empty when absent."""
        value = self._value(key, ())
        if isinstance(value, (list, tuple)) and all(
            isinstance(row, list)
            and len(row) == width
            and all(isinstance(cell, int) for cell in row)
            for row in value
        ):
            return tuple(tuple(row) for row in value)
        raise self._wrong(key, f"rows of {width} numbers", value)

    def table(self, key: str) -> JsonObject:
        """The object at key; empty when absent or null."""
        value = self._data.get(key)
        if value is None:
            return JsonObject({}, f"{self._where}.{key}")
        if isinstance(value, dict):
            return JsonObject(value, f"{self._where}.{key}")
        raise self._wrong(key, "an object", value)

    def tables(self, key: str) -> tuple[JsonObject, ...]:
        """The list of objects at key; empty when absent."""
        value = self._value(key, ())
        if isinstance(value, (list, tuple)) and all(isinstance(item, dict) for item in value):
            return tuple(
                JsonObject(item, f"{self._where}.{key}[{index}]")
                for index, item in enumerate(value)
            )
        raise self._wrong(key, "a list of objects", value)

    def keys(self) -> tuple[str, ...]:
        """The keys, in the order of the answer."""
        return tuple(self._data)

    def _value(self, key: str, default: object) -> object:
        value = self._data.get(key)
        if value is None:
            value = default
        if value is None:
            message = f"{self._where} does not say {key!r}"
            raise ProbeError(
                message,
                hint="a probe and this hwaccess differ in version: run `hwaccess sweep --all`",
            )
        return value

    def _wrong(self, key: str, wanted: str, value: object) -> ProbeError:
        message = f"{self._where} says {value!r} for {key!r}, which is not {wanted}"
        return ProbeError(
            message, hint="a probe and this hwaccess differ in version: run `hwaccess sweep --all`"
        )
