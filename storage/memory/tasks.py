"""Work that the runner is asked for, in memory."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime

from cases.ports import Task
from storage.tasking import OPEN, begun, settled, taken_up


class MemoryTasks:
    """``cases.ports.Tasks``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tasks: dict[int, Task] = {}

    def ask(self, kind: str, subject: str, now: datetime) -> Task:
        with self._lock:
            for task in self._tasks.values():
                if (task.kind, task.subject) == (kind, subject) and task.state in OPEN:
                    return task
            return self._put(Task(id=len(self._tasks) + 1, kind=kind, subject=subject, asked_at=now))

    def task(self, id: int) -> Task | None:
        return self._tasks.get(id)

    def take(self, now: datetime) -> Task | None:
        with self._lock:
            waiting = [t for t in self._tasks.values() if t.state == "waiting"]
            if not waiting or any(t.state == "running" for t in self._tasks.values()):
                return None
            return self._put(begun(waiting[0], now))

    def tell(self, id: int, done: int, total: int, now: datetime) -> None:
        with self._lock:
            task = self._tasks.get(id)
            if task is not None and task.state == "running":
                self._put(replace(task, done=done, total=total, told_at=now))

    def settle(self, id: int, *, state: str, now: datetime, error: str = "") -> None:
        with self._lock:
            task = self._tasks.get(id)
            if task is not None and task.state in OPEN:
                self._put(settled(task, state, now, error))

    def take_up(self, now: datetime, most: int) -> list[Task]:
        with self._lock:
            left = [t for t in self._tasks.values() if t.state == "running"]
            return [self._put(taken_up(task, now, most)) for task in left]

    def _put(self, task: Task) -> Task:
        self._tasks[task.id] = task
        return task
