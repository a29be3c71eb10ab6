"""The usual warning ladder 预警梯次, where a pack says nothing (RULES 3.4): our own design, not law.

60 or 90 days: 15 and 5 days left; 30 days: 10 and 3; 15 days: 5 and 2; 10 working days: 3 and 1; 5 working days: 2 and
1; 1 to 3 days: from 00:00 and from 14:00 of the last day; 24 hours: 4 hours and 1 hour; 2 hours: 30 and 10 minutes.
"""

from __future__ import annotations

from datetime import time
from typing import NamedTuple


class WarningLeft(NamedTuple):
    """Length left in the clock's unit, minutes for hour clocks; ``orange_time`` as in ``ClockDef``."""

    yellow: int | None
    orange: int | None
    orange_time: time | None


LAST_AFTERNOON = time(14)
CALENDAR_LADDER = ((60, 15, 5), (30, 10, 3), (15, 5, 2), (4, 2, 1))
WORKING_LADDER = ((10, 3, 1), (4, 2, 1))


def default_warnings(length: int, unit: str) -> WarningLeft:
    if unit in ("hour", "working_hour"):
        # Between the two that are given: a quarter and a twelfth of the length, as of two hours.
        return WarningLeft(240, 60, None) if length >= 24 else WarningLeft(length * 15, length * 5, None)
    days = length * 30 if unit == "month" else length
    for least, yellow, orange in WORKING_LADDER if unit == "working_day" else CALENDAR_LADDER:
        if days >= least:
            return WarningLeft(yellow, orange, None)
    return WarningLeft(0, 0, LAST_AFTERNOON)
