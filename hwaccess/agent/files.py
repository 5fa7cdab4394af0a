"""What is put into the container: the agent and the probes, our own and those of other packages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from hwaccess.errors import ProbeImageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PACKAGE: Final = Path(__file__).resolve().parent.parent
MARKER: Final = "agent.py"


@dataclass(frozen=True, slots=True)
class ProbeFile:
    """One Python file: its path below the folder of the probes, and where it is on this machine."""

    name: str
    source: Path


def folder() -> Path:
    """The folder of our own probes: package data when installed, beside the package in a checkout.

    Raises `ProbeImageError` when it is in neither place. The two files that are looked for keep a
    stray folder called `probes` from being taken for ours.
    """
    for candidate in (PACKAGE.parent / "probes", PACKAGE / "_probes"):
        if (candidate / MARKER).is_file() and (candidate / "confinement.py").is_file():
            return candidate
    message = f"the probes are missing from this installation ({PACKAGE})"
    raise ProbeImageError(message, hint="install again: pip install --force-reinstall hwaccess")


def files() -> tuple[ProbeFile, ...]:
    """Every file that goes into the container, sorted by name.

    Our own are in the folder itself. Those of another package's kind are below a folder with the
    kind's name: there already in what was packed for another machine, else where the package has
    them.
    """
    here = folder()
    found = {
        path.relative_to(here).as_posix(): path
        for path in (*here.glob("*.py"), *here.glob("*/*.py"))
    }
    for each in foreign():
        found.setdefault(each.name, each.source)
    return tuple(ProbeFile(name, source) for name, source in sorted(found.items()))


def foreign() -> Iterator[ProbeFile]:
    """The probe files of the access kinds that other packages bring.

    Raises `ProbeImageError` for a kind that names a file which is not there.
    """
    from hwaccess import plugins  # noqa: PLC0415 -- what names the probe image asks once, then remembers

    for name, point in plugins.found(plugins.KINDS, (), "access kinds").items():
        for source in point.load().PROBE:
            if not (isinstance(source, Path) and source.is_file()):
                message = (
                    f"the access kind {name!r} ({point.value}) has no probe file {str(source)!r}"
                )
                raise ProbeImageError(
                    message, hint="PROBE holds whole paths: see docs/access-kind.md"
                )
            yield ProbeFile(f"{folder_of(name)}/{source.name}", source)


def module(kind: str, probe: Sequence[str | Path]) -> str:
    """The module that the agent loads for a kind: "i2c" or "FOLDER.MODULE".

    `probe` is the kind's `PROBE`.
    """
    first = probe[0]
    if isinstance(first, Path):
        return f"{folder_of(kind)}.{first.stem}"
    return PurePosixPath(first).stem


def folder_of(kind: str) -> str:
    """The folder, below that of the probes, for the files of another package's kind."""
    return kind.replace("-", "_")
