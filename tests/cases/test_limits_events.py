"""What the events of a case do to its clocks: start, stop, void, refuse, take back, begin again."""

from typing import Any

import pytest

from cases.limits import Clocks
from tests.cases.clock_helpers import at, clock, event, pack, run

ASSIGNMENT = {
    "scope": "assignment", "start": ("assignment.dispatched", "assignment.reassigned"), "stop": ("reply.submitted",),
    "void": ("assignment.return_approved", "case.merged"),
}  # fmt: skip
DAYS = {"unit": "calendar_day", "roll": "next_working_day"}


def statuses(clocks: Clocks) -> dict[str, str]:
    return {r.run: r.status for r in clocks.runs}


def dues(clocks: Clocks) -> dict[str, object]:
    return {r.run: r.due_at for r in clocks.runs}


# --- Units and case ----------------------------------------------------------------------------------------------------


def test_a_unit_that_gets_the_case_gets_its_own_count_and_the_case_clock_never_restarts() -> None:
    rules = pack(
        clock("handle", **ASSIGNMENT), clock("resolve", start=("assignment.dispatched",), stop=("reply.submitted",))
    )
    events = [
        event("assignment.dispatched", "08-10 09:00", unit="farm_station"),
        event("assignment.return_approved", "08-13 09:00", unit="farm_station"),
        event("assignment.dispatched", "08-13 10:00", unit="works_office"),
    ]
    clocks = run(rules, events, "08-13 11:00")

    assert {"handle#1": "void", "resolve#1": "running", "handle#2": "running"} == statuses(clocks)
    assert (at("08-17 23:59:59"), at("08-20 23:59:59")) == (dues(clocks)["resolve#1"], dues(clocks)["handle#2"])
    assert ["farm_station", None, "works_office"] == [r.unit for r in clocks.runs]


def test_an_answer_stops_only_the_clock_of_the_unit_that_gave_it() -> None:
    rules = pack(clock("handle", **ASSIGNMENT))
    events = [
        event("assignment.dispatched", "08-10 09:00", unit="farm_station"),
        event("assignment.reassigned", "08-11 09:00", unit="works_office"),
        event("reply.submitted", "08-12 09:00", unit="works_office"),
    ]

    assert {"handle#1": "running", "handle#2": "met"} == statuses(run(rules, events, "08-12 10:00"))


def test_where_an_event_names_no_unit_the_lead_is_meant() -> None:
    rules = pack(clock("handle", **ASSIGNMENT))
    events = [
        event("assignment.dispatched", "08-10 09:00", unit="farm_station"),
        event("assignment.reassigned", "08-11 09:00", unit="works_office"),
        event("reply.submitted", "08-12 09:00"),
    ]

    assert {"handle#1": "running", "handle#2": "met"} == statuses(run(rules, events, "08-12 10:00"))


def test_a_reassignment_that_voids_ends_the_count_of_the_unit_that_lost_the_case() -> None:
    rules = pack(clock("handle", **(ASSIGNMENT | {"void": ("assignment.reassigned",)})))
    events = [
        event("assignment.dispatched", "08-10 09:00", unit="farm_station"),
        event("assignment.reassigned", "08-11 09:00", unit="works_office"),
    ]

    assert {"handle#1": "void", "handle#2": "running"} == statuses(run(rules, events, "08-12 10:00"))


def test_the_same_unit_dispatched_to_twice_keeps_its_first_date() -> None:
    rules = pack(clock("handle", **ASSIGNMENT))
    events = [event("assignment.dispatched", f"08-1{n} 09:00", unit="farm_station") for n in (0, 2)]

    assert {"handle#1": at("08-17 23:59:59")} == dues(run(rules, events, "08-12 10:00"))


def test_a_second_order_is_a_second_count_only_where_the_clock_restarts() -> None:
    events = [
        event("task.assigned", "08-03 09:00"),
        event("task.done", "08-04 09:00"),
        event("task.assigned", "08-10 09:00"),
    ]

    assert {"limit#1": "met"} == statuses(run(pack(clock()), events, "08-11 09:00"))
    again = run(pack(clock(restart=True)), events, "08-11 09:00")
    assert {"limit#1": "met", "limit#2": "running"} == statuses(again)
    assert at("08-17 23:59:59") == dues(again)["limit#2"]


def test_the_petitioners_right_runs_from_the_newest_answer() -> None:
    right = clock(
        "review_request", owner="petitioner", restart=True, start=("reply.served",), stop=("review.requested",)
    )
    events = [event("reply.served", "08-03 09:00"), event("reply.served", "08-05 09:00")]
    clocks = run(pack(right), events, "08-06 09:00")

    assert {"review_request#1": "void", "review_request#2": "running"} == statuses(clocks)
    assert at("08-12 23:59:59") == dues(clocks)["review_request#2"]


# --- Conditions ----------------------------------------------------------------------------------------------------------


def test_flags_say_whether_a_clock_exists_and_whether_it_is_owed() -> None:
    rules = pack(
        clock("tier", only_if="tier_1"),
        clock("notice", unless="intake_by_petition_office", exempt_if="petitioner_unidentified"),
    )
    started = [event("task.assigned", "08-03 09:00")]

    assert {"notice#1": "running"} == statuses(run(rules, started, "08-04 09:00"))
    assert {"tier#1": "running"} == statuses(
        run(rules, started, "08-04 09:00", ("tier_1", "intake_by_petition_office"))
    )
    exempt = run(rules, started, "09-04 09:00", ("petitioner_unidentified",))
    assert ({"notice#1": "not_applicable"}, {"notice#1": None}, ()) == (statuses(exempt), dues(exempt), exempt.breaches)


