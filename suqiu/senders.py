"""Ways out of the house 发送: this version has one, a log file that other programs may follow."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from cases.petition import as_dict
from cases.ports import Notice

# Once: with other options than the usual ones ``json.dumps`` makes an encoder at each call.
_ENCODE = json.JSONEncoder(ensure_ascii=False).encode


class LogFileSender:
    """One JSON line a notice, appended; the id is stable, so a reader can leave out what it has."""

    def __init__(self, path: Path) -> None:
        # Line-buffered and kept open: a line is with the operating system when ``send`` returns.
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()

    def send(self, notice: Notice) -> None:
        line = _ENCODE(as_dict(notice))
        with self._lock:
            self._file.write(line + "\n")

    def close(self) -> None:
        self._file.close()
