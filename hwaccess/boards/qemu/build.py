"""Building a board: the root image, one cold start, the engine made ready, and a picture of memory to go on from."""

from __future__ import annotations

import platform
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.boards.qemu import accel as accels
from hwaccess.boards.qemu import (
    device_tree,
    files,
    machines,
    picture,
    probe_image,
    root,
    store,
    tls,
)
from hwaccess.boards.qemu.machine import CLIENT, WORD
from hwaccess.boards.qemu.parts import CONSOLE, Parts, command
from hwaccess.boards.qemu.programs import make_overlay
from hwaccess.engine.digest import image_key
from hwaccess.errors import EngineError, EngineRefused, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hwaccess.boards.qemu.machine import Machine
    from hwaccess.boards.qemu.recipe import Recipe

FORMAT: Final = 6  # of a built board; another number makes all of them old
DISK: Final = "disk.qcow2"
STATE: Final = "ram"
FILES: Final = "files.tar"
FACTS: Final = "board.json"
KVM_SECONDS: Final = 30.0
READY_SECONDS: Final = 420.0  # pure emulation on a loaded machine; 12 s on an idle one
BOARD: Final = re.compile(rf"board-.+-[0-9a-f]{{{store.LENGTH}}}")
ROOT: Final = re.compile(rf"root-[0-9a-f]{{{store.LENGTH}}}")


@dataclass(frozen=True, slots=True)
class Built:
    """A board that is built, and how."""

    recipe: Recipe
    path: Path
    accel: str

    @property
    def parts(self) -> Parts:
        """What `up` starts."""
        root_path = root.root_folder(self.recipe)
        return parts_of(self.recipe, self.accel, root_path, self.path, state=self.path / STATE)

    @property
    def is_fresh(self) -> bool:
        """Whether the probe image in it is the one that hwaccess would make now."""
        return self.facts.get("runtime") == image_key(self.recipe.machine.kind.arch)

    @property
    def can_start(self) -> bool:
        """Whether it is good for this hwaccess. One with its root in memory can make no other probe image by itself.

        It cannot load one over its line, and what it packed its own of is not in it any more.
        """
        return self.is_fresh or not self.recipe.machine.kind.memory

    @property
    def has_root(self) -> bool:
        """Whether the root image that its disk lies on is there, and not another one of the same inputs."""
        kind = self.recipe.machine.kind
        return kind.memory or self.facts.get("root_made") == made_at(root.root_folder(self.recipe))

    @property
    def facts(self) -> dict[str, object]:
        """What was written down when it was built."""
        return store.read_json(self.path / FACTS) or {}


def parts_of(
    recipe: Recipe, accel: str, root_path: Path, path: Path, state: Path | None = None
) -> Parts:
    """The files of a board."""
    kernel, initrd = root_path / root.KERNEL, root_path / root.INITRD
    if recipe.machine.kind.memory:
        tree = path / root.TREE if recipe.tree else None
        return Parts(
            recipe,
            accel,
            kernel,
            path / root.INITRD,
            path / FILES,
            path / CLIENT,
            tree=tree,
            state=state,
        )
    return Parts(
        recipe, accel, kernel, initrd, path / FILES, path / CLIENT, path / DISK, state=state
    )


def board_folder(recipe: Recipe, accel: str, qemu: str) -> Path:
    """Where a board is kept, by the hash of all that its memory depends on."""
    nowhere = store.folder()
    line = command(parts_of(recipe, accel, nowhere, nowhere), 0)
    more = (
        recipe.tree,
        recipe.i2c,
        probe_image.makers(recipe.machine.kind) if recipe.machine.kind.memory else (),
    )
    made = store.key(
        FORMAT,
        root.root_folder(recipe).name,
        files.board_files(recipe),
        line,
        qemu,
        *map(repr, more),
    )
    return store.folder() / f"board-{recipe.name}-{made}"


def find_built(recipe: Recipe) -> Built | None:
    """The board, if it is built for this machine."""
    qemu = accels.version(recipe)
    accel = accels.remembered(recipe, qemu)
    built = Built(recipe, board_folder(recipe, accel, qemu), accel) if accel else None
    return built if built and built.path.exists() and built.has_root else None


