"""What a row of a list shows of a case's clocks: the nearest date that an office must keep, and the worst warning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cases.ports import Deadline

LEVELS = ("none", "yellow", "orange", "red")
# A citizen's own time to act (复查申请期) colours no office's list.
_OFFICES = ("agency", "unit")
_RUNNING = ("running", "breached")


@dataclass(frozen=True, slots=True)
class Nearest:
    due_at: datetime | None = None
    clock: str | None = None
    status: str | None = None
    level: str = "none"


def nearest(deadlines: Iterable[Deadline]) -> Nearest:
    """The earliest clock of an office that runs or is breached, and the worst level of all such clocks."""
    running = [d for d in deadlines if d.owner in _OFFICES and d.status in _RUNNING]
    if not running:
        return Nearest()
    first = min(running, key=lambda d: (d.due_at, d.run))
    return Nearest(first.due_at, first.clock, first.status, max((level(d) for d in running), key=LEVELS.index))


def level(deadline: Deadline) -> str:
    """The warning level 预警等级 of one clock as last raised: what comes next tells what has been."""
    if deadline.status == "breached":
        return "red"
    if deadline.next_step == "orange" and deadline.yellow_at is not None:
        return "yellow"
    if deadline.next_step == "breach" and deadline.orange_at is not None:
        return "orange"
    if deadline.next_step == "breach" and deadline.yellow_at is not None:
        return "yellow"
    return "none"
