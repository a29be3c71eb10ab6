"""What the events of a case do to its clocks: stop, void, pause, extend, refuse, take back, begin again."""

import pytest

from cases.limits import Clocks
from tests.cases.clock_helpers import at, clock, event, extension, pack, run

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


def test_a_unit_that_gets_the_case_gets_its_own_count_and_the_case_clock_never_restarts():
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


def test_an_answer_stops_only_the_clock_of_the_unit_that_gave_it():
    rules = pack(clock("handle", **ASSIGNMENT))
    events = [
        event("assignment.dispatched", "08-10 09:00", unit="farm_station"),
        event("assignment.reassigned", "08-11 09:00", unit="works_office"),
        event("reply.submitted", "08-12 09:00", unit="works_office"),
    ]

    assert {"handle#1": "running", "handle#2": "met"} == statuses(run(rules, events, "08-12 10:00"))


def test_where_an_event_names_no_unit_the_lead_is_meant():
    rules = pack(clock("handle", **ASSIGNMENT))
    events = [
        event("assignment.dispatched", "08-10 09:00", unit="farm_station"),
        event("assignment.reassigned", "08-11 09:00", unit="works_office"),
        event("reply.submitted", "08-12 09:00"),
    ]

    assert {"handle#1": "running", "handle#2": "met"} == statuses(run(rules, events, "08-12 10:00"))


def test_a_reassignment_that_voids_ends_the_count_of_the_unit_that_lost_the_case():
    rules = pack(clock("handle", **(ASSIGNMENT | {"void": ("assignment.reassigned",)})))
    events = [
        event("assignment.dispatched", "08-10 09:00", unit="farm_station"),
        event("assignment.reassigned", "08-11 09:00", unit="works_office"),
    ]

    assert {"handle#1": "void", "handle#2": "running"} == statuses(run(rules, events, "08-12 10:00"))


def test_the_same_unit_dispatched_to_twice_keeps_its_first_date():
    rules = pack(clock("handle", **ASSIGNMENT))
    events = [event("assignment.dispatched", f"08-1{n} 09:00", unit="farm_station") for n in (0, 2)]

    assert {"handle#1": at("08-17 23:59:59")} == dues(run(rules, events, "08-12 10:00"))


def test_a_second_order_is_a_second_count_only_where_the_clock_restarts():
    events = [
        event("task.assigned", "08-03 09:00"),
        event("task.done", "08-04 09:00"),
        event("task.assigned", "08-10 09:00"),
    ]

    assert {"limit#1": "met"} == statuses(run(pack(clock()), events, "08-11 09:00"))
    again = run(pack(clock(restart=True)), events, "08-11 09:00")
    assert {"limit#1": "met", "limit#2": "running"} == statuses(again)
    assert at("08-17 23:59:59") == dues(again)["limit#2"]


def test_the_petitioners_right_runs_from_the_newest_answer():
    right = clock(
        "review_request", owner="petitioner", restart=True, start=("reply.served",), stop=("review.requested",)
    )
    events = [event("reply.served", "08-03 09:00"), event("reply.served", "08-05 09:00")]
    clocks = run(pack(right), events, "08-06 09:00")

    assert {"review_request#1": "void", "review_request#2": "running"} == statuses(clocks)
    assert at("08-12 23:59:59") == dues(clocks)["review_request#2"]


# --- Conditions ----------------------------------------------------------------------------------------------------------


def test_flags_say_whether_a_clock_exists_and_whether_it_is_owed():
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
def test_voiding_after_the_due_moment_does_not_erase_the_breach(merged: str, status: str):
    rules = pack(clock(void=("case.merged",)))
    events = [event("task.assigned", "08-03 09:00"), event("case.merged", merged), event("task.done", "08-20 09:00")]

    assert {"limit#1": status} == statuses(run(rules, events, "08-21 09:00"))


def test_a_right_lapses_in_silence_and_asking_for_it_afterwards_is_refused():
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


