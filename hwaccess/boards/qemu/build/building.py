"""Building a board: root image, one cold start, the engine made ready, a snapshot to go on from."""

from __future__ import annotations

import platform
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.boards.qemu import store
from hwaccess.boards.qemu.board import connect
from hwaccess.boards.qemu.build import certificates, device_tree, probe_image, root_image
from hwaccess.boards.qemu.build.built import (
    DISK,
    FACTS,
    FILES,
    SNAPSHOT,
    Built,
    board_folder,
    made_at,
    setup_of,
    source_of,
)
from hwaccess.boards.qemu.guest import board_files
from hwaccess.boards.qemu.machine import accelerators, machines, snapshot
from hwaccess.boards.qemu.machine.command_line import CONSOLE
from hwaccess.boards.qemu.machine.machine import CLIENT, WORD
from hwaccess.boards.qemu.programs import make_overlay
from hwaccess.engine.digest import image_key
from hwaccess.errors import EngineError, EngineRefused, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hwaccess.boards.qemu.machine.machine import Machine
    from hwaccess.boards.qemu.recipe.recipe import Recipe

KVM_SECONDS: Final = 30.0
READY_SECONDS: Final = 420.0  # pure emulation on a loaded machine; 12 s on an idle one
BOARD: Final = re.compile(rf"board-.+-[0-9a-f]{{{store.LENGTH}}}")
ROOT: Final = re.compile(rf"root-[0-9a-f]{{{store.LENGTH}}}")


def build_board(recipe: Recipe, progress: Callable[[str], None], *, again: bool = False) -> Built:
    """Whatever of it is not there yet; again: the board itself once more.

    Raises `UsageError` when this processor cannot run the packages' scripts of the recipe's.
    """
    model = recipe.machine.model
    if model.arch != platform.machine() and not model.memory:
        message = (
            f"{recipe.source}: machine.type: "
            f"{recipe.machine.type} is {model.arch}, this is {platform.machine()}"
        )
        raise UsageError(
            message,
            hint="its packages' scripts cannot run here; "
            "this one is for any processor: hwaccess board build virt",
        )
    qemu = accelerators.version(recipe)
    store.clear_away()
    while True:
        root_path = root_image.ensure_root(recipe, progress)
        with store.using(root_path):
            if root_path.exists():  # else somebody found it unused in between
                built = board_on_root(recipe, qemu, root_path, progress, again=again)
                break
    for find in (
        outdated,
        unused_roots,
    ):  # in this order: only a board that is gone needs its root no more
        for old in find(built):
            if store.remove_unused(old):
                progress(f"removed {old.name}, which nothing needs any more")
    return built


def board_on_root(
    recipe: Recipe, qemu: str, root_path: Path, progress: Callable[[str], None], *, again: bool
) -> Built:
    """The board on its root image: made, unless it is there and fresh.

    Fresh means that its probe image is hwaccess's own of today.
    """
    known = accelerators.remembered(recipe, qemu)
    tried = known is None or (again and accelerators.may_be_tried(recipe))
    accelerator = try_kvm(recipe, root_path, progress) if tried else str(known)
    if accelerator == accelerators.TCG:
        always = f"a {recipe.machine.type} is always emulated here"
        why = always if accelerators.is_always_emulated(recipe) else "no KVM here that works"
        progress(f"{why}: pure emulation, several times slower")
    path = board_folder(recipe, accelerator, qemu)
    there = Built(recipe, path, accelerator)
    old = path.exists() and (again or not there.is_fresh or not there.has_root)
    with store.making(path, 1000 + recipe.machine.memory, again=old) as part:
        if part is None:
            progress(f"board: {path.name} is there")
            store.write_json(path / FACTS, there.facts | {"source": source_of(recipe)})
        else:
            make_board(recipe, accelerator, root_path, part, progress)
    if tried:  # only now: what failed under KVM may have failed for a fault of the recipe
        accelerators.remember(qemu, accelerator)
    return Built(recipe, path, accelerator)


def outdated(built: Built) -> list[Path]:
    """Boards of this recipe made of other inputs, and boards whose recipe is no more."""
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


def try_kvm(recipe: Recipe, root_path: Path, progress: Callable[[str], None]) -> str:
    """Start the real kernel under KVM and see whether it comes to its first process.

    That /dev/kvm is there alone proves nothing.
    """
    progress("trying KVM")
    with store.scratch() as part:
        prepare_files(recipe, root_path, part)
        try:
            machine = machines.start(setup_of(recipe, accelerators.KVM, root_path, part))
            try:
                machine.await_word("started", KVM_SECONDS)
            finally:
                machine.close()
        except EngineError as error:
            why = error.message.splitlines()[0].partition(": ")[2]
            progress(f"KVM does not do: {why}; it is tried again by --again")
            return accelerators.TCG
    return accelerators.KVM


