"""A made-up calendar, packs of one clock, and events at local times: what the tests of the clocks are written with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cases.events import Actor, Event
from cases.limits import Clocks, run_clocks
from cases.policy import Calendar, ClockDef, Extension, Pack
from cases.versions import hashed_calendar, hashed_pack

ZONE = ZoneInfo("Asia/Shanghai")
OFFICER = Actor(kind="person", id="officer-1", role="unit_clerk")


def days(first: str, last: str, name: str) -> dict[date, str]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return {start + timedelta(days=n): name for n in range((end - start).days + 1)}


# Spring and autumn of one year: a week off in May (Friday to Tuesday) and one in October, with two Saturdays worked.
CALENDAR = hashed_calendar(
    Calendar(
        id="made-up",
        version="1",
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
        off_days={**days("2026-05-01", "2026-05-05", "劳动节"), **days("2026-10-01", "2026-10-07", "国庆节")},
        make_up_days={date(2026, 5, 9): "劳动节", date(2026, 10, 10): "国庆节"},
        hash="",
    )
)


def at(text: str) -> datetime:
    """A local time, ``05-03 10:00`` of 2026 where no year is given."""
    return datetime.fromisoformat(text if text[4] == "-" else f"2026-{text}").replace(tzinfo=ZONE)


def event(type_: str, when: str, *, recorded: str | None = None, seq: int = 0, id: str = "", **data: Any) -> Event:
    """``seq`` 0: by the time, so that a list need not be numbered."""
    occurred = at(when)
    return Event(
        event_id=id or f"{type_}@{when}",
        case_id="case-1",
        seq=seq or int(occurred.timestamp()),
        type=type_,
        occurred_at=occurred,
        recorded_at=at(recorded) if recorded else occurred,
        actor=OFFICER,
        data=data,
        prev_hash="",
        hash="",
    )


def clock(id: str = "limit", **changes: Any) -> ClockDef:
    """A duty of five working days from assignment to answer, unless said otherwise."""
    usual: dict[str, Any] = {
        "id": id, "name": id, "owner": "agency", "start": ("task.assigned",), "stop": ("task.done",), "length": 5,
        "unit": "working_day", "basis": "某办法 第1条", "label": "design",
    }  # fmt: skip
    return ClockDef(**(usual | changes))


def extension(**changes: Any) -> Extension:
    usual: dict[str, Any] = {"max_total": 10, "max_times": 1, "unit": "working_day", "approver": "agency_head"}
    return Extension(**(usual | changes))


def pack(*clocks: ClockDef, **changes: Any) -> Pack:
    usual: dict[str, Any] = {"id": "test", "title": "test", "basis": "某办法", "hash": "", "clocks": clocks}
    return hashed_pack(Pack(**(usual | changes)))


def run(rules: Pack, events: list[Event], now: str, flags: tuple[str, ...] = (), **more: Any) -> Clocks:
    return run_clocks(rules, events, flags=flags, now=at(now), calendar=CALENDAR, zone=ZONE, **more)