def test_a_return_in_the_last_second_is_in_time():
    right = clock("return", on_expiry="right_lapses", length=2, stop=("assignment.return_requested",))
    events = [event("task.assigned", "08-03 09:00"), event("assignment.return_requested", "08-05 23:59:59.9")]
    clocks = run(pack(right), events, "08-07 09:00")

    assert ({"return#1": "met"}, ()) == (statuses(clocks), clocks.refused)


# --- Extension -----------------------------------------------------------------------------------------------------------

SIXTY = clock("resolve", length=60, **DAYS, extension=extension(max_total=30, unit="calendar_day"))


def extended(*approvals, now: str = "03-01 09:00", rule=SIXTY) -> Clocks:
    return run(pack(rule), [event("task.assigned", "01-05 09:00"), *approvals], now)


def approval(when: str, length: object = 30, approver: str = "agency_head", **data) -> object:
    return event("extension.approved", when, length=length, approver=approver, **data)


def test_an_extension_is_added_to_the_unrolled_length_and_rolled_once():
    # 60 days from 01-05 end on 03-06, a Friday; 90 on 04-05, a Sunday.
    clocks = extended(approval("02-12 10:00"))

    assert at("04-06 23:59:59") == clocks.runs[0].due_at
    assert "2026-04-05" == str(clocks.runs[0].nominal_date)


@pytest.mark.parametrize(
    ("approvals", "reason"),
    [
        ([approval("03-07 00:00:00")], "approved_after_due"),
        ([approval("02-12 10:00", 31)], "over_max_total"),
        ([approval("02-12 10:00", 10), approval("02-13 10:00", 10)], "too_many_extensions"),
        ([approval("02-12 10:00", approver="unit_head")], "wrong_approver"),
    ],
)
def test_an_extension_against_its_rule_is_refused_and_changes_nothing(approvals, reason):
    clocks = extended(*approvals, now="03-10 09:00")
    allowed = extended(*approvals[:-1], now="03-10 09:00")

    assert ((approvals[-1].event_id, reason),) == clocks.refused
    assert dues(allowed) == dues(clocks)


def test_an_extension_in_the_last_second_of_a_rolled_last_day_is_valid():
    rule = clock("resolve", length=15, **DAYS, extension=extension(max_total=30, unit="calendar_day"))
    events = [event("task.assigned", "09-18 10:00"), approval("10-08 23:59:59")]

    # 15 + 30 days from 09-18, although the 15 alone were rolled to 10-08.
    assert at("11-02 23:59:59") == run(pack(rule), events, "10-09 09:00").runs[0].due_at


def test_an_extension_that_one_clock_takes_is_not_refused_because_another_does_not():
    rules = pack(clock("late", length=2, extension=extension()), clock("open", length=10, extension=extension()))
    events = [event("task.assigned", "08-03 09:00"), approval("08-10 09:00", 5)]
    clocks = run(rules, events, "08-10 10:00")

    assert ((), (0, 1)) == (clocks.refused, tuple(len(r.extensions) for r in clocks.runs))


@pytest.mark.parametrize("length", ["thirty", -3, 0, True, None])
def test_an_extension_by_nothing_sensible_changes_nothing(length):
    assert at("03-06 23:59:59") == extended(approval("02-12 10:00", length)).runs[0].due_at


# --- Pause ---------------------------------------------------------------------------------------------------------------

PAUSABLE = clock(pause_reasons=("await_material",))


def paused(rule, suspended: str, resumed: str | None, started: str = "06-01 09:00", now: str = "07-01 00:00", **more):
    events = [event("task.assigned", started), event("clock.suspended", suspended, reason="await_material")]
    events += [event("clock.resumed", resumed)] if resumed else []

    return run(pack(rule, **more), events, now).runs[0]


def test_the_pause_day_counts_as_elapsed_and_the_day_of_resumption_is_a_new_day_zero():
    assert at("06-15 23:59:59") == paused(PAUSABLE, "06-03 11:00", "06-10 16:00").due_at


