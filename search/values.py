"""Dates as people write them in a query, as a span of seconds in the town's zone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_DATE = re.compile(r"(\d{4})(?:[-./年](\d{1,2})(?:[-./月](\d{1,2})日?)?)?[年月]?(?:T(\d\d):(\d\d)(?::(\d\d))?)?")


def span(text: str, zone: ZoneInfo) -> tuple[int, int] | None:
    """``2026``, ``2026-02``, ``2026-02-01``, ``2026年2月1日`` or ``2026-02-01T09:30`` as [first second, next second after).

    None if it is no date.
    """
    m = _DATE.fullmatch(text.strip())
    if m is None:
        return None
    year, month, day, hour, minute, second = (int(g) if g else None for g in m.groups())
    if hour is not None and day is None:
        return None
    try:
        start = datetime(year or 0, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=zone)
        if month is None:
            end = start.replace(year=start.year + 1)
        elif day is None:
            end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
        elif hour is None:
            end = start + timedelta(days=1)
        else:
            end = start + timedelta(seconds=60 if second is None else 1)
        return int(start.timestamp()), int(end.timestamp())
    except (ValueError, OverflowError):
        return None
