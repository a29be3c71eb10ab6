"""Deadlines 时限巡查: what has come due is raised once, as events: warnings, breaches, and their withdrawal.

Due rows are found by an index. Each is decided on the whole case, and written only if nobody moved the case meanwhile,
so any number of workers may look at once and each alert stands once (event ids follow from case, run, date and step).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cases.deadlines import due_steps
from cases.events import NewEvent
from cases.folding import fold
from cases.ports import CaseStore, DeadlineRows, Decision, Notice
from streams import projection
from streams.books import Books

# Whom a step is told to (RULES section 3.4): yellow to the handler's office, orange and breach to its head as well.
TELL = {"yellow": ("unit",), "orange": ("unit", "head"), "breach": ("unit", "head", "deputy_leader")}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineParts:
    cases: CaseStore
    deadlines: DeadlineRows
    books: Books


def raise_due(parts: DeadlineParts, now: datetime, limit: int = 200) -> int:
    """Raise what is due by ``now``; returns how many cases were looked at, so that the caller knows to come back."""
    case_ids = parts.deadlines.due(now, limit)
    if not case_ids:
        return 0
    histories = parts.cases.events_of(case_ids)
    decisions: list[Decision] = []
    for case_id in case_ids:
        events = histories.get(case_id)
        if not events:
            continue
        case = fold(case_id, events)
        clocks = projection.clocks_of(case, events, parts.books, now)
        new: tuple[NewEvent, ...] = due_steps(clocks, events, now) if clocks is not None else ()
        told = projection.expected(events, new, now)
        folded = fold(case_id, told)
        decisions.append(
            Decision(
                case=folded,
                expected_version=len(events),
                events=tuple(new),
                deadlines=projection.rows(folded, told, parts.books, now),
                notices=tuple(n for event in new for n in _notices(event, folded.unit or folded.organ)),
            )
        )
    # A stale one was moved by somebody else; its rows were written by them, and if still due it is found again.
    parts.cases.apply(decisions)
    return len(case_ids)


def _notices(event: NewEvent, unit: str) -> list[Notice]:
    step = event.data.get("level", "breach") if event.type == "warning.raised" else "breach"
    if event.type == "breach.withdrawn":
        return []
    to = {"unit": f"unit:{unit}", "head": f"head:{unit}", "deputy_leader": "role:deputy_leader"}
    data = {"clock": event.data.get("clock"), "due_at": event.data.get("due_at"), "step": step}
    return [
        Notice(id=f"{event.event_id}:{who}", case_id=event.case_id, petition_id=None, to=to[who],
               template="deadline", data=data)
        for who in TELL.get(str(step), ())
    ]  # fmt: skip
