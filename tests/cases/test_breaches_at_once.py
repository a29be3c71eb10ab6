"""A case that went its way in time is told from how it came out; the breach log says the same either way."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from cases import breach_log
from cases.events import Event
from tests.cases.clock_helpers import at, clock, event, extension, pack, run

RULES = pack(
    clock("handle", scope="assignment", start=("assignment.dispatched",), stop=("reply.submitted",),
          void=("assignment.return_approved",), extension=extension(), pause_reasons=("await_material",)),
    clock("answer", start=("case.registered",), stop=("reply.served",), length=9, restart=True),
    clock("return", on_expiry="right_lapses", length=2, scope="assignment", start=("assignment.dispatched",),
          stop=("assignment.return_requested",)),
    clock("exempt", start=("case.registered",), stop=("reply.served",), exempt_if="simple", length=1),
)  # fmt: skip
TYPES = (
    "case.registered", "assignment.dispatched", "assignment.return_requested", "assignment.return_approved",
    "clock.suspended", "clock.resumed", "extension.approved", "reply.submitted", "reply.sent_back", "reply.served",
)  # fmt: skip


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    """Any events in any order, most recorded at once, some hours or days later."""
    moment, told = at("08-03 08:00"), []
    for n in range(draw(st.integers(1, 12))):
        moment += timedelta(hours=draw(st.sampled_from((0, 1, 5, 20, 30, 70))))
        late = timedelta(hours=draw(st.sampled_from((0, 0, 0, 0, 2, 40, 200))))
        more = {"length": 3, "approver": "agency_head", "reason": "await_material", "unit": draw(st.sampled_from("ab"))}
        told.append(
            event(
                draw(st.sampled_from(TYPES)), moment.strftime("%Y-%m-%d %H:%M"), id=str(n), seq=n + 1,
                recorded=(moment + late).strftime("%Y-%m-%d %H:%M"), **more,
            )
        )  # fmt: skip
    return told


@given(stories(), st.sampled_from(("08-04 09:00", "08-20 09:00", "12-20 09:00")), st.sampled_from(((), ("simple",))))
def test_the_breach_log_is_the_same_when_every_moment_is_looked_at(
    story: list[Event], now: str, flags: tuple[str, ...]
) -> None:
    told = run(RULES, story, now, flags).breaches
    with patch.object(breach_log, "_never_late", lambda *_: False):
        slowly = run(RULES, story, now, flags).breaches

    assert slowly == told


def test_a_case_that_went_its_way_in_time_is_not_looked_at_again() -> None:
    story = [event("case.registered", "08-03 08:00"), event("reply.served", "08-05 08:00")]
    with patch.object(breach_log, "fold_clocks") as fold:
        assert () == run(RULES, story, "12-20 09:00", ("simple",)).breaches

    fold.assert_not_called()