# --- Void and right ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("merged", "status"), [("08-10 23:59:59", "void"), ("08-11 00:00:00", "breached")])
def test_voiding_after_the_due_moment_does_not_erase_the_breach(merged: str, status: str) -> None:
    rules = pack(clock(void=("case.merged",)))
    events = [event("task.assigned", "08-03 09:00"), event("case.merged", merged), event("task.done", "08-20 09:00")]

    assert {"limit#1": status} == statuses(run(rules, events, "08-21 09:00"))


def test_a_right_lapses_in_silence_and_asking_for_it_afterwards_is_refused() -> None:
    right = clock("return", on_expiry="right_lapses", length=2, stop=("assignment.return_requested",))
    request = clock("review_request", owner="petitioner", length=2, stop=("review.requested",))
    events = [
        event("task.assigned", "08-03 09:00"),
        event("assignment.return_requested", "08-06 00:00:00", id="late-return"),
        event("review.requested", "08-06 00:00:00", id="late-request"),
    ]
    clocks = run(pack(right, request), events, "08-07 09:00")

    assert {"return#1": "lapsed", "review_request#1": "lapsed"} == statuses(clocks)
    assert {"late-return": "return_window_closed", "late-request": "request_window_closed"} == dict(clocks.refused)
    assert () == clocks.breaches


def test_a_return_in_the_last_second_is_in_time() -> None:
    right = clock("return", on_expiry="right_lapses", length=2, stop=("assignment.return_requested",))
    events = [event("task.assigned", "08-03 09:00"), event("assignment.return_requested", "08-05 23:59:59.9")]
    clocks = run(pack(right), events, "08-07 09:00")

    assert ({"return#1": "met"}, ()) == (statuses(clocks), clocks.refused)


# --- Taken back, late, and converted -------------------------------------------------------------------------------------


def test_an_answer_that_is_sent_back_stopped_nothing() -> None:
    rules = pack(clock(stop=("reply.submitted",)))
    events = [
        event("task.assigned", "08-03 09:00"),
        event("reply.submitted", "08-05 09:00", id="reply-1"),
        event("reply.sent_back", "08-06 09:00", reply="reply-1"),
    ]

    assert {"limit#1": "met"} == statuses(run(rules, events[:2], "08-06 10:00"))
    assert {"limit#1": "running"} == statuses(run(rules, events, "08-06 10:00"))
    again = [*events, event("reply.submitted", "08-11 00:00")]
    assert {"limit#1": "met_late"} == statuses(run(rules, again, "08-12 10:00"))


def test_a_merge_that_is_undone_voided_nothing() -> None:
    rules = pack(clock(void=("case.merged",)))
    events = [
        event("task.assigned", "08-03 09:00"),
        event("case.merged", "08-04 09:00"),
        event("case.unmerged", "08-05 09:00"),
    ]

    assert {"limit#1": "void"} == statuses(run(rules, events[:2], "08-06 09:00"))
    assert {"limit#1": "running"} == statuses(run(rules, events, "08-06 09:00"))


@pytest.mark.parametrize(
    ("data", "refused"),
    [
        ({}, True),
        ({"late_reason": "停电"}, True),
        ({"late_reason": "停电", "confirmed_by": "officer-1"}, True),
        ({"late_reason": "停电", "confirmed_by": "head-1"}, False),
    ],
)
def test_a_late_entry_by_an_officer_needs_a_reason_and_a_second_person(data: dict[str, Any], refused: bool) -> None:
    events = [
        event("task.assigned", "08-03 09:00"),
        event("task.done", "08-04 09:00", recorded="08-05 09:00:01", id="late", **data),
    ]
    clocks = run(pack(clock()), events, "08-06 09:00")

    assert refused == (dict(clocks.refused) == {"late": "late_entry_needs_confirmation"})
    assert ("running" if refused else "met") == clocks.runs[0].status


def test_at_most_five_representatives_are_received_in_person() -> None:
    six = event("case.reception_requested", "08-17 09:05", id="six", channel="visit", representatives=6)
    five = event("case.reception_requested", "08-17 09:20", id="five", channel="visit", representatives=5)
    letter = event("case.reception_requested", "08-17 09:30", id="letter", channel="letter", representatives=40)

    assert (("six", "too_many_representatives"),) == run(pack(clock()), [six, five, letter], "08-17 10:00").refused


def test_a_converted_case_gets_the_ordinary_limit_from_the_original_acceptance() -> None:
    simple = pack(
        clock("resolve", start=("case.accepted",), stop=("reply.served",), length=10, void=("procedure.converted",)),
        id="simple",
    )
    ordinary = pack(
        clock("notice", start=("case.registered",), stop=("notice.served",), length=15, **DAYS),
        clock("resolve", start=("case.accepted",), stop=("reply.served",), length=60, **DAYS),
        clock(
            "review_request", owner="petitioner", start=("reply.served",), stop=("review.requested",), length=30, **DAYS
        ),
        id="xinfang-2022",
    )
    events = [
        event("case.registered", "07-01 09:00"),
        event("case.accepted", "07-02 09:00"),
        event("procedure.converted", "07-13 09:00", to="ordinary"),
        event("reply.served", "08-03 09:00"),
    ]
    clocks = run(simple, events, "08-04 09:00", packs={"xinfang-2022": ordinary})

    # The notice limit, which nobody had under the simple procedure, is not broken afterwards.
    assert [
        ("resolve#1", "simple", "void"),
        ("resolve#2", "xinfang-2022", "met"),
        ("review_request#1", "xinfang-2022", "running"),
    ] == [(r.run, r.pack, r.status) for r in clocks.runs]
    assert at("08-31 23:59:59") == clocks.runs[1].due_at
