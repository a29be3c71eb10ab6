"""The clock engine 时限引擎: the events of a case to its clocks. Pure; everything here is derived and may be thrown away.

Counting follows RULES 3.3: the first day is not counted (民法典 第201条), a calendar-day or month clock whose last day
does not work rolls to the next working day (第203条), hours run from the moment, and what decides is when something
happened (``occurred_at``), not when it was recorded.

What is known counts: the caller hands in the events known at the moment that it asks about. A late entry therefore
changes the past, and the breach log says which breach was raised meanwhile and withdrawn again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from cases.breach_log import Breach, breach_log
from cases.clock_fold import fold_clocks
from cases.clock_plan import lapses, plan_of
from cases.clock_run import Counting, Extended, Pause
from cases.events import Event, NewEvent
from cases.policy import Calendar, ClockDef, Pack
from cases.workdays import working_days_between, working_time_between, zone_of

__all__ = ["Breach", "ClockRun", "Clocks", "Extended", "Pause", "as_if_recorded", "run_clocks", "time_left"]

MINUTE = timedelta(minutes=1)
_NO_FLAGS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRun:
    """One count of one clock.

    ``run``: ``handle#2``, the second count of this clock in the case. ``rule``: the clock as its pack defines it.
    ``status``: running, paused, met, met_late, breached, lapsed (a right that ran out), void, not_applicable.
    ``due_at``: the last second that is in time, in the policy's zone; None where nothing is owed; of a paused clock the
    date that stood when it was paused. ``nominal_date``: the last day before the roll, only where the roll moved it.
    ``counted_from``: a moment of day 0, or the moment itself for hour clocks. ``remaining``: of a paused clock, what is
    kept for the resumption (days, or minutes for hour clocks); for a running one ask ``time_left``. ``provisional``:
    beyond the published calendar.
    """

    run: str
    rule: ClockDef
    pack: str
    pack_hash: str
    unit: str | None
    started_by: str
    started_at: datetime
    counted_from: datetime
    due_at: datetime | None
    nominal_date: date | None
    remaining: int | None
    status: str
    stopped_by: str | None
    stopped_at: datetime | None
    pauses: tuple[Pause, ...]
    extensions: tuple[Extended, ...]
    provisional: bool
    yellow_at: datetime | None
    orange_at: datetime | None

    @property
    def clock(self) -> str:
        return self.rule.id

    @property
    def name(self) -> str:
        """The Chinese name of the clock, for people."""
        return self.rule.name

    @property
    def owner(self) -> str:
        return self.rule.owner

    @property
    def lapses(self) -> bool:
        """A right, which runs out in silence, rather than a duty."""
        return lapses(self.rule)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """All clocks of a case at one moment. ``refused``: (event id, reason) of events without effect, oldest first."""

    runs: tuple[ClockRun, ...]
    refused: tuple[tuple[str, str], ...]
    breaches: tuple[Breach, ...]
    calendar: str
    now: datetime

    @property
    def refused_ids(self) -> frozenset[str]:
        return frozenset(event_id for event_id, _ in self.refused)

    def run(self, run: str) -> ClockRun | None:
        return next((r for r in self.runs if r.run == run), None)

    def latest(self) -> dict[str, str]:
        """The status of each clock's last run, by clock id."""
        return {r.clock: r.status for r in self.runs}


