"""Texts of others, made harmless for a terminal, a log and a page.

Names, paths, labels and what containers print may hold anything: sequences that move the cursor or
change colors, controls, characters that turn the direction of writing.
"""

from __future__ import annotations

import json


def plain(text: str) -> str:
    """One line: what cannot be printed is written out as Python would, a line feed too."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def plain_json(text: str) -> str:
    """A JSON document, which says the same: JSON itself escapes of all this only the controls."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in text
    )


def plain_lines(text: str) -> str:
    """Several lines, each of them plain."""
    return "\n".join(map(plain, text.split("\n")))
