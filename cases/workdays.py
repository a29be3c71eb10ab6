"""Working days 工作日: pure calendar arithmetic over a ``Calendar``, by local dates.

A day works when the official schedule says so: make-up days 调休上班日 work, days off do not, and otherwise Monday to
Friday (人薪发〔1995〕32号 第3条). Beyond the years that a calendar covers only weekends are known; what is computed
there is *provisional*.

The working days of a calendar are laid out once as a sorted list of ordinals and kept by the calendar's hash, so that
a question costs one or two binary searches, not a walk over days: intake asks for thousands of dates a second.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from threading import Lock
from zoneinfo import ZoneInfo

from cases.policy import Calendar
from cases.saying import say

PROVISIONAL_NOTE = say("(放假安排未公布,暂按周末推算)")
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Day:
    """One date of a calendar: whether it works, why in words, and whether that is only a guess by weekday."""

    date: date
    works: bool
    why: str
    provisional: bool


def why(calendar: Calendar, day: date) -> Day:
    """``Day(2026-10-10, True, "调休上班(国庆节)", False)``."""
    guessed = not covers(calendar, day)
    note = PROVISIONAL_NOTE if guessed else ""
    if day in calendar.make_up_days:
        return Day(
            day,
            True,
            say("调休上班({holiday}){note}", holiday=calendar.make_up_days[day], note=note),
            guessed,
        )
    if day in calendar.off_days:
        return Day(day, False, f"{calendar.off_days[day]}{note}", guessed)
    if day.weekday() >= SATURDAY:
        return Day(day, False, say("周末{note}", note=note), guessed)
    return Day(day, True, say("工作日{note}", note=note), guessed)


def is_working_day(calendar: Calendar, day: date) -> bool:
    return _laid_out(calendar).works(day.toordinal())


def covers(calendar: Calendar, day: date) -> bool:
    """False beyond the published years: a date that depends on such a day is provisional."""
    return calendar.first <= day <= calendar.last


def add_working_days(calendar: Calendar, day: date, count: int) -> date:
    """The ``count``-th working day after ``day``, which is day 0 whether it works or not. Zero: see ``roll_forward``."""
    if count <= 0:
        return roll_forward(calendar, day)
    return date.fromordinal(_laid_out(calendar).nth_after(day.toordinal(), count))


def back_working_days(calendar: Calendar, day: date, count: int) -> date:
    """The day that has ``count`` working days left to the working day ``day``; zero is ``day`` itself."""
    return date.fromordinal(_laid_out(calendar).nth_before(day.toordinal(), count))


def working_days_between(calendar: Calendar, after: date, until: date) -> int:
    """How many working days lie after ``after``, up to and including ``until``; never negative."""
    return max(0, _laid_out(calendar).count(after.toordinal(), until.toordinal()))


def roll_forward(calendar: Calendar, day: date) -> date:
    """The day itself if it works, else the next that does (民法典 第203条)."""
    return date.fromordinal(_laid_out(calendar).on_or_after(day.toordinal()))


def add_months(day: date, months: int) -> date:
    """The same day-number, else the month's last day (民法典 第202条)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def zone_of(zone: str | tzinfo) -> tzinfo:
    return ZoneInfo(zone) if isinstance(zone, str) else zone


def next_opening(calendar: Calendar, moment: datetime) -> datetime:
    """The moment itself within working hours, else the next opening. Local in, local out."""
    day = moment.date()
    if is_working_day(calendar, day):
        for opens, closes in calendar.intervals:
            if moment.time() < opens:
                return _at(day, opens, moment)
            if moment.time() < closes:
                return moment
    following = add_working_days(calendar, day, 1)
    return _at(following, calendar.intervals[0][0], moment)


def add_working_time(calendar: Calendar, moment: datetime, length: timedelta) -> datetime:
    """So much office time after a local moment. What ends with an interval ends there, not at the next opening."""
    at = next_opening(calendar, moment)
    left = length
    while True:
        closing = _closing(calendar, at)
        if left <= closing - at:
            return at + left
        left -= closing - at
        at = next_opening(calendar, closing)