def prepare_files(recipe: Recipe, root_path: Path, part: Path) -> None:
    """What a board that has never run is made of."""
    made = part / "tls"
    certificates.make_pairs(made)
    model = recipe.machine.model
    texts = {
        f"{board_files.TLS}/{name}": (made / name).read_text()
        for name in ("ca.pem", "server.pem", "server.key")
    }
    image = probe_image.files(model.arch) if model.memory else {}
    (part / FILES).touch(mode=0o600)
    (part / FILES).write_bytes(
        board_files.archive({**board_files.board_files(recipe), **texts, **image})
    )
    certificates.give_to_client(part / CLIENT, made)
    for path in made.iterdir():
        path.unlink()
    made.rmdir()
    if recipe.tree:
        device_tree.write_tree(part / root_image.TREE, root_path / root_image.TREE, recipe.tree)
    if model.memory:
        board_files.append(root_path / root_image.INITRD, part / FILES, part / root_image.INITRD)
    else:
        make_overlay(part / DISK, f"../{root_path.name}/{root_image.DISK}")


def make_board(
    recipe: Recipe, accelerator: str, root_path: Path, part: Path, progress: Callable[[str], None]
) -> None:
    """Boot cold, let the engine make the probe image, run one container, and save the memory."""
    begun = time.monotonic()
    prepare_files(recipe, root_path, part)
    progress(f"board: cold start of {recipe.name}")
    machine = machines.start(setup_of(recipe, accelerator, root_path, part))
    try:
        make_ready(recipe, machine)
        cold = time.monotonic() - begun
        progress(
            f"board: the engine answers after {cold:.1f} s; "
            "making the probe image and one container"
        )
        with machine.explained():
            warm_up(machine, progress)
        progress("board: saving memory")
        snapshot.take(
            machine,
            setup_of(recipe, accelerator, root_path, part, snapshot=part / SNAPSHOT),
            progress,
        )
        (part / CONSOLE).write_text(machine.console(), encoding="utf-8")
    finally:
        machine.close()
    if recipe.machine.model.memory:
        (part / root_image.INITRD).unlink()  # it is in the saved memory
    seconds = round(time.monotonic() - begun, 1)
    facts = {
        "source": source_of(recipe),
        "cold": round(cold, 1),
        "seconds": seconds,
        "runtime": image_key(recipe.machine.model.arch),
        "root": root_path.name,
        "root_made": made_at(root_path),
    }
    store.write_json(part / FACTS, facts)
    progress(f"board: {recipe.name} is built, {seconds:.1f} s")


def make_ready(recipe: Recipe, machine: Machine) -> None:
    """Wait for the engine, and give the board its devices' world and the time.

    Raises `EngineError` when the board is not ready in time, `UsageError` for a fault of the
    recipe, which may be why it never was.
    """
    try:
        machine.await_word("ready", READY_SECONDS)
    except EngineError:
        refuse_faults(recipe, machine)
        raise
    refuse_faults(recipe, machine)
    set_devices(recipe, machine)
    machine.set_clock()  # before a certificate is looked at


def refuse_faults(recipe: Recipe, machine: Machine) -> None:
    """A module that the kernel does not have or load is a fault of the recipe.

    Raises `UsageError` when there is one.
    """
    word = f"{WORD}fault: "
    faults = [line.partition(word)[2] for line in machine.console().splitlines() if word in line]
    if faults:
        message = f"{recipe.source}: on {recipe.root.kernel}: {'; '.join(faults)}"
        raise UsageError(
            message,
            hint="name another kernel (root.kernel), "
            "or take it out: of kernel.lsm, or by modules.without",
        )


def set_devices(recipe: Recipe, machine: Machine) -> None:
    """What the recipe says of its devices' world, such as a temperature.

    Raises `UsageError` when QEMU does not take a value.
    """
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
                    program = recipe.machine.model.program
                    names = f"see its properties: {program} -device {device.device},help"
                    raise UsageError(message, hint=names) from error


def warm_up(machine: Machine, progress: Callable[[str], None]) -> None:
    """Make the probe image and let the board describe itself once.

    Both are then in memory later.
    """
    with connect(machine) as board:
        board.engine.prepare(lambda line: progress(f"board: {line}"))
        board.facts()
