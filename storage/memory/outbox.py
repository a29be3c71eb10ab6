"""Notices on their way out, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from cases.ports import QueuedNotice
from storage.memory.state import Queued, State


class MemoryOutbox:
    """``cases.ports.Outbox``."""

    def __init__(self, state: State) -> None:
        self._state = state

    def claim(self, now: datetime, limit: int, lease: int = 60) -> list[QueuedNotice]:
        with self._state.lock:
            waiting = [q for q in self._state.outbox.values() if q.state == "queued"]
            due = [q for q in waiting if q.due_at is None or q.due_at <= now][:limit]
            claimed = [QueuedNotice(notice=q.notice, tries=q.tries, position=q.position) for q in due]
            for q in due:
                q.due_at = now + timedelta(seconds=lease)
                q.tries += 1
        return claimed

    def sent(self, ids: Collection[str], now: datetime) -> None:
        with self._state.lock:
            for one in ids:
                if q := self._open(one):
                    q.state, q.sent_at, q.error = "sent", now, ""

    def failed(self, id: str, error: str, retry_at: datetime | None) -> None:
        with self._state.lock:
            if q := self._open(id):
                q.error = error
                if retry_at is None:
                    q.state = "dead"
                else:
                    q.due_at = retry_at

    def notices(self, *, state: str | None = None, limit: int = 100) -> list[Mapping[str, Any]]:
        with self._state.lock:
            newest = sorted(self._state.outbox.values(), key=lambda q: -q.position)
            return [_told(q) for q in newest if state is None or q.state == state][:limit]

    def again(self, id: str) -> bool:
        with self._state.lock:
            q = self._state.outbox.get(id)
            if q is None or q.state != "dead":
                return False
            q.state, q.tries, q.due_at, q.error = "queued", 0, None, ""
            return True

    def _open(self, id: str) -> Queued | None:
        q = self._state.outbox.get(id)
        return q if q is not None and q.state == "queued" else None


def _told(q: Queued) -> Mapping[str, Any]:
    return {
        "id": q.notice.id, "case_id": q.notice.case_id, "to": q.notice.to, "template": q.notice.template,
        "state": q.state, "tries": q.tries, "error": q.error, "due_at": q.due_at, "sent_at": q.sent_at,
        "position": q.position,
    }  # fmt: skip
