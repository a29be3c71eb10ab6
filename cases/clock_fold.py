"""Events to clocks: one pass over the events of a case, in the order in which they happened.

For each event, in this order: is it refused; what does it stop; what does it void; does it pause, resume or extend;
what does it start.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from cases.clock_plan import Plan, applies, lapses, plan_of
from cases.clock_refusals import refused_by_itself
from cases.clock_run import Counting
from cases.events import Event
from cases.policy import Extension, Pack

# What the ordinary procedure is that a simple one 简易办理 is converted to, where the event names no pack.
ORDINARY = "xinfang-2022"
SUBMISSIONS = frozenset({"reply.submitted", "reply.resubmitted"})
PAUSES = frozenset({"clock.suspended", "hearing.started"})
RESUMES = frozenset({"clock.resumed", "hearing.ended"})
_SPECIAL = PAUSES | RESUMES | {"extension.approved"}


def revoked_by_later(events: Sequence[Event]) -> frozenset[str]:
    """Events that a later one took back: a reply that was sent back, a merge that was undone. Their clocks run on.

    ``reply.sent_back`` may name the reply (``data.reply``); otherwise it takes back the last one before it.
    """
    revoked: set[str] = set()
    submitted: list[str] = []
    merged: list[str] = []
    for event in events:
        if event.type in SUBMISSIONS:
            submitted.append(event.event_id)
        elif event.type == "case.merged":
            merged.append(event.event_id)
        elif event.type == "reply.sent_back" and submitted:
            named = event.data.get("reply")
            revoked.add(named if named in submitted else submitted[-1])
        elif event.type == "case.unmerged" and merged:
            revoked.add(merged.pop())
    return frozenset(revoked)


def fold_clocks(
    plan: Plan, events: Sequence[Event], flags: frozenset[str], packs: Mapping[str, Pack] | None
) -> tuple[list[Counting], list[tuple[str, str]]]:
    """The counts, oldest first, and (event id, reason) of what was refused. ``events``: each once, in order."""
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


class ClockFold:
    """The clocks of one case under one plan. ``starts_until``: later events start nothing more (a converted case)."""

    def __init__(self, plan: Plan, flags: frozenset[str], revoked: frozenset[str]) -> None:
        self.plan = plan
        self.flags = flags
        self.revoked = revoked
        self.runs: list[Counting] = []
        self.refused: list[tuple[str, str]] = []
        self.lead: str | None = None
        self.starts_until: datetime | None = None

    def take(self, event: Event) -> None:
        plan, type_ = self.plan, event.type
        stops = plan.stops.get(type_, ())
        voids = plan.voids.get(type_, ())
        starts = plan.starts.get(type_, ())
        if not (stops or voids or starts or type_ in _SPECIAL):
            return
        for run in self.runs:
            run.resume_if_over(event.occurred_at)
        if event.event_id not in self.revoked:
            if stops and (reason := self._window_closed(event, stops)):
                self.refused.append((event.event_id, reason))
                return
            self._stop(event, stops)
            self._void(event, voids, starts)
        if type_ in PAUSES:
            self._pause(event)
        elif type_ in RESUMES:
            self._resume(event)
        elif type_ == "extension.approved":
            self._extend(event)
        if starts and (self.starts_until is None or event.occurred_at <= self.starts_until):
            self._start(event, starts)

    # --- Stopping and voiding ---------------------------------------------------------------------------------------

    def _window_closed(self, event: Event, stops: Sequence[int]) -> str | None:
        """Asking for what one had a right to, after the right has run out."""
        closed: str | None = None
        for index in stops:
            clock = self.plan.pack.clocks[index]
            if not lapses(clock):
                continue
            asked = [run for run in self._reached(event, (index,)) if run.status in (None, "lapsed")]
            if any(not run.expired(event.occurred_at) for run in asked if run.status is None):
                return None
            if asked:
                closed = "request_window_closed" if clock.owner == "petitioner" else "return_window_closed"
        return closed

    def _stop(self, event: Event, stops: Sequence[int]) -> None:
        for run in self._open(event, stops):
            run.stop(event.event_id, event.occurred_at)

    def _void(self, event: Event, voids: Sequence[int], starts: Sequence[int]) -> None:
        """An event that both voids and starts a clock (改派) ends the count of the other units, and begins a new one."""
        for index in voids:
            for run in self._others(event, index) if index in starts else self._reached(event, (index,)):
                if run.status is None:
                    run.void(event.event_id, event.occurred_at)

    def _others(self, event: Event, index: int) -> list[Counting]:
        return [run for run in self.runs if run.index == index and run.unit != event.data.get("unit")]

    def _open(self, event: Event, indexes: Sequence[int]) -> list[Counting]:
        return [run for run in self._reached(event, indexes) if run.status is None]

    def _reached(self, event: Event, indexes: Sequence[int]) -> list[Counting]:
        """The runs that the event speaks of: case clocks, and those of its unit, or of the lead where it names none."""
        unit = event.data.get("unit") or self.lead
        return [
            run for run in self.runs if run.index in indexes and (run.clock.scope != "assignment" or run.unit == unit)
        ]

    # --- Pausing and extending --------------------------------------------------------------------------------------

    def _named(self, event: Event) -> list[Counting]:
        """The open runs that a pause or an extension may mean: the clock that it names, or all."""
        clock, unit = event.data.get("clock"), event.data.get("unit")
        return [
            run
            for run in self.runs
            if run.status is None
            and (clock is None or run.clock.id == clock)
            and (unit is None or run.clock.scope != "assignment" or run.unit == unit)
        ]

    def _pause(self, event: Event) -> None:
        hearing = event.type == "hearing.started"
        reason = str(event.data.get("reason") or ("hearing" if hearing else ""))
        allowed = [run for run in self._named(event) if reason in run.clock.pause_reasons]
        # A hearing that gives no reason asks for no pause: it is held, and stops what it may stop.
        if not allowed and (not hearing or event.data.get("reason")):
            self.refused.append((event.event_id, "pause_not_allowed"))
        for run in allowed:
            if not run.paused and not run.expired(event.occurred_at):
                run.pause(event.event_id, event.occurred_at, reason)

    def _resume(self, event: Event) -> None:
        hearing = event.type == "hearing.ended"
        for run in self._named(event):
            if run.paused and (not hearing or run.pauses[-1].reason == "hearing"):
                run.resume(event.event_id, event.occurred_at)

    def _extend(self, event: Event) -> None:
        """Each clock decides for itself; the event is refused when no clock takes it."""
        reasons: list[str] = []
        taken = False
        length = _length(event)
        for run in self._named(event):
            if run.clock.extension is None or length <= 0:
                continue
            reason = _extension_refused(run, run.clock.extension, event, length)
            if reason is None:
                taken = True
                run.extend(event.event_id, event.occurred_at, length)
            else:
                reasons.append(reason)
        if reasons and not taken:
            self.refused.append((event.event_id, reasons[0]))

    # --- Starting -----------------------------------------------------------------------------------------------------

    def _start(self, event: Event, starts: Sequence[int]) -> None:
        if event.type.startswith("assignment."):
            self.lead = event.data.get("unit")
        counted_from = self.plan.counted_from(event.occurred_at)
        for index in starts:
            clock = self.plan.pack.clocks[index]
            unit = event.data.get("unit") if clock.scope == "assignment" else None
            if applies(clock, self.flags) and self._may_start(event, index, unit):
                run = Counting(self.plan, index, event.event_id, event.occurred_at, counted_from, unit)
                if clock.exempt_if is not None and clock.exempt_if in self.flags:
                    run.end("not_applicable", event.event_id, event.occurred_at)
                self.runs.append(run)

    def _may_start(self, event: Event, index: int, unit: str | None) -> bool:
        """A unit's clock begins again when the unit gets the case again; a case clock only where ``restart`` says so.

        While a count is open a further start changes nothing, but for the petitioner's right: it runs from the newest
        answer, and the older count ends.
        """
        last = next((r for r in reversed(self.runs) if r.index == index and r.unit == unit), None)
        if last is None:
            return True
        clock = last.clock
        if last.status is not None:
            return clock.restart or clock.scope == "assignment"
        if clock.restart and clock.owner == "petitioner":
            last.void(event.event_id, event.occurred_at)
            return True
        return False


def _extension_refused(run: Counting, rule: Extension, event: Event, length: int) -> str | None:
    if run.expired(event.occurred_at):
        return "approved_after_due"
    if sum(e.length for e in run.extensions) + length > rule.max_total:
        return "over_max_total"
    if len(run.extensions) >= rule.max_times:
        return "too_many_extensions"
    if (event.data.get("approver") or event.actor.role) != rule.approver:
        return "wrong_approver"
    return None


def _length(event: Event) -> int:
    """Events also come from other systems: what is no whole number extends nothing."""
    length = event.data.get("length")
    return length if isinstance(length, int) and not isinstance(length, bool) else 0
