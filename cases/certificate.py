"""The certificate 时限证明: why a due date is what it is, day by day, so that anybody can count it again.

``{"start": {"event", "at"}, "rule": {"pack", "version", "basis", …}, "calendar": {"id", "version"}, "counted",
"days": [{"date", "counts", "why"}]}``. ``counted``: days that counted, or hours for hour clocks. The days run from the
day of the start event to the last one; ``cases.certificate_check`` counts them again by other means.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from cases.limits import ClockRun, Pause
from cases.policy import Calendar
from cases.saying import say
from cases.workdays import add_months, why, zone_of

ONE_DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
Days = list[dict[str, Any]]


def certificate(run: ClockRun, calendar: Calendar, zone: str | tzinfo) -> dict[str, Any] | None:
    """The proof of ``run.due_at``, or None where nothing is owed. Of a paused clock: up to the day of the pause."""
    if run.due_at is None:
        return None
    local = zone_of(zone)
    by_day = run.rule.unit in ("calendar_day", "working_day", "month")
    days = list(_by_day(run, calendar, local) if by_day else _by_hour(run, calendar, local))
    counted = sum(1 for d in days if d["counts"]) if by_day else _hours(run, calendar, local)
    proof: dict[str, Any] = {
        "start": {"event": run.started_by, "at": run.started_at.astimezone(local).isoformat()},
        "rule": {
            "pack": run.pack,
            "version": run.pack_hash,
            "basis": run.rule.basis,
            "length": run.rule.length,
            "unit": run.rule.unit,
        },
        "calendar": {"id": calendar.id, "version": calendar.version},
        "counted": counted,
        "days": days,
    }
    if run.extensions:
        proof["extensions"] = [{"event": e.event, "length": e.length} for e in run.extensions]
    if run.pauses:
        proof["pauses"] = [
            {
                "event": p.started_by,
                "reason": p.reason,
                "from": p.started_at.astimezone(local).isoformat(),
                "to": p.ended_at.astimezone(local).isoformat() if p.ended_at else None,
            }
            for p in run.pauses
        ]
    return proof


# --- By days -------------------------------------------------------------------------------------------------------------


def _by_day(run: ClockRun, calendar: Calendar, zone: tzinfo) -> Iterator[dict[str, Any]]:
    received = run.started_at.astimezone(zone).date()
    day0 = run.counted_from.astimezone(zone).date()
    yield from _before_opening(received, day0, calendar)
    yield _day(day0, False, say("起算当日不计入(民法典第201条)"))
    last, left = _last_day(run, zone), _days_to_count(run, day0)
    day = day0 + ONE_DAY
    while day <= last:
        if (pause := _pause_on(run, day, zone)) is not None:
            yield _day(day, False, pause)
        elif run.rule.unit == "working_day":
            known = why(calendar, day)
            yield _day(day, known.works, known.why)
        elif left <= 0:
            known = why(calendar, day)
            yield _day(
                day,
                False,
                say("顺延至工作日(民法典第203条):{why}", why=known.why)
                if known.works
                else say("顺延:{why}", why=known.why),
            )
        else:
            left -= 1
            yield _day(day, True, say("自然日"))
        day += ONE_DAY


def _days_to_count(run: ClockRun, day0: date) -> int:
    """Calendar days that count; what follows is the roll. Of months: the days to the same day-number, pauses apart."""
    length = run.rule.length + sum(e.length for e in run.extensions)
    return (add_months(day0, length) - day0).days if run.rule.unit == "month" else length


def _before_opening(received: date, day0: date, calendar: Calendar) -> Iterator[dict[str, Any]]:
    """Received outside office hours, where the pack counts that as received at the next opening."""
    day = received
    while day < day0:
        yield _day(day, False, say("非工作时间收到,视为下一工作时间收到:{why}", why=why(calendar, day).why))
        day += ONE_DAY


def _last_day(run: ClockRun, zone: tzinfo) -> date:
    if run.status == "paused":
        return run.pauses[-1].started_at.astimezone(zone).date()
    assert run.due_at is not None  # noqa: S101 — asked only where something is owed
    return run.due_at.astimezone(zone).date()


def _pause_on(run: ClockRun, day: date, zone: tzinfo) -> str | None:
    """The pause day counts as elapsed; the days after it do not, up to and with the day of resumption."""
    for pause in run.pauses:
        first = pause.started_at.astimezone(zone).date()
        last = pause.ended_at.astimezone(zone).date() if pause.ended_at else None
        if first < day and (last is None or day <= last):
            return say("恢复当日不计入") if day == last else say("中止({reason})", reason=pause.reason)
    return None


def _day(day: date, counts: bool, reason: str) -> dict[str, Any]:
    return {"date": day.isoformat(), "counts": counts, "why": reason}


# --- By hours ------------------------------------------------------------------------------------------------------------


def _by_hour(run: ClockRun, calendar: Calendar, zone: tzinfo) -> Iterator[dict[str, Any]]:
    pieces = list(_pieces(run, calendar, zone))
    day = run.started_at.astimezone(zone).date()
    last = _last_day(run, zone)
    while day <= last:
        spans = [(a, b) for a, b in pieces if a.date() == day and b > a]
        if spans:
            said = "、".join(f"{a:%H:%M:%S}至{'24:00' if b.date() > day else format(b, '%H:%M:%S')}" for a, b in spans)
            yield _day(day, True, say("计{spans}", spans=said))
        else:
            working = run.rule.unit == "working_hour"
            yield _day(day, False, why(calendar, day).why if working else say("中止"))
        day += ONE_DAY


def _hours(run: ClockRun, calendar: Calendar, zone: tzinfo) -> float:
    total = sum(((b - a) for a, b in _pieces(run, calendar, zone)), timedelta())
    return round(total / HOUR, 4)


def _pieces(run: ClockRun, calendar: Calendar, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    """What counted, cut at midnight and, for working hours, at the opening hours."""
    for start, end in _running(run, zone):
        day = start.date()
        while day <= end.date():
            for opens, closes in _open_hours(run, calendar, day, zone):
                a, b = max(start, opens), min(end, closes)
                if a < b:
                    yield a, b
            day += ONE_DAY


def _running(run: ClockRun, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    assert run.due_at is not None  # noqa: S101 — asked only where something is owed
    start = run.counted_from.astimezone(zone).replace(microsecond=0)
    for pause in run.pauses:
        yield start, pause.started_at.astimezone(zone).replace(microsecond=0)
        if pause.ended_at is None:
            return
        start = _resumed(pause, start, zone)
    yield start, run.due_at.astimezone(zone)


def _resumed(pause: Pause, start: datetime, zone: tzinfo) -> datetime:
    assert pause.ended_at is not None  # noqa: S101 — as above
    return max(pause.ended_at.astimezone(zone).replace(microsecond=0), start)


def _open_hours(run: ClockRun, calendar: Calendar, day: date, zone: tzinfo) -> list[tuple[datetime, datetime]]:
    midnight = datetime.combine(day, time(), tzinfo=zone)
    if run.rule.unit == "hour":
        return [(midnight, midnight + ONE_DAY)]
    if not why(calendar, day).works:
        return []
    return [
        (datetime.combine(day, a, tzinfo=zone), datetime.combine(day, b, tzinfo=zone)) for a, b in calendar.intervals
    ]
