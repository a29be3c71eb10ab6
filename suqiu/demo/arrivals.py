"""A year of arrivals 来件时间: so many petitions on each day, at each hour, with the bursts among them."""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from cases.policy import Calendar
from suqiu.demo.bursts import BURSTS, Burst
from suqiu.demo.seasons import busyness, hours

DAYS = 365
# A day is lived through in these pieces. The officers begin theirs with the second one and may be busy with it until the
# next day's first one ends: what they do at half past eight is then recorded within 24 hours.
CLOSING = time(18, 30)
ENDS = (time(8), time(11), time(14, 30), CLOSING)
FEW, ENDS_OF_FEW = 3_000, (time(8), CLOSING)
"""Where few write, half a day is piece enough."""


@dataclass(slots=True)
class Slot:
    """A piece of a day: until when, and who writes in it about what (None: whatever the season brings).

    ``begins``: with it the officers begin what they do until then. ``worked``: with its end it is done.
    """

    until: datetime
    begins: datetime | None = None
    worked: bool = False
    arrivals: list[tuple[datetime, Burst | None]] = field(default_factory=list)


def year_of_slots(n: int, now: datetime, zone: ZoneInfo, calendar: Calendar, seed: int) -> Iterator[Slot]:
    """``n`` arrivals over the year before ``now``, in slots that end with ``now``. Times are UTC."""
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
        at = [(_moment(day, rnd, clock, zone), None) for _ in range(count)]
        together: list[tuple[datetime, Burst | None]] = [*at, *((m.astimezone(UTC), b) for m, b in bursts.get(day, ()))]
        yield from _slots(day, ENDS if n > FEW else ENDS_OF_FEW, sorted(together, key=lambda a: a[0]), now, zone)


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
            found.setdefault(on, []).append((datetime.combine(on, time(), zone) + timedelta(hours=hour), burst))
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


def _slots(
    day: date,
    pieces: Sequence[time],
    arrivals: list[tuple[datetime, Burst | None]],
    now: datetime,
    zone: ZoneInfo,
) -> Iterator[Slot]:
    """What would lie in the future (it is still today) is said to come just now."""
    ends = [datetime.combine(day, end, zone).astimezone(UTC) for end in pieces]
    closing = ends[-1]
    ends.append((datetime.combine(day, time(), zone) + timedelta(days=1)).astimezone(UTC))
    if ends[-1] >= now:
        ends = [*(end for end in ends if end < now), now]
    slots = [Slot(end, worked=end in (closing, now)) for end in ends]
    if len(slots) > 1:
        slots[1].begins = min(closing, now)
    rest = iter(arrivals)
    waiting = next(rest, None)
    for slot in slots:
        while waiting is not None and (waiting[0] < slot.until or slot.until == now):
            slot.arrivals.append((min(waiting[0], slot.until), waiting[1]))
            waiting = next(rest, None)
        yield slot
