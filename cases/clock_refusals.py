"""Events that leave no effect on state or clocks, because a rule forbids them (RULES section 4, the closed list).

Guards belong to commands, but events also come from other systems: these few refusals are decided on events as well.
A refused event stays in the log, marked. The ones here need nothing but the event; those that depend on a clock
(approved_after_due, over_max_total, too_many_extensions, wrong_approver, pause_not_allowed, request_window_closed,
return_window_closed) are found while the clocks are folded.
"""

from __future__ import annotations

from datetime import timedelta

from cases.events import Event
from cases.petition import REPRESENTATIVE_LIMIT
from cases.saying import say

REFUSALS: dict[str, str] = {
    "approved_after_due": say("延期批准时已超期"),
    "over_max_total": say("延期总长超过上限"),
    "too_many_extensions": say("延期次数超过上限"),
    "wrong_approver": say("批准人无权批准延期"),
    "pause_not_allowed": say("该时限不得以此理由中止"),
    "request_window_closed": say("已超过申请期限"),
    "return_window_closed": say("已超过退单期限"),
    "too_many_representatives": say("代表人数不得超过5人"),
    "late_entry_needs_confirmation": say("补录超过24小时,须写明原因并由另一人确认"),
}
LATE_ENTRY = timedelta(hours=24)


def refused_by_itself(event: Event) -> str | None:
    """The reason, or None."""
    if event.type == "case.reception_requested" and _too_many_representatives(event):
        return "too_many_representatives"
    if event.actor.kind == "person" and event.recorded_at - event.occurred_at > LATE_ENTRY and not _confirmed(event):
        return "late_entry_needs_confirmation"
    return None


def _confirmed(event: Event) -> bool:
    """A reason and a second person. Only people's entries are asked: channels and imports may bring the past."""
    second = event.data.get("confirmed_by")
    return bool(event.data.get("late_reason")) and bool(second) and second != event.actor.id


def _too_many_representatives(event: Event) -> bool:
    """信访工作条例 第20条第3款: a common matter brought in person is received through at most five representatives."""
    if event.data.get("channel", "visit") != "visit":
        return False
    representatives = event.data.get("representatives")
    return isinstance(representatives, int) and representatives > REPRESENTATIVE_LIMIT
