"""What an ELF file needs to run: its loader, and the shared objects that it finds."""

from __future__ import annotations

import re
import struct
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

PT_INTERP: Final = 3
NEEDED: Final = re.compile(r"^\s*(?P<name>\S+) => (?P<path>/\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Segment:
    """One program header: what it is, and which bytes of the file it covers."""

    type: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Elf:
    """What a loader reads of an ELF file.

    section_fields: where e_shoff and e_shnum with e_shstrndx stand.
    """

    segments: tuple[Segment, ...]
    section_fields: tuple[slice, slice]


def read(data: bytes) -> Elf | None:
    """The program headers in `data`, or None when it is no ELF file."""
    if data[:4] != b"\x7fELF":
        return None
    wide, order = data[4] == 2, "<" if data[5] == 1 else ">"
    start = struct.unpack_from(order + ("Q" if wide else "I"), data, 32 if wide else 28)[0]
    size, count = struct.unpack_from(order + "HH", data, 54 if wide else 42)
    layout = order + ("I4xQ16xQ" if wide else "II8xI")
    entries = (struct.unpack_from(layout, data, start + index * size) for index in range(count))
    fields = (slice(40, 48), slice(60, 64)) if wide else (slice(32, 36), slice(48, 52))
    return Elf(tuple(Segment(*entry) for entry in entries), fields)


def loader_of(data: bytes) -> str:
    """The loader that a program names, or "".

    It is "" for a static program, a shared object or no ELF file at all.
    """
    elf = read(data)
    for segment in elf.segments if elf else ():
        if segment.type == PT_INTERP:
            return data[segment.offset : segment.offset + segment.size].rstrip(b"\0").decode()
    return ""


def without_symbols(data: bytes) -> bytes:
    """The file without its sections.

    Debug information is most of a self-built libpython, and never loaded.
    """
    elf = read(data)
    if elf is None:
        return data
    end = max((segment.offset + segment.size for segment in elf.segments), default=len(data))
    kept = bytearray(data[:end])
    for field in elf.section_fields:
        kept[field] = bytes(field.stop - field.start)
    return bytes(kept)


def shared_objects(loader: str, paths: Iterable[Path]) -> dict[str, str]:
    """The shared objects that the files need, name as it is asked for -> where the loader finds it.

    The loader itself is asked (`--list`, glibc and musl alike): it alone knows its cache and paths.
    """
    found: dict[str, str] = {}
    for path in paths:
        command = [loader, "--list", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)  # noqa: S603 -- our own loader
        found.update((match["name"], match["path"]) for match in NEEDED.finditer(done.stdout))
    return found
