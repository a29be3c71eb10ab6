"""Counts over time in the outward shape 趋势: each row with its span, and with the count of the span before."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cases.errors import BadInput, FieldError
from cases.ports import Facts
from cases.viewer import Viewer

BY = ("topic", "place", "unit", "channel")
EVERY = ("hour", "day", "week", "month")


def trend_report(
    facts: Facts, viewer: Viewer, by: str, every: str, zone: ZoneInfo, start: str | None, end: str | None
) -> dict[str, Any]:
    """``{"by", "every", "zone", "rows": [{"from", "to", "key", "count", "previous"}], "excluded"}``.

    ``start`` (inclusive) and ``end`` (exclusive): a date or a time with zone. BadInput says which is wrong.
    """
    if by not in BY:
        raise BadInput("不能这样分组", [FieldError(("by",), "只能是 " + "、".join(BY))])
    if every not in EVERY:
        raise BadInput("没有这种时间间隔", [FieldError(("every",), "只能是 " + "、".join(EVERY))])
    first = _local(start, "from", zone) if start else None
    # One span more at the front, so that the first one has something to be compared with.
    earlier = _spans_back(_floor(first, every), every) if first else None
    rows = facts.trend(by, every, viewer, start=_hour(earlier), end=_hour(_local(end, "to", zone) if end else None))
    counts = {(r.at, r.key): r.count for r in rows}
    shown = []
    for r in rows:
        began = span_start(r.at, every)
        if first is not None and began < _floor(first, every):
            continue
        before = label(_spans_back(began, every), every)
        shown.append(
            {
                "from": _said(began, every),
                "to": _said(_next(began, every), every),
                "key": r.key,
                "count": r.count,
                "previous": counts.get((before, r.key), 0),
            }
        )
    excluded = {} if viewer.sees_secret else {"report_of_wrongdoing": "不计入"}
    return {"by": by, "every": every, "zone": str(zone), "rows": shown, "excluded": excluded}


def span_start(at: str, every: str) -> datetime:
    """The local start of a span, from its label: ``2026-11-23T09``, ``2026-11-23``, ``2026-W48``, ``2026-11``."""
    match every:
        case "hour":
            return datetime.fromisoformat(f"{at}:00")
        case "week":
            year, week = at.split("-W")
            return _midnight(date.fromisocalendar(int(year), int(week), 1))
        case "month":
            return _midnight(date.fromisoformat(f"{at}-01"))
    return _midnight(date.fromisoformat(at))


def label(start: datetime, every: str) -> str:
    """The label of the span that starts there; the inverse of ``span_start``."""
    match every:
        case "hour":
            return start.strftime("%Y-%m-%dT%H")
        case "week":
            year, week, _ = start.isocalendar()
            return f"{year}-W{week:02d}"
        case "month":
            return start.strftime("%Y-%m")
    return start.strftime("%Y-%m-%d")


def _said(start: datetime, every: str) -> str:
    """A moment as the row's bounds: an hour, or a date."""
    return start.strftime("%Y-%m-%dT%H" if every == "hour" else "%Y-%m-%d")


def _next(start: datetime, every: str) -> datetime:
    match every:
        case "hour":
            return start + timedelta(hours=1)
        case "day":
            return start + timedelta(days=1)
        case "week":
            return start + timedelta(days=7)
    return (start.replace(day=28) + timedelta(days=4)).replace(day=1)


def _spans_back(start: datetime, every: str) -> datetime:
    if every == "month":
        return (start - timedelta(days=1)).replace(day=1)
    return start - (_next(start, every) - start)


def _floor(at: datetime, every: str) -> datetime:
    return span_start(label(at, every), every)


def _local(text: str, name: str, zone: ZoneInfo) -> datetime:
    """A date, or a time with its zone, as local time without zone."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return _midnight(date.fromisoformat(text))
        # A "+" that was not encoded in the address arrives as a blank.
        at = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError as error:
        raise BadInput("时间看不懂", [FieldError((name,), "请写 2026-11-23 或 2026-11-23T09:00:00+08:00")]) from error
    if at.tzinfo is None:
        raise BadInput("时间没有时区", [FieldError((name,), "请写明时区，如 +08:00")])
    return at.astimezone(zone).replace(tzinfo=None)


def _hour(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H") if at is not None else None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).replace(tzinfo=None)
