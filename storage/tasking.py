"""What the SQL and the memory tasks say alike."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from cases.ports import Task

OPEN = ("waiting", "running")
BROKEN_OFF = "做到一半中断了 {} 次,没有再试"


def begun(task: Task, now: datetime) -> Task:
    """Taken, and from the start."""
    return replace(task, state="running", tries=task.tries + 1, told_at=now, done=0, total=0)


def settled(task: Task, state: str, now: datetime, error: str) -> Task:
    """Put back, it was no try."""
    return replace(
        task, state=state, tries=task.tries - 1 if state == "waiting" else task.tries, told_at=now, error=error
    )


def taken_up(task: Task, now: datetime, most: int) -> Task:
    """What a killed runner left: once more, unless it broke off too often."""
    if task.tries < most:
        return replace(task, state="waiting", told_at=now)
    return replace(task, state="failed", told_at=now, error=BROKEN_OFF.format(most))
