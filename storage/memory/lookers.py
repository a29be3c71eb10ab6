"""Who looks at which case, in memory: what one process needs, for its own web server."""

from __future__ import annotations

import threading
from collections.abc import Collection
from datetime import datetime

from cases.ports import Looker


class MemoryLookers:
    """``cases.ports.Lookers``. ``shared``: whether several apps are given the same one, as in a test."""

    def __init__(self, *, shared: bool = False) -> None:
        self.shared = shared
        self._lock = threading.Lock()
        self._cases: dict[str, dict[str, Looker]] = {}

    def at(self, case_ids: Collection[str]) -> dict[str, list[Looker]]:
        with self._lock:
            return {case_id: list(self._cases.get(case_id, {}).values()) for case_id in case_ids}

    def put(self, lookers: Collection[Looker]) -> None:
        with self._lock:
            for one in lookers:
                self._cases.setdefault(one.case_id, {})[one.name] = one

    def changed_since(self, moment: datetime, limit: int) -> set[str]:
        with self._lock:
            found = [(p.changed_at, c) for c, ps in self._cases.items() for p in ps.values() if p.changed_at >= moment]
        return {case_id for _, case_id in sorted(found)[:limit]}

    def forget(self, before: datetime) -> None:
        with self._lock:
            kept = {c: {n: p for n, p in ps.items() if p.seen_at >= before} for c, ps in self._cases.items()}
            self._cases = {c: ps for c, ps in kept.items() if ps}
