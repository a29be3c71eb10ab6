"""The deadlines of a case that was just opened, remembered: thousands of cases of one day have the same.

Most petitions are registered, classified and routed at one moment, and then wait. Their clocks follow from the pack, the
calendar, the flags and the first day alone. A test compares with ``cases.limits.run_clocks``, which stays the law.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, tzinfo

from cases.clock_plan import DAY_UNITS, Plan, plan_of
from cases.deadlines import deadline_rows
from cases.events import Event
from cases.limits import run_clocks
from cases.policy import Calendar, Pack
from cases.ports import Deadline

REGISTERED = "case.registered"
# What a machine says of a new case beside it. Where a pack lets one of these do something to a clock, nothing is kept.
BESIDE = frozenset({"case.classified", "case.routed", "case.flagged", "case.linked"})
MOST = 5_000
"""Days and sets of flags that are kept for one pack."""


def rows_of_opened(
    pack: Pack, events: Sequence[Event], *, flags: Collection[str], now: datetime, calendar: Calendar, zone: tzinfo
) -> tuple[Deadline, ...] | None:
    """The deadline rows of a case that nothing has happened to but its opening; None: ask ``run_clocks``.

    Kept with the first due date: until then they are so, whatever ``now`` is.
    """
    if not _only_opened(events):
        return None
    plan = plan_of(pack, calendar, zone)
    if not _by_day_alone(plan):
        return None
    key = (plan.counted_from(events[0].occurred_at).toordinal(), frozenset(flags))
    kept = plan.opened.get(key)
    if kept is None:
        if len(plan.opened) >= MOST:
            plan.opened.clear()
        clocks = run_clocks(pack, events, flags=flags, now=events[0].occurred_at, calendar=calendar, zone=zone)
        rows = deadline_rows(clocks, events)
        kept = plan.opened[key] = rows, min((row.due_at for row in rows), default=None)
    rows, until = kept
    return rows if until is None or now < until else None


def _only_opened(events: Sequence[Event]) -> bool:
    """Registered by a machine, and all the rest said by one at the same moment."""
    if not events or events[0].type != REGISTERED:
        return False
    at = events[0].occurred_at
    return events[0].actor.kind != "person" and all(
        e.type in BESIDE and e.occurred_at == at and e.actor.kind != "person" for e in events[1:]
    )


def _by_day_alone(plan: Plan) -> bool:
    """Whether nothing but the day of registration and the flags moves the clocks of a case that was only opened."""
    if plan.by_day_alone is None:
        told = BESIDE | {REGISTERED}
        moved = told & (plan.stops.keys() | plan.voids.keys()) | BESIDE & plan.starts.keys()
        started = (plan.pack.clocks[n] for n in plan.starts.get(REGISTERED, ()))
        plan.by_day_alone = not moved and all(c.unit in DAY_UNITS and c.scope != "assignment" for c in started)
    return plan.by_day_alone