def made_at(root_path: Path) -> int:
    """What tells a root image from another one at the same place, in nanoseconds; 0 for none."""
    try:
        return (root_path / root.KERNEL).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def build(recipe: Recipe, progress: Callable[[str], None], *, again: bool = False) -> Built:
    """Whatever of it is not there yet; again: the board itself anew."""
    kind = recipe.machine.kind
    if kind.arch != platform.machine() and not kind.memory:
        message = f"{recipe.source}: machine.type: {recipe.machine.type} is {kind.arch}, this is {platform.machine()}"
        raise UsageError(
            message,
            hint="its packages' scripts cannot run here; this one is for any processor: hwaccess board build virt",
        )
    qemu = accels.version(recipe)
    store.clear_away()
    while True:
        root_path = root.build_root(recipe, progress)
        with store.using(root_path):
            if root_path.exists():  # else somebody found it unused in between
                built = build_board(recipe, qemu, root_path, progress, again=again)
                break
    for find in (
        outdated,
        unused_roots,
    ):  # in this order: only a board that is gone needs its root no more
        for old in find(built):
            if store.remove_unused(old):
                progress(f"removed {old.name}, which nothing needs any more")
    return built


def build_board(
    recipe: Recipe, qemu: str, root_path: Path, progress: Callable[[str], None], *, again: bool
) -> Built:
    """The board on its root image, unless it is there and its probe image is hwaccess's own of today."""
    known = accels.remembered(recipe, qemu)
    tried = known is None or (again and accels.may_be_tried(recipe))
    accel = try_kvm(recipe, root_path, progress) if tried else str(known)
    if accel == accels.TCG:
        always = f"a {recipe.machine.type} is always emulated here"
        why = always if accels.is_always_emulated(recipe) else "no KVM here that works"
        progress(f"{why}: pure emulation, several times slower")
    path = board_folder(recipe, accel, qemu)
    there = Built(recipe, path, accel)
    old = path.exists() and (again or not there.is_fresh or not there.has_root)
    with store.making(path, 1000 + recipe.machine.memory, again=old) as part:
        if part is None:
            progress(f"board: {path.name} is there")
            store.write_json(path / FACTS, there.facts | {"source": source_of(recipe)})
        else:
            make(recipe, accel, root_path, part, progress)
    if tried:  # only now: what failed under KVM may have failed for a fault of the recipe
        accels.remember(qemu, accel)
    return Built(recipe, path, accel)


def outdated(built: Built) -> list[Path]:
    """Boards of the same recipe that are made of other inputs, and those whose recipe is no more."""
    ours = source_of(built.recipe)
    others = {
        path: facts.get("source", ours)
        for path, facts in boards(built).items()
        if path != built.path
    }
    return [
        path
        for path, source in others.items()
        if source == ours or ("/" in source and not Path(source).exists())
    ]


def unused_roots(built: Built) -> list[Path]:
    """Root images of no board."""
    used = {facts.get("root") for facts in boards(built).values()}
    roots = (
        path
        for path in built.path.parent.glob("root-*")
        if ROOT.fullmatch(path.name) and path.is_dir()
    )
    return [path for path in roots if path.name not in used]


def boards(built: Built) -> dict[Path, dict[str, str]]:
    """Every board that lies beside it, with its facts."""
    paths = (
        path for path in built.path.parent.iterdir() if BOARD.fullmatch(path.name) and path.is_dir()
    )
    return {path: store.read_json(path / FACTS) or {} for path in paths}


def source_of(recipe: Recipe) -> str:
    """What tells recipes of one name apart: the name itself where there is one such, else the file."""
    return recipe.name if recipe.address == recipe.name else str(recipe.source.resolve())


def try_kvm(recipe: Recipe, root_path: Path, progress: Callable[[str], None]) -> str:
    """Start the real kernel under KVM and see whether it comes to its first process: /dev/kvm alone proves nothing."""
    progress("trying KVM")
    with store.scratch() as part:
        prepare_files(recipe, root_path, part)
        try:
            machine = machines.start(parts_of(recipe, accels.KVM, root_path, part))
            try:
                machine.await_word("started", KVM_SECONDS)
            finally:
                machine.close()
        except EngineError as error:
            why = error.message.splitlines()[0].partition(": ")[2]
            progress(f"KVM does not do: {why}; it is tried again by --again")
            return accels.TCG
    return accels.KVM


