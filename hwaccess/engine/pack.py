"""The runtime as a tar archive: the interpreter that runs us, with the probes.

The interpreter is cut down to what a probe needs. Everything lies under /.hwaccess, is started
through its own loader, and so runs in any image of the same architecture: without Python, with
another C library, from scratch, with a read-only root. No network, no registry, no compiler.

    python3 -m hwaccess.engine.pack ARCHIVE

This is what probes/Dockerfile runs on a board of another architecture.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
import marshal
import os
import re
import sys
import sysconfig
import tarfile
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES, SourceFileLoader
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from hwaccess.agent import files as probe_files
from hwaccess.engine import elf
from hwaccess.engine.inside import ENTRYPOINT, ROOT
from hwaccess.errors import ProbeImageError

if TYPE_CHECKING:
    from collections.abc import Iterator
VERSION: Final = f"python{sys.version_info.major}.{sys.version_info.minor}"
HINT: Final = "load an image that holds a runtime and name it in HWACCESS_PROBE_IMAGE"

# Packages of the standard library that no probe has a use for; together they are most of its size.
LEFT_OUT: Final = re.compile(
    r"(__phello__|_pydecimal|_pyio|_pyrepl|antigravity|asyncio|bdb|cProfile|cgi|cgitb|chunk|compileall|concurrent|crypt"
    r"|curses|dbm|distutils|doctest|ensurepip|ftplib|idlelib|imaplib|lib2to3|mailbox|mailcap|msilib|multiprocessing"
    r"|nntplib|pdb|pickletools|poplib|profile|pstats|pty|pyclbr|pydoc|pydoc_data|rlcompleter|site-packages"
    r"|sitecustomize|smtplib|sqlite3|tabnanny|telnetlib|test|this|tkinter|tomllib|trace|turtle|turtledemo|unittest|venv"
    r"|wave|webbrowser|wsgiref|xml|xmlrpc|zipapp|zoneinfo|config-.*|_sysconfigdata.*)(\.py)?"
)
EXTENSIONS_LEFT_OUT: Final = re.compile(
    r"(_asyncio|_codecs_|_crypt|_ctypes_test|_curses|_dbm|_elementtree|_gdbm|_hashlib|_interp|_lsprof|_multibytecodec"
    r"|_multiprocessing|_sqlite3|_test|_tkinter|_xx|_zoneinfo|audioop|nis|ossaudiodev|pyexpat|readline|spwd|xx)"
)
# Code pages: four fifths of the files in `encodings`. cp437 is zipfile's.
CODECS_LEFT_OUT: Final = (
    "big5",
    "cp1",
    "cp7",
    "cp8",
    "euc_",
    "gb",
    "iso",
    "koi8",
    "mac_",
    "shift_jis",
)
# Module names by distribution; lgpio is what gpiozero prefers and is packed when it is installed.
LIBRARIES: Final = {
    "smbus2": ("smbus2",),
    "gpiozero": ("gpiozero",),
    "colorzero": ("colorzero",),
    "lgpio": ("lgpio", "_lgpio"),
}
# The C library loads these when a name is looked up; newer ones hold them inside.
LOADED_BY_NAME: Final = ("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2", "libgcc_s.so.1")
PROGRAM: Final = 0o755
ROOT_FILES: Final = {
    "etc/passwd": b"root:x:0:0:root:/:/sbin/nologin\n",
    "etc/group": b"root:x:0:\n",
}
FOLDERS: Final = {
    "tmp": 0o1777,
    "dev": 0o755,
    "proc": 0o555,
    "sys": 0o555,
    "etc": 0o755,
    "run": 0o755,
    "var": 0o755,
}


@dataclass(frozen=True, slots=True)
class Item:
    """One file of the archive: its name there, and where its content comes from.

    Compiled: as byte code.
    """

    name: str
    source: Path | None = None
    data: bytes = b""
    mode: int = 0o644
    compiled: bool = False

    def raw(self) -> bytes:
        """The input as it lies on disk; the hash is over these."""
        return self.source.read_bytes() if self.source else self.data

    def content(self) -> bytes:
        """What goes into the archive."""
        if self.source and self.compiled:
            return byte_code(self.source)
        return elf.without_symbols(self.raw()) if self.mode == PROGRAM else self.raw()


@dataclass(frozen=True, slots=True)
class Runtime:
    """All files, and the command that starts the agent."""

    items: tuple[Item, ...]
    entrypoint: tuple[str, ...]


def byte_code(path: Path) -> bytes:
    """A module's code as an unchecked .pyc.

    Nothing is compared with a source when it is imported.
    """
    code = SourceFileLoader(path.stem, str(path)).get_code(path.stem)
    return importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8) + marshal.dumps(code)


def collect() -> Runtime:
    """What this interpreter's runtime consists of."""
    binary = Path(sys.executable).resolve()
    extensions = tuple(extension_modules())
    libraries = tuple(library_items())
    loader = elf.loader_of(binary.read_bytes())
    native = [
        binary,
        *extensions,
        *(item.source for item in libraries if item.source and not item.compiled),
    ]
    items = [
        Item("bin/python3", binary, mode=PROGRAM),
        *stdlib_items(Path(sysconfig.get_path("stdlib"))),
        *(
            Item(f"lib/{VERSION}/lib-dynload/{path.name}", path, mode=PROGRAM)
            for path in extensions
        ),
        *libraries,
        *probe_items(),
        *(shared_object_items(loader, native) if loader else ()),
    ]
    return Runtime(tuple(sorted(items, key=lambda item: item.name)), entrypoint(loader))


