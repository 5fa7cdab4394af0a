"""Where the runtime is in every probe container; apart, for the packer imports for 20 ms."""

from __future__ import annotations

from typing import Final

ROOT: Final = "/.hwaccess"
# The same on every architecture, so that an image built on a board can name it too.
ENTRYPOINT: Final = (
    f"{ROOT}/lib/loader",
    "--library-path",
    f"{ROOT}/lib",
    f"{ROOT}/bin/python3",
    "-I",
    "-S",
    f"{ROOT}/probes/agent.py",
)
