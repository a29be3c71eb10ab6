"""Spans of time that a leader asks for 时段: this week, month, quarter or year up to today, or from day to day.

A span that is not over yet is compared with the same days of the one before: five days of this month with five of the
last, never with all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cases.errors import BadInput, FieldError
from cases.saying import labels, say
from dashboards.words import full_day, month_day

PERIODS = labels({"week": "本周", "month": "本月", "quarter": "本季度", "year": "本年", "own": "自选"})
AGAINST = labels({"before": "上期", "year": "去年同期"})
EVERY = labels({"day": "按日", "week": "按周", "month": "按月"})
FIRST_YEAR = 1990


@dataclass(frozen=True, slots=True)
class Span:
    """From the beginning of ``first`` to the end of ``last``, days of the town."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def hours(self) -> tuple[str, str]:
        """As the trends take it: from the first hour until before the second."""
        return f"{self.first}T00", f"{self.last + timedelta(days=1)}T00"

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        end = self.last + timedelta(days=1)
        return datetime.combine(self.first, time(), zone), datetime.combine(end, time(), zone)

    def said(self, today: date | None = None) -> str:
        """``11月1日至26日``; with the year where it is not this one."""
        a, b = self.first, self.last
        begin = month_day(a) if today is not None and a.year == b.year == today.year else full_day(a)
        if a == b:
            return begin
        if b.year != a.year:
            return say("{begin}至{end}", begin=begin, end=full_day(b))
        if b.month != a.month:
            return say("{begin}至{end}", begin=begin, end=month_day(b))
        return say("{begin}至{day}日", begin=begin, day=b.day)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page shows: the span, the one before, the same days of last year; which of them it is held against."""

    period: str
    now: Span
    before: Span
    year: Span
    against: str
    every: str

    @property
    def other(self) -> Span:
        return self.year if self.against == "year" else self.before


def asked(period: str, first: str, last: str, against: str, every: str, today: date) -> Asked:
    """The addresses' words to spans. Raises BadInput."""
    period, against = period or "month", against or "before"
    if period not in PERIODS:
        raise _bad("period", "没有这个时段")
    if against not in AGAINST:
        raise _bad("against", "没有这种对比")
    if every and every not in EVERY:
        raise _bad("every", "只能按日、按周、按月")
    span = _own(first, last, today) if period == "own" else Span(_begin(period, today), today)
    before = _before(period, span)
    year = Span(_months_back(span.first, 12), _months_back(span.last, 12))
    return Asked(period, span, before, year, against, every or _every(span))


def _every(span: Span) -> str:
    return "day" if span.days <= 31 else "week" if span.days <= 120 else "month"


def _begin(period: str, today: date) -> date:
    match period:
        case "week":
            return today - timedelta(days=today.weekday())
        case "month":
            return today.replace(day=1)
        case "quarter":
            return today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    return today.replace(month=1, day=1)


def _before(period: str, span: Span) -> Span:
    months = {"month": 1, "quarter": 3, "year": 12}.get(period)
    if months is not None:
        return Span(_months_back(span.first, months), _months_back(span.last, months))
    # As many days as this span has, and whole weeks before whole weeks.
    days = timedelta(days=7 if period == "week" else span.days)
    return Span(span.first - days, span.last - days)


def _months_back(day: date, months: int) -> date:
    """The same day of an earlier month, or its last one."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    begin = date(year, month + 1, 1)
    last = (begin + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return begin.replace(day=min(day.day, last.day))


def _own(first: str, last: str, today: date) -> Span:
    begin, end = _day("from", first), _day("to", last)
    if begin > end:
        raise _bad("to", "止日在起日之前")
    if begin.year < FIRST_YEAR or end > today + timedelta(days=366):
        raise _bad("from", f"只能选 {FIRST_YEAR} 年到明年之间的日子")
    return Span(begin, end)


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _bad(field, "请选日期，如 2026-11-01") from error


def _bad(field: str, message: str) -> BadInput:
    return BadInput(message, [FieldError((field,), message)], "请用页面上方的按钮选择时段")
