"""Counts over time: which facts replace which, by how much the hourly counts move, and how hours make days and weeks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeVar

from cases.errors import BadInput, FieldError
from cases.ports import Fact, TrendRow

BY = ("topic", "place", "unit", "channel")
EVERY = {"hour": 13, "day": 10, "week": 10, "month": 7}
"""How many characters of an hour ``2026-11-23T09`` tell the period; weeks are made of days."""

Key = TypeVar("Key", bound=tuple[str, ...])
Cell = tuple[str, str, str, str, str, str]
"""hour, topic, place, unit, channel, sight."""


def cell(fact: Fact) -> Cell:
    return (fact.hour, fact.topic, fact.place, fact.unit, fact.channel, fact.sight)


def replacing(facts: Iterable[Fact], standing: Mapping[str, Fact]) -> tuple[dict[str, Fact], Counter[Cell]]:
    """The facts that are newer than what stands, and the differences that they make, zero ones left out."""
    newer: dict[str, Fact] = {}
    for fact in facts:
        before = newer.get(fact.petition_id, standing.get(fact.petition_id))
        if before is None or fact.version > before.version:
            newer[fact.petition_id] = fact
    moves: Counter[Cell] = Counter()
    for fact in newer.values():
        moves[cell(fact)] += 1
        if (before := standing.get(fact.petition_id)) is not None:
            moves[cell(before)] -= 1
    return newer, Counter({c: n for c, n in moves.items() if n})


MonthCell = tuple[str, str, str, str, str]
"""by, month, key, unit, sight: what one dimension of a month holds."""


def monthly(cells: Mapping[Cell, int]) -> Counter[MonthCell]:
    """Hourly counts, or what they move by, as those of months; zero ones left out."""
    found: Counter[MonthCell] = Counter()
    for (hour, topic, place, unit, channel, sight), n in cells.items():
        for by, key in zip(BY, (topic, place, unit, channel), strict=True):
            found[by, hour[: EVERY["month"]], key, unit, sight] += n
    return Counter({c: n for c, n in found.items() if n})


Bounds = tuple[str | None, str | None]


def whole_months(start: str | None, end: str | None) -> tuple[Bounds | None, list[Bounds]]:
    """A span of hours as the whole months in it (from one until before another), if any, and the hours before and after."""
    first, last = None if start is None else _month_from(start), None if end is None else end[:7]
    if first is not None and last is not None and first >= last:
        return None, [(start, end)]
    before: list[Bounds] = [] if start is None or start[:7] == first else [(start, first)]
    after: list[Bounds] = [] if end is None or last is None or end <= f"{last}-01T00" else [(last, end)]
    return (first, last), [*before, *after]


def _month_from(hour: str) -> str:
    """The first month that begins at this hour or later."""
    month = hour[:7]
    if hour <= f"{month}-01T00":
        return month
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]), 12)
    return f"{year:04d}-{number + 1:02d}"


def checked(by: str, every: str) -> None:
    """Raises BadInput."""
    if by not in BY:
        message = f"统计维度只能是 {'、'.join(BY)}"
        raise BadInput(message, [FieldError(("by",), message)])
    if every not in EVERY:
        message = f"统计周期只能是 {'、'.join(EVERY)}"
        raise BadInput(message, [FieldError(("every",), message)])


def gathered(counted: Iterable[tuple[str, str, int, str]], every: str) -> list[TrendRow]:
    """(period, key, count, sight) to rows, days put together to ISO weeks, in order of time and key."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for at, key, n, sight in counted:
        sums[_week(at) if every == "week" else at, key, sight] += int(n)
    return [TrendRow(at, key, n, sight) for (at, key, sight), n in sorted(sums.items())]


def _week(day: str) -> str:
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year}-W{week:02d}"


def differing(kept: Mapping[Key, int], counted: Mapping[Key, int]) -> list[str]:
    """Where the counts are not what the facts say, in words."""
    return [
        f"{'/'.join(c)}: 统计为 {kept.get(c, 0)}，按明细应为 {counted.get(c, 0)}"
        for c in sorted(kept.keys() | counted.keys())
        if kept.get(c, 0) != counted.get(c, 0)
    ]