def test_a_pause_within_one_day_changes_nothing_unless_the_pack_counts_it():
    by_rule = paused(PAUSABLE, "06-03 09:00", "06-03 17:00").due_at
    inclusive = paused(PAUSABLE, "06-03 09:00", "06-03 17:00", pause_count="inclusive").due_at

    assert (at("06-08 23:59:59"), at("06-09 23:59:59")) == (by_rule, inclusive)


def test_hour_clocks_pause_to_the_second():
    rule = clock(length=2, unit="hour", pause_reasons=("await_material",))

    assert at("06-01 20:59:30") == paused(rule, "06-01 10:00:30", "06-01 20:00").due_at


def test_a_paused_clock_breaks_nothing_however_long_and_keeps_what_is_left():
    asleep = paused(PAUSABLE, "06-03 11:00", None, now="09-01 09:00")

    assert ("paused", 3, None) == (asleep.status, asleep.remaining, asleep.yellow_at)


def test_a_pause_on_a_day_that_the_roll_added_ends_with_the_day_of_resumption():
    rule = clock(length=15, **DAYS, pause_reasons=("await_material",))

    # The 15 days were over on 10-03 in the holiday; paused on 10-08, the rolled last day.
    assert at("10-14 23:59:59") == paused(rule, "10-08 09:00", "10-14 09:00", "09-18 10:00").due_at


def test_a_pause_that_reaches_its_longest_length_ends_by_itself():
    rule = clock(pause_reasons=("await_material",), max_pause=4)

    # Paused on Wednesday 06-03 for four days at the most: Sunday 06-07 is day zero, three days are left.
    assert at("06-10 23:59:59") == paused(rule, "06-03 11:00", None, now="06-09 09:00").due_at
    assert "breached" == paused(rule, "06-03 11:00", None, now="06-11 09:00").status


def test_a_pause_without_basis_is_refused_and_the_clock_runs_on():
    events = [event("task.assigned", "06-01 09:00"), event("clock.suspended", "06-03 11:00", id="x", reason="holiday")]
    clocks = run(pack(PAUSABLE), events, "06-04 09:00")

    assert ((("x", "pause_not_allowed"),), "running") == (clocks.refused, clocks.runs[0].status)


def test_a_hearing_pauses_the_clock_that_allows_it_and_no_other():
    rules = pack(clock("rereview", length=30, **DAYS, pause_reasons=("hearing",)), clock("resolve", length=30, **DAYS))
    events = [
        event("task.assigned", "06-02 09:00"),
        event("hearing.started", "06-15 09:00"),
        event("hearing.ended", "06-18 17:00"),
    ]
    clocks = run(rules, events, "06-25 09:00")

    assert {"rereview#1": at("07-06 23:59:59"), "resolve#1": at("07-02 23:59:59")} == dues(clocks)


# --- Taken back, late, and converted -------------------------------------------------------------------------------------


def test_an_answer_that_is_sent_back_stopped_nothing():
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


def test_a_merge_that_is_undone_voided_nothing():
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
def test_a_late_entry_by_an_officer_needs_a_reason_and_a_second_person(data, refused):
    events = [
        event("task.assigned", "08-03 09:00"),
        event("task.done", "08-04 09:00", recorded="08-05 09:00:01", id="late", **data),
    ]
    clocks = run(pack(clock()), events, "08-06 09:00")

    assert refused == (dict(clocks.refused) == {"late": "late_entry_needs_confirmation"})
    assert ("running" if refused else "met") == clocks.runs[0].status


def test_at_most_five_representatives_are_received_in_person():
    six = event("case.reception_requested", "08-17 09:05", id="six", channel="visit", representatives=6)
    five = event("case.reception_requested", "08-17 09:20", id="five", channel="visit", representatives=5)
    letter = event("case.reception_requested", "08-17 09:30", id="letter", channel="letter", representatives=40)

    assert (("six", "too_many_representatives"),) == run(pack(clock()), [six, five, letter], "08-17 10:00").refused


def test_a_converted_case_gets_the_ordinary_limit_from_the_original_acceptance():
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