def prepare_files(recipe: Recipe, root_path: Path, part: Path) -> None:
    """What a board that has never run is made of."""
    made = part / "tls"
    tls.make(made)
    kind = recipe.machine.kind
    texts = {
        f"{files.TLS}/{name}": (made / name).read_text()
        for name in ("ca.pem", "server.pem", "server.key")
    }
    image = probe_image.files(kind.arch) if kind.memory else {}
    (part / FILES).touch(mode=0o600)
    (part / FILES).write_bytes(files.archive({**files.board_files(recipe), **texts, **image}))
    tls.for_client(part / CLIENT, made)
    for path in made.iterdir():
        path.unlink()
    made.rmdir()
    if recipe.tree:
        device_tree.make(part / root.TREE, root_path / root.TREE, recipe.tree)
    if kind.memory:
        files.append(root_path / root.INITRD, part / FILES, part / root.INITRD)
    else:
        make_overlay(part / DISK, f"../{root_path.name}/{root.DISK}")


def make(
    recipe: Recipe, accel: str, root_path: Path, part: Path, progress: Callable[[str], None]
) -> None:
    """Boot cold, let the engine make the probe image, run one container, and save the memory."""
    begun = time.monotonic()
    prepare_files(recipe, root_path, part)
    progress(f"board: cold start of {recipe.name}")
    machine = machines.start(parts_of(recipe, accel, root_path, part))
    try:
        try:
            machine.await_word("ready", READY_SECONDS)
        except EngineError:
            refuse_faults(recipe, machine)  # which may be why it never was
            raise
        refuse_faults(recipe, machine)
        set_devices(recipe, machine)
        machine.set_clock()  # before a certificate is looked at
        cold = time.monotonic() - begun
        progress(
            f"board: the engine answers after {cold:.1f} s; making the probe image and one container"
        )
        with machine.explained():
            warm_up(machine, progress)
        progress("board: saving memory")
        picture.take(
            machine, parts_of(recipe, accel, root_path, part, state=part / STATE), progress
        )
        (part / CONSOLE).write_text(machine.console(), encoding="utf-8")
    finally:
        machine.close()
    if recipe.machine.kind.memory:
        (part / root.INITRD).unlink()  # it is in the saved memory
    seconds = round(time.monotonic() - begun, 1)
    facts = {
        "source": source_of(recipe),
        "cold": round(cold, 1),
        "seconds": seconds,
        "runtime": image_key(recipe.machine.kind.arch),
        "root": root_path.name,
        "root_made": made_at(root_path),
    }
    store.write_json(part / FACTS, facts)
    progress(f"board: {recipe.name} is built, {seconds:.1f} s")


def refuse_faults(recipe: Recipe, machine: Machine) -> None:
    """A module that the kernel does not have or load is a fault of the recipe."""
    word = f"{WORD}fault: "
    faults = [line.partition(word)[2] for line in machine.console().splitlines() if word in line]
    if faults:
        message = f"{recipe.source}: on {recipe.root.kernel}: {'; '.join(faults)}"
        raise UsageError(
            message,
            hint="name another kernel (root.kernel), or take it out: of kernel.lsm, or by modules.without",
        )


def set_devices(recipe: Recipe, machine: Machine) -> None:
    """What the recipe says of its devices' world, such as a temperature."""
    with machine.monitor() as monitor:
        for device in recipe.i2c:
            for name, value in device.set:
                try:
                    monitor.command(
                        "qom-set",
                        path=f"/machine/peripheral/{device.id}",
                        property=name,
                        value=value,
                    )
                except EngineRefused as error:
                    message = f"{recipe.source}: i2c: {device.id}: set.{name}: {error.engine_words}"
                    names = f"see its properties: {recipe.machine.kind.program} -device {device.device},help"
                    raise UsageError(message, hint=names) from error


def warm_up(machine: Machine, progress: Callable[[str], None]) -> None:
    """Make the probe image and let the board describe itself once, so that both are in memory later."""
    from hwaccess.boards.qemu.board import connect  # noqa: PLC0415 -- it imports this module

    with connect(machine) as board:
        board.engine.prepare(lambda line: progress(f"board: {line}"))
        board.facts()
