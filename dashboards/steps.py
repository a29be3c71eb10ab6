"""办到哪一步: the course of an ordinary case as a few steps, and where this one stands."""

from __future__ import annotations

from dataclasses import dataclass

from cases.case import STATES, Case
from cases.saying import say

STEPS = (say("登记"), say("受理"), say("派单"), say("办理"), say("审核"), say("答复"), say("办结"))
_AT: dict[str, int] = {
    "registered": 0, "accepted": 1, "awaiting_dispatch": 1, "dispatched": 2, "return_pending": 2, "in_progress": 3,
    "suspended": 3, "rework": 3, "deferred": 3, "under_approval": 4, "replied": 5, "closed": 6, "archived": 6,
}  # fmt: skip
_OVER = frozenset({"closed", "archived"})


@dataclass(frozen=True, slots=True)
class Step:
    """``stand``: done, now or ahead."""

    name: str
    stand: str


def steps_of(case: Case) -> tuple[list[Step], str]:
    """The steps, and what to say beside them: how a case that left the ordinary course ended, or what it waits for."""
    at = _AT.get(case.state)
    if at is None:
        # Redirected, withdrawn, merged and the like: as far as it came, and then out.
        reached = 1 if case.accepted_at is not None else 0
        return [Step(n, "done" if i <= reached else "ahead") for i, n in enumerate(STEPS)], STATES.get(case.state, "")
    over = case.state in _OVER
    found = [Step(n, "done" if i < at or over else "now" if i == at else "ahead") for i, n in enumerate(STEPS)]
    aside = case.state in ("return_pending", "suspended", "rework", "deferred")
    return found, STATES[case.state] if aside else ""
