"""What came in, in memory."""

from __future__ import annotations

import builtins
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cases.petition import Petition
from cases.ports import Appended, LogEntry, RejectedInput


class MemoryLog:
    """``cases.ports.PetitionLog`` and ``cases.ports.PetitionFeed``; durable as long as the process lives."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[LogEntry] = []
        self._known: dict[str, str] = {}

    def append(self, petitions: Sequence[Petition]) -> list[Appended]:
        with self._lock:
            return [Appended(p.petition_id, self._append(p)) for p in petitions]

    def read(self, after: int, limit: int) -> list[LogEntry]:
        with self._lock:
            return self._entries[after : after + limit]

    def head(self) -> int:
        return len(self._entries)

    def _append(self, petition: Petition) -> str:
        content = petition.content_hash()
        first = self._known.get(petition.petition_id)
        if first is not None:
            return "duplicate" if first == content else "conflict"
        self._known[petition.petition_id] = content
        self._entries.append(LogEntry(len(self._entries) + 1, petition))
        return "new"


class MemoryRejected:
    """``cases.ports.Rejected``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, RejectedInput] = {}

    def put(self, rejected: RejectedInput) -> None:
        with self._lock:
            self._rows.setdefault(rejected.id, rejected)

    def list(self, *, state: str | None = "kept", before: str | None = None, limit: int = 50) -> list[RejectedInput]:
        with self._lock:
            return self._listed(state, before, limit)

    def get(self, id: str) -> RejectedInput | None:
        return self._rows.get(id)

    def briefly(self, since: datetime, limit: int) -> Sequence[RejectedInput]:
        with self._lock:
            newest = [r for r in self._listed(None, None, len(self._rows)) if r.received_at >= since]
        return [replace(r, errors=(), body="") for r in newest[:limit]]

    def settle(self, id: str, *, state: str, note: str) -> bool:
        with self._lock:
            row = self._rows.get(id)
            if row is None or row.state != "kept":
                return False
            self._rows[id] = replace(row, state=state, note=note)
            return True

    def _listed(self, state: str | None, before: str | None, limit: int) -> builtins.list[RejectedInput]:
        newest = sorted(self._rows.values(), key=lambda r: (r.received_at, r.id), reverse=True)
        if before is not None:
            last = self._rows.get(before)
            if last is None:
                return []
            newest = [r for r in newest if (r.received_at, r.id) < (last.received_at, last.id)]
        return [r for r in newest if state is None or r.state == state][:limit]


class MemoryConversations:
    """``cases.ports.Conversations``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, tuple[datetime, str]] = {}

    def recent(self, key: str, since: datetime) -> str | None:
        at, petition_id = self._open.get(key, (None, None))
        return petition_id if at is not None and at >= since else None

    def touch(self, key: str, petition_id: str, at: datetime) -> None:
        with self._lock:
            if key not in self._open or self._open[key][0] < at:
                self._open[key] = (at, petition_id)