def entrypoint(loader: str) -> tuple[str, ...]:
    """How the agent is started: by the loader beside it.

    In this way the image's own C library is never touched.
    """
    return ENTRYPOINT if loader else ENTRYPOINT[3:]


def extension_modules() -> Iterator[Path]:
    """The compiled modules of the standard library, those left out excepted."""
    folder = sysconfig.get_config_var("DESTSHARED") or Path(
        sysconfig.get_path("platstdlib"), "lib-dynload"
    )
    for path in sorted(Path(folder).glob("*.so")):
        if not EXTENSIONS_LEFT_OUT.match(path.name):
            yield path


def stdlib_items(folder: Path) -> Iterator[Item]:
    """The standard library as byte code without sources."""
    for path in modules_below(folder):
        yield Item(
            f"lib/{VERSION}/{path.relative_to(folder).with_suffix('.pyc')}", path, compiled=True
        )


def modules_below(folder: Path) -> Iterator[Path]:
    """Python files below a folder, in order; what is left out at the top is not walked."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if LEFT_OUT.fullmatch(entry.name):
            continue
        if entry.is_dir():
            paths = sorted(Path(entry.path).rglob("*.py"))
            yield from (path for path in paths if not path.name.startswith(CODECS_LEFT_OUT))
        elif entry.name.endswith(".py"):
            yield Path(entry.path)


def library_items() -> Iterator[Item]:
    """smbus2, gpiozero and what they need, from wherever this interpreter imports them."""
    for distribution, modules in LIBRARIES.items():
        try:
            metadata = importlib.metadata.distribution(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
        for module in modules:
            yield from module_items(module)
        for name in ("METADATA", "entry_points.txt"):
            text = metadata.read_text(name)
            if text:
                yield Item(
                    f"libraries/{distribution}-{metadata.version}.dist-info/{name}",
                    data=text.encode(),
                )


def module_items(name: str) -> Iterator[Item]:
    """One module or package: byte code, or the shared object that it is."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return
    origin = Path(spec.origin)
    if origin.name == "__init__.py":
        for path in sorted(origin.parent.rglob("*.py")):
            yield Item(
                f"libraries/{path.relative_to(origin.parent.parent).with_suffix('.pyc')}",
                path,
                compiled=True,
            )
    elif origin.name.endswith(tuple(EXTENSION_SUFFIXES)):
        yield Item(f"libraries/{origin.name}", origin, mode=PROGRAM)
    else:
        yield Item(f"libraries/{origin.with_suffix('.pyc').name}", origin, compiled=True)


def probe_items() -> Iterator[Item]:
    """The probes, with their sources for tracebacks and their byte code for a quick start."""
    tag = sys.implementation.cache_tag
    for file in probe_files.files():
        name = PurePosixPath("probes", file.name)
        yield Item(str(name), file.source)
        byte_code_name = name.parent / "__pycache__" / f"{name.stem}.{tag}.pyc"
        yield Item(str(byte_code_name), file.source, compiled=True)


def shared_object_items(loader: str, native: list[Path]) -> Iterator[Item]:
    """The loader and every shared object, under the name by which it is asked for.

    Raises `ProbeImageError` when the loader does not tell what is needed.
    """
    yield Item("lib/loader", Path(loader).resolve(), mode=PROGRAM)
    found = elf.shared_objects(loader, native)
    if not found and "musl" not in loader:
        message = f"{loader} does not say which shared objects {native[0]} needs"
        raise ProbeImageError(message, hint=HINT)
    if "libc.so.6" in found:
        beside = Path(found["libc.so.6"]).parent
        found.update(
            (name, str(beside / name)) for name in LOADED_BY_NAME if (beside / name).exists()
        )
    for name, path in sorted(found.items()):
        if name != Path(loader).name:
            yield Item(f"lib/{name}", Path(path).resolve(), mode=PROGRAM)


def archive(runtime: Runtime) -> bytes:
    """The runtime as a tar that is equal for equal inputs: sorted, no owner, no time."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for folder, mode in FOLDERS.items():
            add(tar, folder, None, mode)
        for name, data in ROOT_FILES.items():
            add(tar, name, data, 0o644)
        for item in runtime.items:
            add(tar, f"{ROOT.lstrip('/')}/{item.name}", item.content(), item.mode)
    return out.getvalue()


def add(tar: tarfile.TarFile, name: str, data: bytes | None, mode: int) -> None:
    """One entry; None makes a folder."""
    entry = tarfile.TarInfo(name)
    entry.mode = mode
    if data is None:
        entry.type = tarfile.DIRTYPE
        tar.addfile(entry)
    else:
        entry.size = len(data)
        tar.addfile(entry, io.BytesIO(data))


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(archive(collect()))
