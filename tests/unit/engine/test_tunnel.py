"""What the board's shell says of its sockets, as lines."""

from __future__ import annotations

import pytest

from hwaccess.engine.tunnel import FarSide, far_side


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["usable", "user pi", "end"], FarSide("usable", "pi")),
        (
            ["absent", "user pi", "found /run/user/1000/docker.sock", "found /run/a b", "end"],
            FarSide("absent", "pi", ("/run/user/1000/docker.sock", "/run/a b")),
        ),
        (["Welcome to rack 7", "", "denied", "user pi", "end"], FarSide("denied", "pi")),
        (["usable", "user pi"], FarSide()),
        (["This account is not available."], FarSide()),
        (["end"], FarSide()),
        ([], FarSide()),
    ],
)
def test_only_what_was_asked_counts_and_only_when_it_is_whole(
    lines: list[str], told: FarSide
) -> None:
    assert far_side(lines) == told
