"""A pack made ready for counting: which event does what to which clock, and from which day to which date.

Dates are kept by (clock, first day, length), so that the thousandth petition of a day costs a look-up, not arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from cases.policy import Calendar, ClockDef, Pack
from cases.workdays import (
    add_months,
    add_working_days,
    add_working_time,
    back_working_days,
    covers,
    next_opening,
    roll_forward,
    subtract_working_time,
)

if TYPE_CHECKING:
    from cases.ports import Deadline

# 23:59:59 is the last second of a day that ends at 24:00 (民法典 第203条第2款).
LAST_SECOND = time(23, 59, 59)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY_UNITS = frozenset({"calendar_day", "working_day", "month"})


@dataclass(frozen=True, slots=True)
class Due:
    """Where a count ends. ``end`` is the day after the roll, ``nominal`` the one before it, None for hour clocks.

    ``red_at``: one second after the due moment. Floored to the second, a moment is late exactly from then on.
    """

    at: datetime
    red_at: datetime
    nominal: date | None
    end: date | None
    provisional: bool
    yellow_at: datetime | None
    orange_at: datetime | None


class Plan:
    """One pack over one calendar in one zone. Holds no case; the same for thousands of cases."""

    def __init__(self, pack: Pack, calendar: Calendar, zone: tzinfo) -> None:
        self.pack = pack
        self.calendar = calendar
        self.zone = zone
        self.starts = _by_event(pack, lambda c: c.start)
        self.stops = _by_event(pack, lambda c: c.stop)
        self.voids = _by_event(pack, lambda c: c.void)
        self.day_end = pack.day_end or LAST_SECOND
        self._dues: dict[tuple[int, int, int, int], Due] = {}
        # Belong to ``cases.opened_clocks``: first day and flags to rows, and when something more is to be looked at.
        self.by_day_alone: bool | None = None
        self.opened: dict[tuple[int, frozenset[str]], tuple[tuple[Deadline, ...], datetime | None]] = {}

    def counted_from(self, moment: datetime) -> datetime:
        """The local moment from which a clock counts: the receipt itself, or the next opening (RULES 3.3 number 12)."""
        local = moment.astimezone(self.zone)
        return next_opening(self.calendar, local) if self.pack.start_rule == "next_working_open" else local

    def due_by_days(self, index: int, day0: date, months: int, days: int) -> Due:
        """``months`` and then ``days`` (of the clock's unit) after ``day0``, which is not counted (民法典 第201条)."""
        key = (index, day0.toordinal(), months, days)
        due = self._dues.get(key)
        if due is None:
            if len(self._dues) > 100_000:
                self._dues.clear()
            due = self._dues[key] = self._count_days(self.pack.clocks[index], day0, months, days)
        return due

    def due_by_time(self, index: int, start: datetime, left: timedelta) -> Due:
        """Hours from the moment itself, to the last second of it; working hours only while the office is open."""
        clock = self.pack.clocks[index]
        start = start.replace(microsecond=0)
        if clock.unit == "working_hour":
            at = add_working_time(self.calendar, start, left)
            warn = [subtract_working_time(self.calendar, at, timedelta(minutes=m)) if m is not None else None
                    for m in (clock.yellow, clock.orange)]  # fmt: skip
            end = at.date()
            outside = not (covers(self.calendar, start.date()) and covers(self.calendar, end))
            return Due(at, at + SECOND, None, None, outside, warn[0], warn[1])
        at = (start.astimezone(UTC) + left).astimezone(self.zone)
        warn = [at - timedelta(minutes=m) if m is not None else None for m in (clock.yellow, clock.orange)]
        return Due(at, at + SECOND, None, None, False, warn[0], warn[1])

    def _count_days(self, clock: ClockDef, day0: date, months: int, days: int) -> Due:
        if clock.unit == "working_day":
            nominal = end = add_working_days(self.calendar, day0, days)
            guessed = not (covers(self.calendar, day0) and covers(self.calendar, end))
        else:
            nominal = add_months(day0, months) + timedelta(days=days) if months else day0 + timedelta(days=days)
            rolls = clock.roll == "next_working_day"
            end = roll_forward(self.calendar, nominal) if rolls else nominal
            # A plain count of days needs no calendar; only the roll asks whether the last day works.
            guessed = rolls and not (covers(self.calendar, nominal) and covers(self.calendar, end))
        at = datetime.combine(end, self.day_end, tzinfo=self.zone)
        return Due(
            at=at,
            red_at=at + SECOND,
            nominal=nominal,
            end=end,
            provisional=guessed,
            yellow_at=self._warning(clock, end, clock.yellow, None),
            orange_at=self._warning(clock, end, clock.orange, clock.orange_time),
        )

    def _warning(self, clock: ClockDef, end: date, left: int | None, at: time | None) -> datetime | None:
        """00:00 (or ``at``) of the day that has ``left`` days left to the rolled last day (RULES 3.4)."""
        if left is None:
            return None
        by_work = clock.unit == "working_day"
        day = back_working_days(self.calendar, end, left) if by_work else end - timedelta(days=left)
        return datetime.combine(day, at or time(), tzinfo=self.zone)


def plan_of(pack: Pack, calendar: Calendar, zone: tzinfo) -> Plan:
    """The plan of this pack, made once. Kept by hash, and the hash alone is not trusted."""
    key = (pack.hash, calendar.hash, str(zone))
    plan = _plans.get(key)
    if plan is not None and _same(plan.pack, pack) and _same(plan.calendar, calendar):
        plan.pack, plan.calendar = pack, calendar  # the next look at these very values compares nothing
        return plan
    if len(_plans) >= _KEPT:
        _plans.clear()
    plan = _plans[key] = Plan(pack, calendar, zone)
    return plan


_plans: dict[tuple[str, str, str], Plan] = {}
_KEPT = 64


def _same(one: object, other: object) -> bool:
    return one is other or one == other


def _by_event(pack: Pack, types: Callable[[ClockDef], tuple[str, ...]]) -> dict[str, tuple[int, ...]]:
    table: dict[str, list[int]] = {}
    for index, clock in enumerate(pack.clocks):
        for type_ in types(clock):
            table.setdefault(type_, []).append(index)
    return {type_: tuple(indexes) for type_, indexes in table.items()}


def lapses(clock: ClockDef) -> bool:
    """A right that runs out without anybody's fault, rather than a duty that is broken."""
    return clock.owner == "petitioner" or clock.on_expiry == "right_lapses"


def applies(clock: ClockDef, flags: frozenset[str]) -> bool:
    """Whether the clock exists for such a case at all. An exempt one (``exempt_if``) exists and is not owed."""
    return (clock.only_if is None or clock.only_if in flags) and (clock.unless is None or clock.unless not in flags)


def floor(moment: datetime) -> datetime:
    """To the second: what happens within the last second is in time."""
    return moment.replace(microsecond=0)
