"""Runs one server and ends it when its owner ends, however the owner ends (a killed pytest cannot clean up).

Usage: guard.py SIGNAL GRACE FOLDER COMMAND…

1. Start the command in a session of its own, so that Ctrl-C in the terminal reaches the tests and not the server.
2. Wait until standard input ends (the owner closed it or is gone) or the server ends by itself.
3. Ask the server to stop, wait for the grace period, then kill what is left of its group.
4. Remove the data folder, unless the owner wrote "keep".

A parent-death signal alone would not do: it is sent when the *thread* that started the server ends, and it reaches
neither a launcher's child nor the data folder. The standard library only, as it runs with `-I`.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
from contextlib import suppress


def main() -> int:
    """Keep one server."""
    number, grace, folder, *command = sys.argv[1:]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    orders = wait_for_end(child)

    if child.poll() is None:
        with suppress(ProcessLookupError):
            child.send_signal(int(number))
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=float(grace))
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    code = child.wait()

    if orders == b"":
        shutil.rmtree(folder, ignore_errors=True)
    return abs(code)


def wait_for_end(child: "subprocess.Popen[bytes]") -> bytes:
    """Return what the owner wrote before the end; a server that ends by itself keeps its folder, for its log."""
    orders = b""
    while child.poll() is None:
        ready, _, _ = select.select([0], [], [], 0.2)
        if ready:
            read = os.read(0, 100)
            if not read:
                return orders
            orders += read
    return b"keep"


if __name__ == "__main__":
    sys.exit(main())
