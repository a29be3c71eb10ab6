"""Order, repetition and knowledge: the same events give the same clocks, and the breach log tells what was known when."""

from hypothesis import given
from hypothesis import strategies as st

from cases.events import Event
from cases.limits import Breach
from tests.cases.clock_helpers import at, clock, event, extension, pack, run

RULES = pack(
    clock("handle", scope="assignment", start=("assignment.dispatched",), stop=("reply.submitted",),
          void=("assignment.return_approved",), extension=extension(), pause_reasons=("await_material",)),
    clock("resolve", start=("assignment.dispatched",), stop=("reply.submitted",), extension=extension()),
    clock("return", on_expiry="right_lapses", length=2, scope="assignment", start=("assignment.dispatched",),
          stop=("assignment.return_requested",)),
)  # fmt: skip
STORY = [
    event("case.registered", "08-03 08:00", seq=1),
    event("assignment.dispatched", "08-03 09:00", seq=2, unit="farm_station"),
    event("assignment.return_requested", "08-04 09:00", seq=3, unit="farm_station"),
    event("assignment.return_approved", "08-05 09:00", seq=4, unit="farm_station"),
    event("assignment.dispatched", "08-05 09:00", seq=5, unit="works_office"),
    event("clock.suspended", "08-06 09:00", seq=6, reason="await_material"),
    event("clock.resumed", "08-10 09:00", seq=7),
    event("extension.approved", "08-11 09:00", seq=8, length=3, approver="agency_head"),
    event("reply.submitted", "08-17 09:00", seq=9, id="reply-1", unit="works_office"),
    event("reply.sent_back", "08-18 09:00", seq=10, reply="reply-1"),
    event("reply.submitted", "08-19 09:00", seq=11, id="reply-2", unit="works_office"),
]


@given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=6))
def test_events_in_any_order_and_any_number_of_times_give_the_same_clocks(
    shuffled: list[Event], repeated: list[Event]
) -> None:
    assert run(RULES, STORY, "08-25 09:00") == run(RULES, [*shuffled, *repeated], "08-25 09:00")


def test_events_of_the_same_moment_go_by_seq() -> None:
    together = [event("task.assigned", "08-03 09:00", seq=1), event("task.done", "08-03 09:00", seq=2)]
    reversed_ = [event("task.assigned", "08-03 09:00", seq=2), event("task.done", "08-03 09:00", seq=1)]

    assert "met" == run(pack(clock()), together, "08-04 09:00").runs[0].status
    assert "running" == run(pack(clock()), reversed_, "08-04 09:00").runs[0].status


def test_a_timely_answer_recorded_late_withdraws_the_breach_that_was_raised_meanwhile() -> None:
    dispatched = event("task.assigned", "07-06 09:00")
    answered = event(
        "task.done", "07-13 17:00", recorded="07-15 08:30", id="answer", late_reason="网络中断", confirmed_by="head-1"
    )
    breach = Breach(
        run="limit#1", clock="limit", unit=None, due_at=at("07-13 23:59:59"), raised_at=at("07-14 00:00")
    )  # fmt: skip

    before = run(pack(clock()), [dispatched], "07-14 09:00")
    after = run(pack(clock()), [dispatched, answered], "07-15 09:00")

    assert ("breached", (breach,)) == (before.runs[0].status, before.breaches)
    assert "met" == after.runs[0].status
    assert [(at("07-15 08:30"), "answer")] == [(b.withdrawn_at, b.because) for b in after.breaches]
    assert breach.raised_at == after.breaches[0].raised_at


def test_an_extension_approved_in_time_and_recorded_late_moves_the_breach_to_the_new_date() -> None:
    rules = pack(clock(extension=extension()))
    events = [
        event("task.assigned", "08-03 09:00"),
        event("extension.approved", "08-10 09:00", recorded="08-12 10:00", id="longer", length=2, approver="agency_head",
              late_reason="停电", confirmed_by="head-1"),
    ]  # fmt: skip
    log = run(rules, events, "08-14 09:00").breaches
    before_the_new_date = run(rules, events, "08-12 12:00").breaches

    assert [at("08-12 10:00")] == [b.withdrawn_at for b in before_the_new_date]

    assert [
        (at("08-10 23:59:59"), at("08-11 00:00"), at("08-12 10:00"), "longer"),
        (at("08-12 23:59:59"), at("08-13 00:00"), None, None),
    ] == [(b.due_at, b.raised_at, b.withdrawn_at, b.because) for b in log]


def test_an_answer_sent_back_after_the_due_date_is_a_breach_from_that_moment_on() -> None:
    rules = pack(clock(stop=("reply.submitted",)))
    events = [
        event("task.assigned", "08-03 09:00"),
        event("reply.submitted", "08-10 17:00", id="reply-1"),
        event("reply.sent_back", "08-12 09:00", reply="reply-1"),
    ]

    assert () == run(rules, events[:2], "08-12 08:00").breaches
    assert [at("08-12 09:00")] == [b.raised_at for b in run(rules, events, "08-12 10:00").breaches]


def test_a_late_answer_leaves_the_breach_standing() -> None:
    events = [event("task.assigned", "08-03 09:00"), event("task.done", "08-11 08:00")]
    clocks = run(pack(clock()), events, "08-20 09:00")

    assert "met_late" == clocks.runs[0].status
    assert [(at("08-11 00:00"), None)] == [(b.raised_at, b.withdrawn_at) for b in clocks.breaches]
