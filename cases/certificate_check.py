"""Counting a certificate again, by other means: day by day, and hour clocks step by step.

Shares no code with the engine (``cases.workdays``, ``cases.limits`` and what they use), only the rules and the calendar
as values: two programs that make the same mistake here would have to make it twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Any

from cases.policy import Calendar, ClockDef, Pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The result of counting by hand: the last second in time, the last day before the roll, the days that counted."""

    due_at: datetime
    nominal: date | None
    days: tuple[date, ...]


def count_again(
    pack: Pack,
    clock: ClockDef,
    calendar: Calendar,
    zone: tzinfo,
    started_at: datetime,
    *,
    extended: int = 0,
    pauses: Sequence[tuple[datetime, datetime]] = (),
) -> Counted:
    """From the start event to the due date. ``extended``: units added in all; ``pauses``: (from, to), ended ones."""
    start = started_at.astimezone(zone).replace(microsecond=0)
    if pack.start_rule == "next_working_open":
        start = _walk_to_opening(calendar, start)
    stops = [(a.astimezone(zone).replace(microsecond=0), b.astimezone(zone).replace(microsecond=0)) for a, b in pauses]
    length = clock.length + extended
    if clock.unit in ("hour", "working_hour"):
        return Counted(due_at=_walk_hours(clock, calendar, start, length, stops), nominal=None, days=())
    spans = [(a.date(), b.date()) for a, b in stops]
    if clock.unit == "month":
        length = _days_of_months(start.date(), length)
    day, counted = _walk_days(clock, calendar, start.date(), length, spans)
    end = _rolled(clock, calendar, day)
    while late := [b for a, b in spans if day <= a <= end and b > end]:
        # Paused on one of the days that the roll added, with nothing left: due when it is taken up again.
        day = late[0]
        end = _rolled(clock, calendar, day)
    closing = pack.day_end or time(23, 59, 59)
    return Counted(due_at=datetime.combine(end, closing, tzinfo=zone), nominal=day, days=tuple(counted))


def problems(
    proof: Mapping[str, Any], pack: Pack, clock: ClockDef, calendar: Calendar, zone: tzinfo, due_at: datetime
) -> list[str]:
    """What does not hold in a certificate; empty if it does. Everything but the rule and the calendar is read from it."""
    found: list[str] = []
    if (proof["rule"]["pack"], proof["rule"]["version"]) != (pack.id, pack.hash):
        found.append("the certificate names another pack")
    if (proof["calendar"]["id"], proof["calendar"]["version"]) != (calendar.id, calendar.version):
        found.append("the certificate names another calendar")
    pauses = [(p["from"], p["to"]) for p in proof.get("pauses", ())]
    if any(to is None for _, to in pauses):
        return [*found, "a paused clock has no due date yet"]
    again = count_again(
        pack, clock, calendar, zone, datetime.fromisoformat(proof["start"]["at"]),
        extended=sum(e["length"] for e in proof.get("extensions", ())),
        pauses=[(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in pauses],
    )  # fmt: skip
    if again.due_at != due_at:
        found.append(f"counted again the due date is {again.due_at.isoformat()}, not {due_at.isoformat()}")
    listed = [date.fromisoformat(d["date"]) for d in proof["days"]]
    if any(b - a != timedelta(days=1) for a, b in pairwise(listed)):
        found.append("the days listed are not one after another")
    if listed and listed[-1] != due_at.astimezone(zone).date():
        found.append("the last day listed is not the due date")
    if clock.unit not in ("hour", "working_hour"):
        counts = tuple(date.fromisoformat(d["date"]) for d in proof["days"] if d["counts"])
        if counts != again.days:
            found.append("other days count than those that are marked")
        if proof["counted"] != len(again.days):
            found.append(f"{len(again.days)} days count, not {proof['counted']}")
    elif proof["counted"] != clock.length + sum(e["length"] for e in proof.get("extensions", ())):
        found.append("the hours listed are not the length of the limit")
    return found


# --- Walking ---------------------------------------------------------------------------------------------------------------


def _works(calendar: Calendar, day: date) -> bool:
    if day in calendar.make_up_days:
        return True
    if day in calendar.off_days:
        return False
    return day.isoweekday() <= 5


def _walk_days(
    clock: ClockDef, calendar: Calendar, day0: date, length: int, spans: Sequence[tuple[date, date]]
) -> tuple[date, list[date]]:
    """Walk on until enough days have counted and no pause is on."""
    day = day0
    counted: list[date] = []
    while len(counted) < length or any(first <= day < last for first, last in spans):
        day += timedelta(days=1)
        paused = any(first < day <= last for first, last in spans)
        if not paused and len(counted) < length and (clock.unit != "working_day" or _works(calendar, day)):
            counted.append(day)
    return day, counted


def _rolled(clock: ClockDef, calendar: Calendar, day: date) -> date:
    if clock.unit == "working_day" or clock.roll == "next_working_day":
        while not _works(calendar, day):
            day += timedelta(days=1)
    return day


def _days_of_months(day0: date, months: int) -> int:
    """Days from a date to the same day-number so many months on, or to that month's last day."""
    year, month = day0.year, day0.month
    for _ in range(months):
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    number = day0.day
    while True:
        try:
            return (date(year, month, number) - day0).days
        except ValueError:
            number -= 1


def _walk_hours(
    clock: ClockDef, calendar: Calendar, start: datetime, hours: int, stops: Sequence[tuple[datetime, datetime]]
) -> datetime:
    """Step by step: a minute at a time, or a second where something begins within a minute."""
    whole = all(moment.second == 0 for moment in (start, *(m for pair in stops for m in pair)))
    step = timedelta(minutes=1) if whole else timedelta(seconds=1)
    zone = start.tzinfo
    at, left = start.astimezone(UTC), timedelta(hours=hours)
    while left > timedelta():
        local = at.astimezone(zone)
        paused = any(a <= local < b for a, b in stops)
        if not paused and (clock.unit == "hour" or _open(calendar, local)):
            left -= step
        at += step
    return at.astimezone(zone)


def _open(calendar: Calendar, local: datetime) -> bool:
    return _works(calendar, local.date()) and any(a <= local.time() < b for a, b in calendar.intervals)


def _walk_to_opening(calendar: Calendar, local: datetime) -> datetime:
    step = timedelta(minutes=1) if local.second == 0 else timedelta(seconds=1)
    while not _open(calendar, local):
        local += step
    return local
