"""The store while the year is made 演示建库: it records by the town's clock, and two processes write into it in turns."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType

from storage import Storage, open_sqlite


class Turn:
    """Who holds it writes. SQLite's own waiting is a sleep of up to 100 ms: of two that write all the time each would
    sleep through most of the other's pauses."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._threads = threading.Lock()

    def __enter__(self) -> None:
        self._threads.acquire()
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.flock(self._file, fcntl.LOCK_UN)
        self._threads.release()


def open_past(folder: Path, clock: Callable[[], datetime]) -> Storage:
    """Storage for making the year. Broken off, it is made anew: to wait for the disk at each commit would buy nothing."""
    return open_sqlite(folder, clock=clock, synchronous="OFF", turn=Turn(folder / "turn"))
