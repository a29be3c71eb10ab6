"""Working-day calendars 工作日历. The holiday library is read here and nowhere else.

``chinesecalendar`` ends with the last year whose schedule was published when it was released. A local file
(``calendars/*.yaml``) may cover further years as soon as the State Council's notice is out, or correct a year; dates in
a covered year are not provisional.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from importlib.metadata import version
from itertools import pairwise
from typing import Any

from chinese_calendar.constants import Holiday, holidays, workdays

from cases.policy import Calendar
from cases.versions import hashed_calendar
from policy.marks import Source, Where, load_marked

CALENDAR_KEYS = ("covers", "source", "off_days", "make_up_days", "working_hours")
ID = "cn"


def china_calendar(local: Iterable[tuple[str, str]] = ()) -> Calendar:
    """The official schedule, with local files on top: (text, file name) each. Raises ``PolicyError``."""
    calendar = _published()
    for text, file in sorted(local, key=lambda pair: pair[1]):
        calendar = _with_local(calendar, text, file)
    return hashed_calendar(calendar)


def cut_calendar(calendar: Calendar, first_year: int, last_year: int) -> Calendar:
    """The same schedule, as if nothing were known outside these years."""
    years = range(first_year, last_year + 1)
    return hashed_calendar(
        replace(
            calendar,
            version=f"{calendar.version} ({first_year}-{last_year})",
            first=max(calendar.first, date(first_year, 1, 1)),
            last=min(calendar.last, date(last_year, 12, 31)),
            off_days={d: name for d, name in calendar.off_days.items() if d.year in years},
            make_up_days={d: name for d, name in calendar.make_up_days.items() if d.year in years},
        )
    )


def _published() -> Calendar:
    names = {holiday.value: holiday.chinese for holiday in Holiday}
    years = [day.year for day in holidays]
    return Calendar(
        id=ID,
        version=f"chinesecalendar {version('chinesecalendar')}",
        first=date(min(years), 1, 1),
        last=date(max(years), 12, 31),
        off_days={day: names[name] for day, name in sorted(holidays.items())},
        make_up_days={day: names[name] for day, name in sorted(workdays.items())},
        hash="",
    )


# --- Local files -----------------------------------------------------------------------------------------------------------


def _with_local(calendar: Calendar, text: str, file: str) -> Calendar:
    """A covered year is replaced as a whole; elsewhere single days are corrected."""
    data, lines = load_marked(text, file)
    if data is None:
        return calendar
    source = Source(file, lines)
    source.known_keys(data, (), CALENDAR_KEYS)
    years = _years(source, data.get("covers") or [], calendar)
    off = _days(source, data.get("off_days"), "off_days")
    made_up = _days(source, data.get("make_up_days"), "make_up_days")
    for day in off.keys() & made_up.keys():
        raise source.error(("make_up_days",), f"{day} 既是放假日又是上班日", "删去一处")
    last = max(calendar.last, *(date(year, 12, 31) for year in years)) if years else calendar.last
    for day in (*off, *made_up):
        if not calendar.first <= day <= last:
            raise source.error((), f"{day} 不在日历已有的年份里", f"在 covers 里加上 {day.year}")
    if not (years or off or made_up or data.get("working_hours")):
        return calendar
    return replace(
        calendar,
        version=f"{calendar.version} + {data.get('source') or file}",
        last=last,
        off_days=_over(calendar.off_days, off, made_up, years),
        make_up_days=_over(calendar.make_up_days, made_up, off, years),
        intervals=_intervals(source, data.get("working_hours")) or calendar.intervals,
    )


def _over(
    old: Mapping[date, str], new: Mapping[date, str], other: Mapping[date, str], years: Collection[int]
) -> dict[date, str]:
    kept = {day: name for day, name in old.items() if day.year not in years and day not in other}
    return dict(sorted({**kept, **new}.items()))


def _years(source: Source, value: object, calendar: Calendar) -> list[int]:
    listed = value if isinstance(value, list) else [value]
    years = sorted(source.number(year, ("covers",), 1) for year in listed)
    for year in years:
        if year > calendar.last.year + 1 and year - 1 not in years:
            raise source.error(("covers",), f"{year} 年之前的 {year - 1} 年还没有放假安排", "先补上中间的年份")
        if year < calendar.first.year:
            raise source.error(("covers",), f"日历从 {calendar.first.year} 年开始", "删去更早的年份")
    return years


def _days(source: Source, value: object, key: str) -> dict[date, str]:
    """``{2027-02-06..2027-02-12: 春节, 2027-01-01: 元旦}``: a day, or a span of days, and its holiday."""
    if value is None:
        return {}
    source.mapping(value, (key,))
    assert isinstance(value, Mapping)  # noqa: S101 — just checked
    found: dict[date, str] = {}
    for span, name in value.items():
        for day in _span(source, span, (key, span)):
            if day in found:
                raise source.error((key, span), f"{day} 写了两遍", "每天只写一次")
            found[day] = source.text(value, span, (key,)) if name is not None else ""
            if not found[day]:
                raise source.error((key, span), f"{day} 没有写节日名称", f"{span}: 春节")
    return found


def _span(source: Source, span: object, path: Where) -> Iterator[date]:
    if isinstance(span, date):
        yield span
        return
    first, dots, last = str(span).partition("..")
    try:
        start, end = date.fromisoformat(first.strip()), date.fromisoformat((last if dots else first).strip())
    except ValueError:
        raise source.error(path, f"看不懂日期“{span}”", "写成 2027-01-01 或 2027-02-06..2027-02-12") from None
    if end < start:
        raise source.error(path, f"“{span}”的结束早于开始", "把两个日期对调")
    for n in range((end - start).days + 1):
        yield start + timedelta(days=n)


def _intervals(source: Source, value: object) -> tuple[tuple[time, time], ...]:
    """``[['08:30', '12:00'], ['13:30', '18:00']]``, in order and apart."""
    if value is None:
        return ()
    path: Where = ("working_hours",)
    example = "working_hours: [['08:30', '12:00'], ['13:30', '18:00']]"
    if not isinstance(value, Sequence) or not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        raise source.error(path, "上班时间应当是起止时刻的列表", example)
    found = tuple((_clock(source, pair[0], example), _clock(source, pair[1], example)) for pair in value)
    flat = [moment for pair in found for moment in pair]
    if not flat or any(b <= a for a, b in pairwise(flat)):
        raise source.error(path, "上班时间要从早到晚,互不重叠", example)
    return found


def _clock(source: Source, value: Any, example: str) -> time:
    if isinstance(value, str):
        try:
            return time.fromisoformat(value)
        except ValueError:
            pass
    raise source.error(("working_hours",), f"看不懂时刻“{value}”", f"时刻要加引号:{example}")
