"""The root image: a Debian or Ubuntu with kernel and Docker engine.

Every board that asks for the same has the same one. For a machine with a disk it is installed,
which runs the packages' scripts, and becomes a disk. For one without, its packages are unpacked, on
any processor, and become an initrd.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.boards.qemu import store
from hwaccess.boards.qemu.guest.board_files import guest
from hwaccess.boards.qemu.programs import PATH, status_of
from hwaccess.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hwaccess.boards.qemu.recipe.recipe import Recipe

DISK: Final = "root.qcow2"
KERNEL: Final = "vmlinuz"
INITRD: Final = "initrd"
TREE: Final = "board.dtb"
LOG: Final = "install.log"
MEGABYTES: Final = 2500  # the tree, the image made of it and its copy, for a short time
SECONDS: Final = 1800.0
ARCHES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
LEFT_OUT: Final = (
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/locale/*",
    "/usr/share/info/*",
)
# The descriptors that guest/hand-out-* write to. Low ones are mmdebstrap's own: its shell knows
# none above 9.
FILES: Final = {60: KERNEL, 61: INITRD, 62: "packages"}
LAST: Final = 63
LOG_LINES: Final = 12


def root_folder(recipe: Recipe) -> Path:
    """Where the image is kept, by the hash of everything that it depends on."""
    return store.folder() / f"root-{store.key(command_of(recipe, 'any'), scripts(recipe))}"


def ensure_root(recipe: Recipe, progress: Callable[[str], None]) -> Path:
    """Install, unless it was done before; the folder."""
    path = root_folder(recipe)
    with store.making(path, MEGABYTES) as part:
        if part is None:
            progress(f"root image: {path.name} is there")
            return path
        store.need_space(Path(tempfile.gettempdir()), MEGABYTES, "TMPDIR")
        root = recipe.root
        progress(
            f"root image: installing {root.suite}, {root.kernel} and {len(root.packages)} packages"
        )
        install(recipe, part)
    return path


def command_of(recipe: Recipe, mode: str) -> list[str]:
    """The command that installs and hands out what a board is made of.

    That is kernel, initrd, package list, and disk or device tree.
    """
    root = recipe.root
    return [
        "mmdebstrap",
        f"--mode={mode}",
        f"--architectures={ARCHES[recipe.machine.model.arch]}",
        "--format=null",
        f"--components={','.join(root.components)}",
        f"--keyring={root.keys}",
        f"--include={','.join((root.kernel, *root.packages))}",
        *(to_memory(recipe) if recipe.machine.model.memory else to_disk(recipe)),
        root.suite,
        "/dev/null",
        *((root.mirror,) if root.mirror else ()),
    ]


def to_disk(recipe: Recipe) -> Iterator[str]:
    """Installed, for a disk."""
    yield "--variant=minbase"
    yield from (f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT)
    # Before the packages come: they take ids of their own from the same range.
    yield f'--essential-hook=printf %s {shlex.quote(groups(recipe))} >>"$1/etc/group"'
    yield f'--essential-hook=printf %s {shlex.quote(users(recipe))} >>"$1/etc/passwd"'
    yield f'--customize-hook=bash -c "$HAND_OUT" hand-out "$1" {recipe.root.disk}'


def to_memory(recipe: Recipe) -> Iterator[str]:
    """Unpacked, for a root in memory."""
    words = shlex.join((groups(recipe), recipe.tree.file if recipe.tree else "", users(recipe)))
    yield "--variant=extract"
    yield "--skip=download/empty,cleanup/apt"  # the packages' files are the list of what is in it
    yield f'--extract-hook=bash -c "$HAND_OUT" hand-out "$1" {words}'


def groups(recipe: Recipe) -> str:
    """Lines for /etc/group."""
    members = {
        name: ",".join(user.name for user in recipe.root.users if name in user.groups)
        for name, _ in recipe.root.groups
    }
    lines = [f"{name}:x:{gid}:{members[name]}\n" for name, gid in recipe.root.groups]
    return "".join((*lines, *(f"{user.name}:x:{user.uid}:\n" for user in recipe.root.users)))


def users(recipe: Recipe) -> str:
    """Lines for /etc/passwd; nobody logs in with a password."""
    return "".join(
        f"{user.name}:*:{user.uid}:{user.uid}::/home/{user.name}:/bin/sh\n"
        for user in recipe.root.users
    )


def scripts(recipe: Recipe) -> dict[str, str]:
    """What the hooks need, as variables: without root they cannot read our own files either."""
    form = "memory" if recipe.machine.model.memory else "disk"
    names = {"STUB": f"stub-{form}", "HAND_OUT": f"hand-out-{form}"}
    return {variable: guest(name) for variable, name in names.items()}


def install(recipe: Recipe, part: Path) -> None:
    """Run it; its own last lines are told when it fails.

    Raises `EngineError` when mmdebstrap fails.
    """
    command = command_of(recipe, "root" if os.geteuid() == 0 else "unshare")
    last = {LAST: TREE} if recipe.tree else {}
    if not recipe.machine.model.memory:
        last = {LAST: DISK}
    log = part / LOG
    with handed_out(part, FILES | last) as descriptors, log.open("wb") as output:
        environment = os.environ | scripts(recipe) | {"PATH": PATH}
        failure = status_of(command, SECONDS, output, pass_fds=descriptors, env=environment)
    empty = [name for name in (FILES | last).values() if not (part / name).stat().st_size]
    if not failure and empty:
        failure = f"it handed out no {', no '.join(empty)}"
    if failure:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        message = "\n".join(
            (f"mmdebstrap failed: {failure}", *(f"  {line}" for line in lines[-LOG_LINES:]))
        )
        hint = (
            "see whether the mirror can be reached from here, "
            "or name another in the recipe: root.mirror"
        )
        raise EngineError(message, hint=hint)


@contextlib.contextmanager
def handed_out(part: Path, files: dict[int, str]) -> Iterator[tuple[int, ...]]:
    """The descriptors that the files come through.

    Raises `EngineError` when this process uses one of the two numbers already.
    """
    with contextlib.ExitStack() as stack:
        for number, name in files.items():
            file = stack.enter_context((part / name).open("wb"))
            got = fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, number)
            stack.callback(os.close, got)
            if got != number:
                message = f"file descriptor {number} is in use here"
                raise EngineError(
                    message, hint="build from a command of its own: hwaccess board build"
                )
        yield tuple(files)
