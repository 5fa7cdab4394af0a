"""What makes one board of a root image: files that its first process unpacks.

They are made of the recipe alone.
"""

from __future__ import annotations

import io
import json
import shlex
import shutil
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.boards.qemu.programs import run
from hwaccess.boards.qemu.recipe.schema import ENGINE, OWN, STUB, STUB_MODULE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hwaccess.boards.qemu.recipe.recipe import Recipe

GUEST: Final = Path(__file__).parent
TLS: Final = f"{ENGINE}/tls"
PORT: Final = 2376


def board_files(recipe: Recipe) -> dict[str, str]:
    """Path on the board -> text. The recipe's own files come last, so that they count."""
    return {
        f"{OWN}/init": guest("init"),
        **({f"{OWN}/line.py": guest("line.py")} if recipe.machine.model.line else {}),
        f"{OWN}/board": assignments(recipe),
        f"{OWN}/modules": "".join(f"{name}\n" for name in recipe.modules),
        f"{OWN}/start": "".join(f"{name} {command}\n" for name, command in recipe.start),
        "/etc/modprobe.d/hwaccess.conf": module_options(recipe),
        "/etc/udev/rules.d/60-hwaccess.rules": udev_rules(recipe),
        f"{ENGINE}/daemon.json": json.dumps(daemon(recipe), indent=2) + "\n",
        **dict(recipe.files),
    }


def guest(name: str) -> str:
    """The text of what runs on the board."""
    return (GUEST / name).read_text(encoding="utf-8")


def assignments(recipe: Recipe) -> str:
    """What the first process decides by, as its shell reads it."""
    model = recipe.machine.model
    values = {"NAME": recipe.name, "CGROUP": str(recipe.cgroup), "LSM": " ".join(recipe.lsm)}
    values |= {
        "CONSOLE": model.console,
        "LINE": model.line,
        "UNPACKED": "yes" if model.memory else "",
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())


def module_options(recipe: Recipe) -> str:
    """Parameters of modules; the stub's are the addresses of the devices that it plays."""
    options = dict(recipe.options)
    addresses = [f"{device.address:#04x}" for device in recipe.i2c if device.bus == STUB]
    if addresses:
        options[STUB_MODULE] = " ".join(
            filter(None, (options.get(STUB_MODULE), f"chip_addr={','.join(addresses)}"))
        )
    return "".join(f"options {module} {text}\n" for module, text in options.items())


def udev_rules(recipe: Recipe) -> str:
    """Group and mode of nodes."""
    return "".join(
        f'KERNEL=="{rule.pattern}", GROUP="{rule.group}", MODE="{rule.mode:04o}"\n'
        for rule in recipe.nodes
    )


def daemon(recipe: Recipe) -> dict[str, object]:
    """The engine's own settings: it is reached from outside with a certificate, never without."""
    return {
        "hosts": ["unix:///run/docker.sock", f"tcp://0.0.0.0:{PORT}"],
        "tlsverify": True,
        "tlscacert": f"{TLS}/ca.pem",
        "tlscert": f"{TLS}/server.pem",
        "tlskey": f"{TLS}/server.key",
        **recipe.engine,
    }


def archive(files: Mapping[str, bytes | str]) -> bytes:
    """A tar of files, root's, readable by all but keys, the same for the same ones."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for path, content in sorted(files.items()):
            data = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size = len(data)
            entry.mode = 0o755 if path == f"{OWN}/init" else 0o644
            if path.endswith(".key"):
                entry.mode = 0o600
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def append(initrd: Path, files: Path, whole: Path) -> None:
    """An initrd with one more file in it: the kernel unpacks one archive after the other."""
    with whole.open("wb") as output:
        with initrd.open("rb") as source:
            shutil.copyfileobj(source, output)
        output.flush()
        run(
            "cpio", "--create", "--format=newc", "--owner=0:0", "--quiet",
            cwd=files.parent, input=files.name.encode(), stdout=output,
        )  # fmt: skip