def run_clocks(
    pack: Pack,
    events: Sequence[Event],
    *,
    flags: Collection[str] = (),
    now: datetime,
    calendar: Calendar,
    zone: str | tzinfo,
    packs: Mapping[str, Pack] | None = None,
) -> Clocks:
    """The clocks of a case from its events, given in any order and any number of times.

    1. Each event once, in the order in which it happened.
    2. Those that a rule refuses by themselves are left out.
    3. Those that a later one took back stop and void nothing.
    4. One pass starts, stops, pauses, extends and voids.
    5. A case converted to another procedure gets the clocks of that pack, from the original start (RULES 1.4).
    6. What is still open is looked at from ``now``.
    7. The same is done for what was known at each earlier moment, if anything can have been late: the breach log.

    ``packs``: the other packs by id, for a converted case.
    """
    known = _once_in_order(events)
    plan = plan_of(pack, calendar, zone_of(zone))
    held = frozenset(flags) if flags else _NO_FLAGS
    counts, refused = fold_clocks(plan, known, held, packs)
    for count in counts:
        count.resume_if_over(now)
    names = _names(counts)
    return Clocks(
        runs=tuple(_value(count, names[id(count)], now) for count in counts),
        refused=tuple(refused),
        breaches=breach_log(plan, known, held, packs, counts, names, now),
        calendar=calendar.hash,
        now=now,
    )


def as_if_recorded(new: Iterable[NewEvent], *, after: int, now: datetime) -> list[Event]:
    """Events that were decided and are not stored yet, as ``run_clocks`` reads them; ``after``: the case's last seq."""
    return [
        Event(
            event_id=e.event_id, case_id=e.case_id, seq=after + n, type=e.type, occurred_at=e.occurred_at,
            recorded_at=now, actor=e.actor, data=e.data, prev_hash="", hash="",
        )
        for n, e in enumerate(new, 1)
    ]  # fmt: skip


def _once_in_order(events: Sequence[Event]) -> list[Event]:
    """The first record of an id stands; order is by when it happened, then by seq."""
    first: dict[str, Event] = {}
    for event in events:
        kept = first.get(event.event_id)
        if kept is None or event.seq < kept.seq:
            first[event.event_id] = event
    return sorted(first.values(), key=lambda e: (e.occurred_at, e.seq))


# --- Values ----------------------------------------------------------------------------------------------------------------


def _names(counts: Sequence[Counting]) -> dict[int, str]:
    """``handle#2`` by the identity of the count."""
    seen: dict[str, int] = {}
    names: dict[int, str] = {}
    for count in counts:
        n = seen[count.clock.id] = seen.get(count.clock.id, 0) + 1
        names[id(count)] = f"{count.clock.id}#{n}"
    return names


def _value(count: Counting, name: str, now: datetime) -> ClockRun:
    clock, due = count.clock, count.due
    owed = count.status != "not_applicable"
    moved = due.nominal is not None and due.nominal != due.end
    warned = owed and not count.paused
    return ClockRun(
        run=name,
        rule=clock,
        pack=count.plan.pack.id,
        pack_hash=count.plan.pack.hash,
        unit=count.unit,
        started_by=count.started_by,
        started_at=count.started_at,
        counted_from=count.origin,
        due_at=due.at if owed else None,
        nominal_date=due.nominal if moved and owed else None,
        remaining=count.left_while_paused(),
        status=_status(count, now),
        stopped_by=count.ended_by if owed else None,
        stopped_at=count.ended_at if owed else None,
        pauses=count.pauses,
        extensions=count.extensions,
        provisional=due.provisional and owed,
        yellow_at=due.yellow_at if warned else None,
        orange_at=due.orange_at if warned else None,
    )


def _status(count: Counting, now: datetime) -> str:
    if count.status is not None:
        return count.status
    if count.paused:
        return "paused"
    if count.expired(now):
        return "lapsed" if lapses(count.clock) else "breached"
    return "running"


def time_left(run: ClockRun, now: datetime, calendar: Calendar, zone: str | tzinfo) -> int | None:
    """Days left after today in the clock's own unit (0 on the last day), or minutes for hour clocks; None once over."""
    if run.status == "paused":
        return run.remaining
    if run.status != "running" or run.due_at is None:
        return None
    local = now.astimezone(zone_of(zone))
    match run.rule.unit:
        case "working_day":
            return working_days_between(calendar, local.date(), run.due_at.date())
        case "calendar_day" | "month":
            return max(0, (run.due_at.date() - local.date()).days)
        case "working_hour":
            return working_time_between(calendar, local, run.due_at) // MINUTE
    return max(0, (run.due_at - now) // MINUTE)
