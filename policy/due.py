"""One due date with its certificate, without a case: what ``suqiu due`` and the settings page show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from cases.certificate import certificate
from cases.errors import BadInput, FieldError
from cases.events import EVENT_TYPES, Actor, Event
from cases.limits import ClockRun, run_clocks
from cases.policy import Calendar, ClockDef, Pack
from cases.workdays import zone_of

BY_HAND = Actor(kind="system", id="due")


def due(
    pack: Pack,
    clock: str,
    start: datetime,
    events: Iterable[Event] = (),
    *,
    calendar: Calendar,
    zone: str | tzinfo,
    now: datetime,
    packs: Mapping[str, Pack] | None = None,
) -> dict[str, Any]:
    """``{"clock", "due_at", "nominal_date", "status", "provisional", "certificate"}`` of a clock started at ``start``.
    ``refused`` is added where an event had no effect: ``[{"event", "reason"}]``.

    ``events``: what happened afterwards (``parse_event``). The condition of the clock is taken as given (its tier, its
    intake office). Raises ``BadInput`` where the pack has no such clock.
    """
    rule = _rule(pack, clock)
    first = event_at(rule.start[0], start, {})
    flags = frozenset(flag for flag in (rule.only_if,) if flag is not None)
    clocks = run_clocks(
        pack, [first, *events], flags=flags, now=now, calendar=calendar, zone=zone, packs=packs
    )  # fmt: skip
    runs = [r for r in clocks.runs if r.clock == clock]
    run = next((r for r in runs if r.started_by == first.event_id), runs[0])
    refused = [{"event": event_id, "reason": reason} for event_id, reason in clocks.refused]
    return as_dict(run, calendar, zone) | ({"refused": refused} if refused else {})


def as_dict(run: ClockRun, calendar: Calendar, zone: str | tzinfo) -> dict[str, Any]:
    """A run in the outward shape, with its certificate."""
    local = zone_of(zone)
    return {
        "clock": run.clock,
        "due_at": run.due_at.astimezone(local).isoformat() if run.due_at else None,
        "nominal_date": run.nominal_date.isoformat() if run.nominal_date else None,
        "status": run.status,
        "provisional": run.provisional,
        "certificate": certificate(run, calendar, zone),
    }


def parse_event(text: str, zone: str | tzinfo) -> Event:
    """``type@time`` with what the event carries after commas: ``extension.approved@2026-02-12T10:00,length=30``.

    A time without zone is in the policy's. Raises ``BadInput`` with what to write instead.
    """
    type_, at, rest = text.partition("@")
    if type_ not in EVENT_TYPES or not at:
        raise _bad(
            f"看不懂事件“{text}”",
            "写成 类型@时间,例如 clock.suspended@2026-06-03T11:00,reason=await_petitioner_material",
        )
    moment, *pairs = rest.split(",")
    data: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise _bad(f"看不懂“{pair}”", "写成 名称=值")
        data[key.strip()] = int(value) if value.strip().isdecimal() else value.strip()
    return event_at(type_, parse_moment(moment, zone), data)


def parse_moment(text: str, zone: str | tzinfo) -> datetime:
    """An ISO time; without a zone it is in the policy's. Raises ``BadInput``."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise _bad(f"看不懂时间“{text}”", "写成 2026-09-18T10:00 或 2026-09-18T10:00:00+08:00") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone_of(zone))


def event_at(type_: str, moment: datetime, data: Mapping[str, Any]) -> Event:
    """An event of no case, recorded when it happened."""
    return Event(
        event_id=f"{type_}@{moment.isoformat()}", case_id="due", seq=1, type=type_,
        occurred_at=moment, recorded_at=moment, actor=BY_HAND, data=data, prev_hash="", hash="",
    )  # fmt: skip


def _rule(pack: Pack, clock: str) -> ClockDef:
    rule = next((c for c in pack.clocks if c.id == clock), None)
    if rule is None:
        raise _bad(f"规则包“{pack.id}”里没有时限“{clock}”", "可以写:" + "、".join(c.id for c in pack.clocks))
    return rule


def _bad(message: str, do: str) -> BadInput:
    return BadInput(message, [FieldError(("due",), message)], do)
