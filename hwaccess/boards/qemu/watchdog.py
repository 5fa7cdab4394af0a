"""Runs one command that has children and leftovers of its own.

However its owner ends, the command is told to end and clean up.

    python3 -I -S watchdog.py COMMAND...

Its standard input is a pipe from its owner, which the kernel closes when the owner is gone, also
after SIGKILL. Ends with the command's status.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys

CLEAN_SECONDS = 60  # what it takes to unmount and remove a half-made root image


def main(command: list[str]) -> int:
    """Run it until it or its owner ends."""
    # Everything that is open here is for the command.
    process = subprocess.Popen(  # noqa: S603 -- our owner's command
        command, stdin=subprocess.DEVNULL, close_fds=False, start_new_session=True
    )
    ended = os.pidfd_open(process.pid)
    if ended not in select.select([0, ended], [], [])[0]:
        # All of them: one that only waits for another would wait on.
        os.killpg(process.pid, signal.SIGTERM)
        select.select([ended], [], [], CLEAN_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
