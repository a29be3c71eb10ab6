"""Tasks 任务: what another process asked the runner for, done one at a time in a thread of its own beside the pipeline.

The work itself is handed in; here is when it begins, how it tells of itself, and what becomes of it when it fails, when
the desk is stopped, or when it is killed.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from cases.errors import SuqiuError, Unavailable
from cases.ports import Task, Tasks

log = structlog.get_logger(__name__)

Told = Callable[[int, int], None]
"""How much is done, of how much in all. Called often: it keeps the pace, and ends the work of a desk that stops."""
Work = Callable[[str, Told], None]
"""Does the work about a subject. May be done again from the start at any time."""

LOOK_EVERY = 0.5
TELL_EVERY = 1.0
# How often a task is begun before it counts as broken: it may be what kills the desk.
MOST_TRIES = 3
# The longest rest between two pieces of work, in seconds.
LONGEST_REST = 0.1
# How long the end of a task is tried to be written, while the database is busy or the disk is full.
SETTLE_TRIES = 5


class Stopped(Exception):
    """The desk stops; the work goes on at its next start."""


class Worker:
    """``take_up`` once, then ``step`` at every turn of the pipeline, then ``close``."""

    def __init__(self, tasks: Tasks, works: Mapping[str, Work], clock: Callable[[], datetime]) -> None:
        self._tasks = tasks
        self._works = works
        self._clock = clock
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._look_at = 0.0

    def take_up(self) -> None:
        """What was under way when the process before was killed waits again, or counts as broken."""
        for task in self._tasks.take_up(self._clock(), MOST_TRIES):
            log.warning("task_was_broken_off", task=task.id, kind=task.kind, subject=task.subject, state=task.state)

    def step(self) -> int:
        """Begin the next task if none runs; 1 where one was begun. Costs nothing most of the time."""
        if self._stopping.is_set() or time.monotonic() < self._look_at or self._busy():
            return 0
        self._look_at = time.monotonic() + LOOK_EVERY
        task = self._tasks.take(self._clock())
        if task is None:
            return 0
        self._thread = threading.Thread(target=self._carry_out, args=(task,), name=f"task-{task.subject}", daemon=True)
        self._thread.start()
        return 1

    def close(self, patience: float = 10.0) -> None:
        """The task under way is put back, for the next start."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(patience)

    def _busy(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _carry_out(self, task: Task) -> None:
        log.info("task_begun", task=task.id, kind=task.kind, subject=task.subject)
        try:
            self._works[task.kind](task.subject, _Telling(self._tasks, task.id, self._clock, self._stopping))
        except Stopped:
            self._settle(task, "waiting")
        except SuqiuError as error:
            self._settle(task, "failed", f"{error.message}。{error.do}" if error.do else error.message)
        except Exception:  # the row must say that it failed, whatever it was, or somebody waits for ever
            log.exception("task_failed", task=task.id, kind=task.kind, subject=task.subject)
            self._settle(task, "failed", "系统出错,请查看运行日志")
        else:
            self._settle(task, "done")

    def _settle(self, task: Task, state: str, error: str = "") -> None:
        for tries in range(1, SETTLE_TRIES + 1):
            try:
                self._tasks.settle(task.id, state=state, now=self._clock(), error=error)
            except SuqiuError as reason:
                log.warning("task_not_settled", task=task.id, state=state, error=reason.message)
                time.sleep(tries)
            else:
                log.info("task_ended", task=task.id, state=state, error=error)
                return


class _Telling:
    """Writes the progress about once a second, and rests as long as the last piece of work took: intake goes first."""

    def __init__(self, tasks: Tasks, id: int, clock: Callable[[], datetime], stopping: threading.Event) -> None:
        self._tasks = tasks
        self._id = id
        self._clock = clock
        self._stopping = stopping
        self._told_at = 0.0
        self._since = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told_at >= TELL_EVERY or done >= total:
            self._told_at = now
            # A database that is busy for a moment must not break off an hour's work; the next second tells more.
            with contextlib.suppress(Unavailable):
                self._tasks.tell(self._id, done, total, self._clock())
        if self._stopping.wait(min(now - self._since, LONGEST_REST)):
            raise Stopped
        self._since = time.monotonic()


__all__ = ["MOST_TRIES", "Stopped", "Told", "Work", "Worker"]
