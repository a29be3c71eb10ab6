"""The clock engine 时限引擎: the events of a case to its clocks. Pure; everything here is derived and may be thrown away.

Counting follows RULES 3.3: the first day is not counted (民法典 第201条), a calendar-day or month clock whose last day
does not work rolls to the next working day (第203条), hours run from the moment, and what decides is when something
happened (``occurred_at``), not when it was recorded.

What is known counts: the caller hands in the events known at the moment that it asks about. A late entry therefore
changes the past, and the breach log says which breach was raised meanwhile and withdrawn again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo

from cases.clock_fold import ClockFold, revoked_by_later
from cases.clock_plan import Plan, floor, lapses, plan_of
from cases.clock_refusals import refused_by_itself
from cases.clock_run import Counting, Extended, Pause
from cases.events import Event, NewEvent
from cases.policy import Calendar, Pack
from cases.workdays import zone_of

# What the ordinary procedure is that a simple one 简易办理 is converted to, where the event names no pack.
ORDINARY = "xinfang-2022"
_NO_FLAGS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRun:
    """One count of one clock.

    ``run``: ``handle#2``, the second count of this clock in the case. ``status``: running, paused, met, met_late,
    breached, lapsed (a right that ran out), void, not_applicable. ``due_at``: the last second that is in time, in the
    policy's zone; None where nothing is owed; of a paused clock the date that stood when it was paused.
    ``nominal_date``: the last day before the roll, only where the roll moved it. ``counted_from``: day 0, or the moment
    for hour clocks. ``remaining``: days left after today, or minutes for hour clocks, while it runs or is paused.
    ``provisional``: beyond the published calendar.
    """

    run: str
    clock: str
    name: str
    pack: str
    pack_hash: str
    basis: str
    length: int
    unit_of_time: str
    owner: str
    lapses: bool
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """超期: raised one second after the due moment, or when it became known; withdrawn when a later record disproves it."""

    run: str
    clock: str
    unit: str | None
    due_at: datetime
    raised_at: datetime
    withdrawn_at: datetime | None = None
    because: str | None = None


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
    counts, refused = _fold(plan, known, held, packs)
    for count in counts:
        count.resume_if_over(now)
    names = _names(counts)
    return Clocks(
        runs=tuple(_value(count, names[id(count)], now) for count in counts),
        refused=tuple(refused),
        breaches=_breach_log(plan, known, held, packs, counts, names, now),
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


# --- The pass ----------------------------------------------------------------------------------------------------------


def _fold(
    plan: Plan, events: Sequence[Event], flags: frozenset[str], packs: Mapping[str, Pack] | None
) -> tuple[list[Counting], list[tuple[str, str]]]:
    effective: list[Event] = []
    refused: list[tuple[str, str]] = []
    for event in events:
        reason = refused_by_itself(event)
        if reason is None:
            effective.append(event)
        else:
            refused.append((event.event_id, reason))
    fold = ClockFold(plan, flags, revoked_by_later(effective))
    converted: tuple[Event, Pack] | None = None
    for event in effective:
        if event.type == "procedure.converted" and converted is None and (other := _converted_to(event, plan, packs)):
            converted = event, other
            fold.starts_until = event.occurred_at
        fold.take(event)
    counts = fold.runs
    refused += fold.refused
    if converted is not None:
        counts = counts + _after_conversion(*converted, plan, effective, flags, counts)
        counts.sort(key=lambda c: c.started_at)  # stable: the first procedure's runs keep their numbers
    return counts, refused


def _converted_to(event: Event, plan: Plan, packs: Mapping[str, Pack] | None) -> Pack | None:
    to = event.data.get("pack") or event.data.get("to")
    other = (packs or {}).get(ORDINARY if to in (None, "ordinary") else str(to))
    return None if other is None or other.id == plan.pack.id else other


def _after_conversion(
    event: Event, pack: Pack, plan: Plan, events: Sequence[Event], flags: frozenset[str], before: Sequence[Counting]
) -> list[Counting]:
    """The clocks of the ordinary procedure, counted from the original start.

    Not those that the simple procedure had already settled its own way: an accepted matter was told of its acceptance,
    and a notice limit that nobody had must not be broken afterwards.
    """
    fold = ClockFold(plan_of(pack, plan.calendar, plan.zone), flags, revoked_by_later(events))
    for each in events:
        fold.take(each)
    was_accepted = any(e.type == "case.accepted" and e.occurred_at <= event.occurred_at for e in events)
    carried = {c.clock.id for c in before if c.ended_by == event.event_id}
    return [
        count
        for count in fold.runs
        if count.started_at >= event.occurred_at or count.clock.id in carried or not was_accepted
    ]


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
        clock=clock.id,
        name=clock.name,
        pack=count.plan.pack.id,
        pack_hash=count.plan.pack.hash,
        basis=clock.basis,
        length=clock.length,
        unit_of_time=clock.unit,
        owner=clock.owner,
        lapses=lapses(clock),
        unit=count.unit,
        started_by=count.started_by,
        started_at=count.started_at,
        counted_from=count.origin,
        due_at=due.at if owed else None,
        nominal_date=due.nominal if moved and owed else None,
        remaining=count.remaining(now),
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


# --- The breach log ------------------------------------------------------------------------------------------------------


def _breach_log(
    plan: Plan,
    events: Sequence[Event],
    flags: frozenset[str],
    packs: Mapping[str, Pack] | None,
    counts: Sequence[Counting],
    names: Mapping[int, str],
    now: datetime,
) -> tuple[Breach, ...]:
    """When each breach was raised, with what was known then, and what withdrew it. Append-only, oldest first."""
    # A count never ends sooner than its first due moment: nothing can have been late yet in most calls.
    if all(floor(now) <= c.first_due for c in counts if not lapses(c.clock)):
        return ()
    final = {_identity(c): names[id(c)] for c in counts}
    standing: dict[tuple[str, str, str | None, str], Breach] = {}
    log: list[Breach] = []
    moments = sorted({e.recorded_at for e in events})
    for n, moment in enumerate(moments):
        until = moments[n + 1] if n + 1 < len(moments) else None
        seen, _ = _fold(plan, [e for e in events if e.recorded_at <= moment], flags, packs)
        for count in seen:
            count.resume_if_over(until or now)
        late = {_identity(c): c for c in seen if _late_before(c, until, now)}
        for who, breach in list(standing.items()):
            if who not in late or late[who].due.at != breach.due_at:
                touched = next((c.touched_by for c in seen if _identity(c) == who), frozenset())
                log[log.index(breach)] = _withdrawn(breach, events, moment, touched)
                del standing[who]
        for who, count in late.items():
            if who not in standing:
                standing[who] = Breach(
                    run=final.get(who, f"{count.clock.id}#?"),
                    clock=count.clock.id,
                    unit=count.unit,
                    due_at=count.due.at,
                    raised_at=max(count.expires_at, moment),
                )
                log.append(standing[who])
    return tuple(sorted(log, key=lambda b: (b.raised_at, b.run)))


def _late_before(count: Counting, until: datetime | None, now: datetime) -> bool:
    """Late already, or before anything more became known (at the latest by now)."""
    if lapses(count.clock) or count.status in ("met", "void", "not_applicable"):
        return False
    if count.status is not None:
        return True
    return not count.paused and (count.expired(now) if until is None else count.expires_at < until)


def _identity(count: Counting) -> tuple[str, str, str | None, str]:
    return count.plan.pack.id, count.clock.id, count.unit, count.started_by


def _withdrawn(breach: Breach, events: Sequence[Event], moment: datetime, touched: frozenset[str]) -> Breach:
    """Because of what was recorded at this moment; of several, the one that touched this clock."""
    recorded = [e.event_id for e in events if e.recorded_at == moment]
    because = next((id_ for id_ in recorded if id_ in touched), recorded[0])
    return replace(breach, withdrawn_at=moment, because=because)
