"""Deadlines: clocks to rows that an index can find, and to the events that are due now (RULES 3.4).

What stands already is read from the case's own events: a step of a run is raised once for one due date. The ids of the
events follow from case, run, due date and step, and their time from the clock and not from the worker, so whoever
raises a step raises the same event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from cases.events import Event, NewEvent, canonical, utc_text
from cases.limits import Breach, ClockRun, Clocks
from cases.policy import Calendar
from cases.ports import Deadline
from cases.workdays import add_working_days, zone_of

STEPS = ("yellow", "orange", "breach")
# 督办升级: at 00:00 of the 1st, 3rd and 10th working day after the due date.
ESCALATION: tuple[tuple[str, int], ...] = (("yellow_card", 1), ("red_card", 3), ("county", 10))
SECOND = timedelta(seconds=1)


def deadline_rows(clocks: Clocks, events: Iterable[Event]) -> tuple[Deadline, ...]:
    """One row for each run that has a date. ``events``: those of the case; the warnings among them stand already.

    ``next_step`` is yellow, orange or breach; ``withdraw`` for a raised breach that later records disproved; ``lapse``
    for a right that runs out: nothing is raised then, the row is only written again.
    """
    standing = _standing(events)
    return tuple(_row(run, clocks, standing) for run in clocks.runs if run.due_at is not None)


def due_steps(clocks: Clocks, events: Sequence[Event], now: datetime) -> tuple[NewEvent, ...]:
    """What has to be raised by ``now`` and does not stand yet: breaches, their withdrawals, and warnings.

    1. A raised breach that the log does not know, or knows as withdrawn: ``breach.withdrawn {run, clock, due_at, because}``.
    2. A breach of the log that does not stand: ``breach.raised {run, clock, unit, due_at}``. Rights lapse in silence.
    3. Of each running clock the highest warning reached: ``warning.raised {run, clock, unit, level, due_at}``. A lower
       one that nobody raised in time is not raised any more.
    """
    if not events:
        return ()
    case_id = events[0].case_id
    standing = _standing(events)
    return (*_breaches(case_id, clocks, events, standing), *_warnings(case_id, clocks, standing, now))


def escalations(due_at: datetime, calendar: Calendar, zone: str | tzinfo) -> dict[str, datetime]:
    """When an unanswered breach goes up: ``yellow_card`` to the deputy leader, ``red_card`` to the town head, ``county``."""
    local = due_at.astimezone(zone_of(zone))
    return {
        to: local.replace(
            year=day.year, month=day.month, day=day.day, hour=0, minute=0, second=0, microsecond=0
        )
        for to, count in ESCALATION
        for day in [add_working_days(calendar, local.date(), count)]
    }  # fmt: skip


def level_of(clocks: Clocks) -> str:
    """The worst warning level 预警级别 of the open clocks at the moment that they were looked at: none to red."""
    worst = 0
    for run in clocks.runs:
        if run.status == "breached" and run.stopped_at is None:
            return "red"
        if run.status == "running" and run.owner != "petitioner":
            reached = [n for n, at in ((2, run.orange_at), (1, run.yellow_at)) if at is not None and at <= clocks.now]
            worst = max(worst, *reached, 0)
    return ("none", "yellow", "orange")[worst]


# --- What stands ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Standing:
    """By (run, due date): the warnings that were raised, how often a breach was raised, and how often withdrawn."""

    warned: set[tuple[str, str, str]]
    raised: dict[tuple[str, str], int]
    withdrawn: dict[tuple[str, str], int]
    ids: set[str]

    def breached(self, run: str, due: str) -> bool:
        key = (run, due)
        return self.raised.get(key, 0) > self.withdrawn.get(key, 0)


def _standing(events: Iterable[Event]) -> _Standing:
    found = _Standing(set(), {}, {}, set())
    for event in events:
        if event.type not in ("warning.raised", "breach.raised", "breach.withdrawn") or event.event_id in found.ids:
            continue
        found.ids.add(event.event_id)
        run, due = str(event.data.get("run")), str(event.data.get("due_at"))
        if event.type == "warning.raised":
            found.warned.add((run, due, str(event.data.get("level"))))
        else:
            table = found.raised if event.type == "breach.raised" else found.withdrawn
            table[run, due] = table.get((run, due), 0) + 1
    return found


# --- Rows ----------------------------------------------------------------------------------------------------------------


def _row(run: ClockRun, clocks: Clocks, standing: _Standing) -> Deadline:
    assert run.due_at is not None  # noqa: S101 — asked only for runs with a date
    next_at, next_step = _next(run, clocks, standing)
    return Deadline(
        run=run.run,
        clock=run.clock,
        owner=run.owner,
        unit=run.unit,
        pack=run.pack,
        due_at=run.due_at,
        status=run.status,
        yellow_at=run.yellow_at,
        orange_at=run.orange_at,
        next_at=next_at,
        next_step=next_step,
        provisional=run.provisional,
        nominal_date=run.nominal_date.isoformat() if run.nominal_date else None,
    )


def _next(run: ClockRun, clocks: Clocks, standing: _Standing) -> tuple[datetime | None, str | None]:
    if standing.raised or clocks.breaches:
        log = [b for b in clocks.breaches if b.run == run.run and b.withdrawn_at is None]
        for raised in _raised_dues(run.run, standing):
            if all(utc_text(b.due_at) != raised for b in log):
                return datetime.fromisoformat(raised), "withdraw"
        if log:
            unraised = [b for b in log if not standing.breached(run.run, utc_text(b.due_at))]
            return (unraised[0].raised_at, "breach") if unraised else (None, None)
    if run.status != "running" or run.due_at is None:
        return None, None
    warned = run.owner != "petitioner"
    steps = [("yellow", run.yellow_at), ("orange", run.orange_at)] if warned else []
    steps.append(("lapse" if run.lapses else "breach", run.due_at + SECOND))
    return _first_open(run, steps, standing)


def _raised_dues(run: str, standing: _Standing) -> list[str]:
    return [due for (r, due) in standing.raised if r == run and standing.breached(r, due)]


def _first_open(
    run: ClockRun, steps: Sequence[tuple[str, datetime | None]], standing: _Standing
) -> tuple[datetime | None, str | None]:
    """The first step after the last one that stands for this due date."""
    reached = -1
    if standing.warned and run.due_at is not None:
        due = utc_text(run.due_at)
        stands = (n for n, (step, _) in enumerate(steps) if (run.run, due, step) in standing.warned)
        reached = max(stands, default=-1)
    for step, at in steps[reached + 1 :]:
        if at is not None:
            return at, step
    return None, None


# --- Events --------------------------------------------------------------------------------------------------------------


def _breaches(case_id: str, clocks: Clocks, events: Sequence[Event], standing: _Standing) -> Iterator[NewEvent]:
    log = {(b.run, utc_text(b.due_at)): b for b in clocks.breaches}  # the last entry of a run and date stands
    for key in standing.raised:
        entry = log.get(key)
        if standing.breached(*key) and (entry is None or entry.withdrawn_at is not None):
            yield _withdrawal(case_id, key, entry, events, standing)
    for (run, due), entry in log.items():
        if entry.withdrawn_at is None and not standing.breached(run, due):
            data = {"run": run, "clock": entry.clock, "unit": entry.unit, "due_at": due}
            # A breach that was withdrawn and stands again is another event.
            nth = standing.withdrawn.get((run, due), 0)
            yield _event(case_id, "breach.raised", "breach", nth, entry.raised_at, data)


def _withdrawal(
    case_id: str, key: tuple[str, str], entry: Breach | None, events: Sequence[Event], standing: _Standing
) -> NewEvent:
    run, due = key
    if entry is not None and entry.withdrawn_at is not None:
        at, because = entry.withdrawn_at, entry.because
    else:
        # The date itself was another: a calendar was loaded, or the rules migrated. The newest record of that says so.
        changes = [e for e in events if e.type in ("calendar.loaded", "policy.migrated")] or list(events)
        last = max(changes, key=lambda e: e.seq)
        at, because = last.recorded_at, last.event_id
    data = {"run": run, "clock": run.partition("#")[0], "due_at": due, "because": because}
    return _event(case_id, "breach.withdrawn", "withdraw", standing.withdrawn.get(key, 0), at, data)


def _warnings(case_id: str, clocks: Clocks, standing: _Standing, now: datetime) -> Iterator[NewEvent]:
    for run in clocks.runs:
        if run.status != "running" or run.owner == "petitioner" or run.due_at is None:
            continue
        due = utc_text(run.due_at)
        if due_passed(run, now):
            continue
        reached = [(s, at) for s, at in (("orange", run.orange_at), ("yellow", run.yellow_at)) if at and at <= now]
        if not reached:
            continue
        level, at = reached[0]
        if any((run.run, due, stands) in standing.warned for stands in (level, "orange")):
            continue
        data = {"run": run.run, "clock": run.clock, "unit": run.unit, "level": level, "due_at": due}
        yield _event(case_id, "warning.raised", level, 0, at, data)


def due_passed(run: ClockRun, now: datetime) -> bool:
    return run.due_at is not None and now >= run.due_at + SECOND


def _event(case_id: str, type_: str, step: str, nth: int, at: datetime, data: dict[str, str | None]) -> NewEvent:
    said = canonical([case_id, data["run"], data["due_at"], step, nth])
    return NewEvent(
        event_id=hashlib.sha256(said.encode()).hexdigest()[:32], case_id=case_id, type=type_, occurred_at=at,
        data={k: v for k, v in data.items() if v is not None},
    )  # fmt: skip
