"""Certificates of one board, which keep its engine to whoever made it.

Its port is open to every user of this machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess.boards.qemu.programs import run

if TYPE_CHECKING:
    from pathlib import Path

DAYS: Final = "3650"
# name of the pair -> what its certificate is good for
SIDES: Final = {
    "server": "extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1\n",
    "client": "extendedKeyUsage=clientAuth\n",
}


def make_pairs(folder: Path) -> None:
    """ca.pem, and a .key and .pem for each side.

    The authority's key is gone afterwards: it never signs again.
    """
    folder.mkdir(mode=0o700)
    openssl(folder, *new_request("ca", "hwaccess"), "-x509", "-days", DAYS, "-out", "ca.pem")
    for name, extensions in SIDES.items():
        (folder / "extensions").write_text(extensions, encoding="ascii")
        openssl(folder, *new_request(name, name), "-out", "request")
        signer = (
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            DAYS,
            "-extfile",
            "extensions",
        )
        openssl(folder, "x509", "-req", "-in", "request", *signer, "-out", f"{name}.pem")
    for name in ("ca.key", "ca.srl", "extensions", "request"):
        (folder / name).unlink(missing_ok=True)


def give_to_client(folder: Path, made: Path) -> None:
    """The client's files under the names that Docker's clients look for."""
    folder.mkdir(mode=0o700)
    for name, source in {
        "ca.pem": "ca.pem",
        "cert.pem": "client.pem",
        "key.pem": "client.key",
    }.items():
        (made / source).rename(folder / name)


def new_request(name: str, subject: str) -> tuple[str, ...]:
    """Words that make a key and a request (or, with -x509, a certificate) of it."""
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")
    return ("req", "-new", *curve, "-nodes", "-keyout", f"{name}.key", "-subj", f"/CN={subject}")


def openssl(folder: Path, *words: str) -> None:
    """Run it in the folder; what it makes is for this user alone."""
    run("openssl", *words, cwd=folder, umask=0o077)
