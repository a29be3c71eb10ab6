"""Extension 延期 and pause 中止: what they add, and when they are refused."""

from datetime import datetime
from typing import Any

import pytest

from cases.events import Event
from cases.limits import ClockRun, Clocks
from cases.policy import ClockDef
from tests.cases.clock_helpers import at, clock, event, extension, pack, run

DAYS: dict[str, Any] = {"unit": "calendar_day", "roll": "next_working_day"}


def dues(clocks: Clocks) -> dict[str, datetime | None]:
    return {r.run: r.due_at for r in clocks.runs}


# --- Extension -----------------------------------------------------------------------------------------------------------

SIXTY = clock("resolve", length=60, **DAYS, extension=extension(max_total=30, unit="calendar_day"))


def extended(*approvals: Event, now: str = "03-01 09:00", rule: ClockDef = SIXTY) -> Clocks:
    return run(pack(rule), [event("task.assigned", "01-05 09:00"), *approvals], now)


def approval(when: str, length: object = 30, approver: str = "agency_head") -> Event:
    return event("extension.approved", when, length=length, approver=approver)


def test_an_extension_is_added_to_the_unrolled_length_and_rolled_once() -> None:
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
def test_an_extension_against_its_rule_is_refused_and_changes_nothing(approvals: list[Event], reason: str) -> None:
    clocks = extended(*approvals, now="03-10 09:00")
    allowed = extended(*approvals[:-1], now="03-10 09:00")

    assert ((approvals[-1].event_id, reason),) == clocks.refused
    assert dues(allowed) == dues(clocks)


def test_an_extension_in_the_last_second_of_a_rolled_last_day_is_valid() -> None:
    rule = clock("resolve", length=15, **DAYS, extension=extension(max_total=30, unit="calendar_day"))
    events = [event("task.assigned", "09-18 10:00"), approval("10-08 23:59:59")]

    # 15 + 30 days from 09-18, although the 15 alone were rolled to 10-08.
    assert at("11-02 23:59:59") == run(pack(rule), events, "10-09 09:00").runs[0].due_at


def test_an_extension_that_one_clock_takes_is_not_refused_because_another_does_not() -> None:
    rules = pack(clock("late", length=2, extension=extension()), clock("open", length=10, extension=extension()))
    events = [event("task.assigned", "08-03 09:00"), approval("08-10 09:00", 5)]
    clocks = run(rules, events, "08-10 10:00")

    assert ((), (0, 1)) == (clocks.refused, tuple(len(r.extensions) for r in clocks.runs))


@pytest.mark.parametrize("length", ["thirty", -3, 0, True, None])
def test_an_extension_by_nothing_sensible_changes_nothing(length: object) -> None:
    assert at("03-06 23:59:59") == extended(approval("02-12 10:00", length)).runs[0].due_at


# --- Pause ---------------------------------------------------------------------------------------------------------------

PAUSABLE = clock(pause_reasons=("await_material",))


def paused(
    rule: ClockDef,
    suspended: str,
    resumed: str | None,
    started: str = "06-01 09:00",
    now: str = "07-01 00:00",
    **more: Any,
) -> ClockRun:
    events = [event("task.assigned", started), event("clock.suspended", suspended, reason="await_material")]
    events += [event("clock.resumed", resumed)] if resumed else []

    return run(pack(rule, **more), events, now).runs[0]


def test_the_pause_day_counts_as_elapsed_and_the_day_of_resumption_is_a_new_day_zero() -> None:
    assert at("06-15 23:59:59") == paused(PAUSABLE, "06-03 11:00", "06-10 16:00").due_at


def test_a_pause_within_one_day_changes_nothing_unless_the_pack_counts_it() -> None:
    by_rule = paused(PAUSABLE, "06-03 09:00", "06-03 17:00").due_at
    inclusive = paused(PAUSABLE, "06-03 09:00", "06-03 17:00", pause_count="inclusive").due_at

    assert (at("06-08 23:59:59"), at("06-09 23:59:59")) == (by_rule, inclusive)


def test_hour_clocks_pause_to_the_second() -> None:
    rule = clock(length=2, unit="hour", pause_reasons=("await_material",))

    assert at("06-01 20:59:30") == paused(rule, "06-01 10:00:30", "06-01 20:00").due_at


def test_a_paused_clock_breaks_nothing_however_long_and_keeps_what_is_left() -> None:
    asleep = paused(PAUSABLE, "06-03 11:00", None, now="09-01 09:00")

    assert ("paused", 3, None) == (asleep.status, asleep.remaining, asleep.yellow_at)


def test_a_pause_on_a_day_that_the_roll_added_ends_with_the_day_of_resumption() -> None:
    rule = clock(length=15, **DAYS, pause_reasons=("await_material",))

    # The 15 days were over on 10-03 in the holiday; paused on 10-08, the rolled last day.
    assert at("10-14 23:59:59") == paused(rule, "10-08 09:00", "10-14 09:00", "09-18 10:00").due_at


def test_a_pause_that_reaches_its_longest_length_ends_by_itself() -> None:
    rule = clock(pause_reasons=("await_material",), max_pause=4)

    # Paused on Wednesday 06-03 for four days at the most: Sunday 06-07 is day zero, three days are left.
    assert at("06-10 23:59:59") == paused(rule, "06-03 11:00", None, now="06-09 09:00").due_at
    assert "breached" == paused(rule, "06-03 11:00", None, now="06-11 09:00").status


def test_a_pause_without_basis_is_refused_and_the_clock_runs_on() -> None:
    events = [event("task.assigned", "06-01 09:00"), event("clock.suspended", "06-03 11:00", id="x", reason="holiday")]
    clocks = run(pack(PAUSABLE), events, "06-04 09:00")

    assert ((("x", "pause_not_allowed"),), "running") == (clocks.refused, clocks.runs[0].status)


def test_a_hearing_pauses_the_clock_that_allows_it_and_no_other() -> None:
    rules = pack(clock("rereview", length=30, **DAYS, pause_reasons=("hearing",)), clock("resolve", length=30, **DAYS))
    events = [
        event("task.assigned", "06-02 09:00"),
        event("hearing.started", "06-15 09:00"),
        event("hearing.ended", "06-18 17:00"),
    ]
    clocks = run(rules, events, "06-25 09:00")

    assert {"rereview#1": at("07-06 23:59:59"), "resolve#1": at("07-02 23:59:59")} == dues(clocks)