def working_time_between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Office time from one local moment to another; zero when the end is not later."""
    total = timedelta()
    at = next_opening(calendar, start)
    while at < end:
        closing = min(_closing(calendar, at), end)
        total += closing - at
        at = next_opening(calendar, closing) if closing < end else end
    return total


def subtract_working_time(calendar: Calendar, moment: datetime, length: timedelta) -> datetime:
    """The latest local moment from which so much office time is left until ``moment``."""
    left = length
    day = moment.date()
    while True:
        if is_working_day(calendar, day):
            for opens, closes in reversed(calendar.intervals):
                upper = min(_at(day, closes, moment), moment)
                lower = _at(day, opens, moment)
                if upper > lower and left <= upper - lower:
                    return upper - left
                left -= max(upper - lower, timedelta())
        day -= timedelta(days=1)


def _closing(calendar: Calendar, at: datetime) -> datetime:
    return next(_at(at.date(), closes, at) for opens, closes in calendar.intervals if opens <= at.time() < closes)


def _at(day: date, clock: time, like: datetime) -> datetime:
    return datetime.combine(day, clock, tzinfo=like.tzinfo)


class _Layout:
    """All working days as ordinals, from the covered years to some years beyond; grows when asked further.

    Threads share it: ``days`` is replaced as a whole, never changed in place, so a reader's list stays what it was.
    """

    def __init__(self, calendar: Calendar) -> None:
        self.calendar = calendar
        self.off = {d.toordinal() for d in calendar.off_days}
        self.worked = {d.toordinal() for d in calendar.make_up_days}
        self.lock = Lock()
        self.low = self.high = date(calendar.first.year, 1, 1).toordinal()
        self.days: list[int] = []
        self._cover(self.low - 366, date(calendar.last.year + 3, 12, 31).toordinal())

    def works(self, day: int) -> bool:
        if day in self.worked:
            return True
        return day not in self.off and (day - 1) % 7 < SATURDAY  # ordinal 1 was a Monday

    def nth_after(self, day: int, count: int) -> int:
        while True:
            days = self._reaching(day, day)
            index = bisect_right(days, day) + count - 1
            if index < len(days):
                return days[index]
            self._cover(self.low, self.high + 1000 + 2 * count)

    def nth_before(self, day: int, count: int) -> int:
        while True:
            days = self._reaching(day, day)
            index = bisect_right(days, day) - 1 - count
            if index >= 0:
                return days[index]
            self._cover(self.low - 1000 - 2 * count, self.high)

    def on_or_after(self, day: int) -> int:
        while True:
            days = self._reaching(day, day)
            index = bisect_left(days, day)
            if index < len(days):
                return days[index]
            self._cover(self.low, self.high + 1000)

    def count(self, after: int, until: int) -> int:
        days = self._reaching(min(after, until), max(after, until))
        return bisect_right(days, until) - bisect_right(days, after)

    def _reaching(self, first: int, last: int) -> list[int]:
        if first < self.low or last >= self.high:
            self._cover(min(first - 1000, self.low), max(last + 1000, self.high))
        return self.days

    def _cover(self, low: int, high: int) -> None:
        with self.lock:
            low, high = max(1, min(low, self.low)), max(high, self.high)
            before = [d for d in range(low, self.low) if self.works(d)]
            after = [d for d in range(self.high, high) if self.works(d)]
            self.days = before + self.days + after
            self.low, self.high = low, high


_layouts: dict[str, _Layout] = {}
_KEPT = 32


def _laid_out(calendar: Calendar) -> _Layout:
    layout = _layouts.get(calendar.hash)
    # The hash alone is not trusted: a calendar made by hand may carry another's.
    if layout is not None and (layout.calendar is calendar or layout.calendar == calendar):
        layout.calendar = calendar  # the next look at this very value compares nothing
        return layout
    if len(_layouts) >= _KEPT:
        _layouts.clear()
    layout = _layouts[calendar.hash] = _Layout(calendar)
    return layout
