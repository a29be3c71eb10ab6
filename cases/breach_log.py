"""The breach log 超期记录: when each breach was raised, with what was known then, and what withdrew it.

A timely reply that is recorded late makes a breach untrue that had been raised in good faith. Both stay on record: the
log is append-only, and replays the case for every moment at which something became known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from cases.clock_fold import fold_clocks
from cases.clock_plan import Plan, lapses
from cases.clock_run import Counting
from cases.events import Event
from cases.policy import Pack


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


def breach_log(
    plan: Plan,
    events: Sequence[Event],
    flags: frozenset[str],
    packs: Mapping[str, Pack] | None,
    counts: Sequence[Counting],
    names: Mapping[int, str],
    now: datetime,
) -> tuple[Breach, ...]:
    """Oldest first. ``counts`` and ``names``: the clocks as they are known now.

    1. For each moment at which something was recorded: the clocks as they were known from then on.
    2. A standing breach that is not true any more is withdrawn, because of what was recorded at that moment.
    3. What is late by then, or becomes late before anything more is known, is raised.
    """
    # A count never ends sooner than its first due date: in most calls nothing can have been late yet.
    if all(now < c.first_red for c in counts if not lapses(c.clock)) or _never_late(events, counts, now):
        return ()
    final = {_identity(c): names[id(c)] for c in counts}
    standing: dict[_Identity, Breach] = {}
    withdrawn: list[Breach] = []
    moments = sorted({e.recorded_at for e in events})
    for moment, until in zip(moments, [*moments[1:], None], strict=True):
        seen, _ = fold_clocks(plan, [e for e in events if e.recorded_at <= moment], flags, packs)
        for count in seen:
            count.resume_if_over(until or now)
        known = {_identity(c): c for c in seen}
        late = {who: c for who, c in known.items() if _late_before(c, until, now)}
        for who, breach in list(standing.items()):
            if who not in late or late[who].due.at != breach.due_at:
                touched = known[who].touched_by if who in known else frozenset()
                withdrawn.append(_withdrawn(standing.pop(who), events, moment, touched))
        for who, count in late.items():
            if who not in standing:
                standing[who] = Breach(
                    run=final.get(who, f"{count.clock.id}#0"),
                    clock=count.clock.id,
                    unit=count.unit,
                    due_at=count.due.at,
                    raised_at=max(count.due.red_at, moment),
                )
    return tuple(sorted((*withdrawn, *standing.values()), key=lambda b: (b.raised_at, b.run)))


def _never_late(events: Sequence[Event], counts: Sequence[Counting], now: datetime) -> bool:
    """Whether nothing was late at any moment, told by how it came out: a case that went its way in time, long ago.

    What was known at a moment is the beginning of what is known now, if nothing was recorded out of its order, taken
    back, paused or converted. Then a count was late only if it is, or if what ended it became known too late.
    """
    recorded = {e.event_id: e.recorded_at for e in events}
    if any(e.type in _UNDOES for e in events) or any(a > b for a, b in pairwise(recorded.values())):
        return False
    return all(
        lapses(c.clock)
        or c.status == "not_applicable"
        or (not c.pauses and not c.extensions and recorded.get(c.ended_by or "", now) < c.due.red_at)
        for c in counts
    )


_UNDOES = frozenset({"reply.sent_back", "case.unmerged", "procedure.converted"})
_Identity = tuple[str, str, str | None, str]


def _identity(count: Counting) -> _Identity:
    return count.plan.pack.id, count.clock.id, count.unit, count.started_by


def _late_before(count: Counting, until: datetime | None, now: datetime) -> bool:
    """Late already, or before anything more became known (at the latest by now)."""
    if lapses(count.clock) or count.status in ("met", "void", "not_applicable"):
        return False
    if count.status is not None:
        return True
    return not count.paused and (count.expired(now) if until is None else count.due.red_at < until)


def _withdrawn(breach: Breach, events: Sequence[Event], moment: datetime, touched: frozenset[str]) -> Breach:
    """Because of what was recorded at this moment; of several, the one that touched this clock."""
    recorded = [e.event_id for e in events if e.recorded_at == moment]
    because = next((id_ for id_ in recorded if id_ in touched), recorded[0])
    return replace(breach, withdrawn_at=moment, because=because)
