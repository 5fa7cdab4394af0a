"""The certificates of a board's engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hwaccess.boards.qemu.build import certificates

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.board("pc")  # it takes the program openssl
def test_certificates_are_for_their_side_and_their_authority_is_gone(tmp_path: Path) -> None:
    made = tmp_path / "tls"
    certificates.make_pairs(made)
    assert {path.name for path in made.iterdir()} == {
        "ca.pem",
        "server.pem",
        "server.key",
        "client.pem",
        "client.key",
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in made.iterdir())
    certificates.give_to_client(tmp_path / "client", made)
    assert {path.name for path in (tmp_path / "client").iterdir()} == {
        "ca.pem",
        "cert.pem",
        "key.pem",
    }
