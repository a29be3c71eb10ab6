"""A year of arrivals 来件时间: so many petitions on each day, at each hour, with the bursts among them."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from cases.policy import Calendar
from suqiu.demo.bursts import BURSTS, Burst
from suqiu.demo.seasons import busyness, hours

DAYS = 365
LEAST = 1_000
"""Petitions of a stretch: enough that people repeat themselves and join in, as each stretch is told by itself."""

Arrival = tuple[datetime, Burst | None]
"""When, and about what; None: whatever the season brings."""


@dataclass(slots=True)
class Stretch:
    """Some days of the year 时段, whole ones, that one process tells by itself. ``first``: the number of its first arrival
    among all of the year; ``begin``: the first moment of its first day."""

    first: int
    begin: datetime
    arrivals: list[Arrival] = field(default_factory=list)


def year_of_stretches(
    n: int, now: datetime, zone: ZoneInfo, calendar: Calendar, seed: int, least: int = LEAST
) -> list[Stretch]:
    """The year's days put together until each has so many arrivals. The same for everybody who asks the same."""
    found: list[Stretch] = []
    told = 0
    for begin, arrivals in year_of_days(n, now, zone, calendar, seed):
        if not found or len(found[-1].arrivals) >= least:
            found.append(Stretch(told, begin))
        found[-1].arrivals += arrivals
        told += len(arrivals)
    return found


def year_of_days(
    n: int, now: datetime, zone: ZoneInfo, calendar: Calendar, seed: int
) -> Iterator[tuple[datetime, list[Arrival]]]:
    """``n`` arrivals over the year before ``now``: the beginning of each day, and what came in on it, in order; UTC."""
    rnd = random.Random(seed)  # noqa: S311 - made-up times
    today = now.astimezone(zone).date()
    first = today - timedelta(days=DAYS)
    days = [first + timedelta(days=i) for i in range(DAYS + 1)]
    bursts = _bursts(n, first, today, rnd)
    plain = n - sum(len(found) for found in bursts.values())
    weights = [busyness(day, calendar) for day in days]
    weights[-1] *= _passed(now.astimezone(zone))
    clock = list(accumulate(hours()))
    for day, count in zip(days, _spread(plain, weights), strict=True):
        at: list[Arrival] = [(_moment(day, rnd, clock, zone), None) for _ in range(count)]
        # What would lie in the future (it is still today) is said to come just now.
        came = [(min(moment, now), burst) for moment, burst in (*at, *bursts.get(day, ()))]
        yield datetime.combine(day, time(), zone).astimezone(UTC), sorted(came, key=lambda a: a[0])


def _bursts(n: int, first: date, today: date, rnd: random.Random) -> dict[date, list[tuple[datetime, Burst]]]:
    """Two thirds of a burst on its first day, the rest on the next."""
    found: dict[date, list[tuple[datetime, Burst]]] = {}
    zone = ZoneInfo("Asia/Shanghai")
    for burst in BURSTS:
        day = date(first.year, burst.month, burst.day)
        if day <= first:
            day = day.replace(year=first.year + 1)
        if day + timedelta(days=1) >= today:
            continue
        for _ in range(round(n * burst.share)):
            on = day + timedelta(days=rnd.random() > 0.66)
            hour = min(7 + rnd.expovariate(1 / 5), 23.4)
            at = datetime.combine(on, time(), zone) + timedelta(hours=hour)
            found.setdefault(on, []).append((at.astimezone(UTC), burst))
    return found


def _spread(n: int, weights: list[float]) -> list[int]:
    """Whole numbers in these proportions that come to ``n``: what is left over is carried to the next day."""
    total, carried, counts = sum(weights), 0.0, []
    for weight in weights:
        carried += n * weight / total
        counts.append(int(carried + 1e-9))
        carried -= counts[-1]
    counts[-1] += n - sum(counts)
    return counts


def _passed(now: datetime) -> float:
    """How much of today's petitions have come by now."""
    weights = hours()
    return max((sum(weights[: now.hour]) + weights[now.hour] * now.minute / 60) / sum(weights), 0.002)


def _moment(day: date, rnd: random.Random, clock: list[float], zone: ZoneInfo) -> datetime:
    hour = min(bisect(clock, rnd.random() * clock[-1]), 23)
    at = datetime.combine(day, time(hour), zone) + timedelta(seconds=rnd.random() * 3600)
    return at.astimezone(UTC)
