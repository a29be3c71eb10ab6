"""Rows that an index can find, and the events that are due: each raised once, whoever raises it."""

from datetime import date, datetime
from typing import Any

import pytest

from cases.deadlines import deadline_rows, due_steps, escalations, level_of
from cases.events import Event, NewEvent
from cases.limits import as_if_recorded
from cases.policy import Pack
from tests.cases.clock_helpers import CALENDAR, ZONE, at, clock, event, extension, pack, run

WARNED = pack(clock(yellow=2, orange=1, extension=extension()))
STARTED = event("task.assigned", "08-03 09:00", seq=1)  # due 08-10, yellow 08-06, orange 08-07


def steps(events: list[Event], now: str, rules: Pack = WARNED) -> tuple[NewEvent, ...]:
    return due_steps(run(rules, events, now), events, at(now))


def next_of(events: list[Event], now: str, rules: Pack = WARNED) -> tuple[str | None, datetime | None]:
    (row,) = deadline_rows(run(rules, events, now), events)

    return row.next_step, row.next_at


def stored(events: list[Event], new: tuple[NewEvent, ...], now: str) -> list[Event]:
    return [*events, *as_if_recorded(new, after=max(e.seq for e in events), now=at(now))]


def test_a_row_names_the_next_step_and_when_it_comes() -> None:
    (row,) = deadline_rows(run(WARNED, [STARTED], "08-03 10:00"), [STARTED])

    assert ("limit#1", "limit", "agency", "test", "running") == (row.run, row.clock, row.owner, row.pack, row.status)
    assert (at("08-10 23:59:59"), at("08-06 00:00"), at("08-07 00:00")) == (row.due_at, row.yellow_at, row.orange_at)
    assert ("yellow", at("08-06 00:00")) == (row.next_step, row.next_at)


def test_a_row_shows_the_date_before_the_roll() -> None:
    rules = pack(clock(length=15, unit="calendar_day", roll="next_working_day"))
    started = event("task.assigned", "09-18 09:00")
    (row,) = deadline_rows(run(rules, [started], "09-18 10:00"), [started])

    assert "2026-10-03" == row.nominal_date


def test_a_clock_goes_through_yellow_orange_and_breach_and_then_nothing_more_comes() -> None:
    events = [STARTED]
    seen: list[tuple[Any, ...]] = []
    for now in (
        "08-05 23:59:59",
        "08-06 00:00",
        "08-06 12:00",
        "08-07 00:00",
        "08-10 23:59:59",
        "08-11 00:00",
        "08-12 00:00",
    ):
        new = steps(events, now)
        seen += [(now, e.type, e.data.get("level"), e.occurred_at) for e in new]
        events = stored(events, new, now)

    assert [
        ("08-06 00:00", "warning.raised", "yellow", at("08-06 00:00")),
        ("08-07 00:00", "warning.raised", "orange", at("08-07 00:00")),
        ("08-11 00:00", "breach.raised", None, at("08-11 00:00")),
    ] == seen
    assert (None, None) == next_of(events, "08-12 00:00")


def test_after_a_long_standstill_only_the_highest_step_is_raised() -> None:
    asleep = steps([STARTED], "08-07 12:00")
    for_long = steps([STARTED], "08-20 12:00")

    assert ["orange"] == [e.data["level"] for e in asleep]
    assert ["breach.raised"] == [e.type for e in for_long]
    assert ("breach", at("08-11 00:00")) == next_of(stored([STARTED], asleep, "08-07 12:00"), "08-07 12:00")


def test_two_workers_at_different_moments_raise_the_same_event() -> None:
    one, other = steps([STARTED], "08-11 00:00:05"), steps([STARTED], "08-13 10:00")

    assert one == other
    assert 1 == len({e.event_id for e in one})


def test_a_breach_names_run_clock_and_date() -> None:
    (breach,) = steps([STARTED], "08-11 00:00")

    assert {"run": "limit#1", "clock": "limit", "due_at": "2026-08-10T15:59:59.000000+00:00"} == breach.data


def test_a_late_answer_still_gets_its_breach() -> None:
    events = [STARTED, event("task.done", "08-11 00:00:04", seq=2)]

    assert ("breach", at("08-11 00:00")) == next_of(events, "08-11 00:00:05")
    assert ["breach.raised"] == [e.type for e in steps(events, "08-11 00:00:05")]


@pytest.mark.parametrize("kept", [{"owner": "petitioner"}, {"on_expiry": "right_lapses"}])
def test_a_right_lapses_without_an_event_but_its_row_is_looked_at_again(kept: dict[str, Any]) -> None:
    rules = pack(clock(**kept))

    assert ("lapse", at("08-11 00:00")) == next_of([STARTED], "08-04 00:00", rules)
    assert () == steps([STARTED], "08-11 00:00", rules)
    assert (None, None) == next_of([STARTED], "08-11 00:00", rules)


def test_a_breach_that_a_late_record_disproves_is_withdrawn_once() -> None:
    raised = stored([STARTED], steps([STARTED], "08-11 00:00"), "08-11 00:01")
    answer = event(
        "task.done",
        "08-10 17:00",
        recorded="08-12 08:30",
        seq=9,
        id="answer",
        late_reason="停电",
        confirmed_by="head-1",
    )
    known = [*raised, answer]

    assert "withdraw" == next_of(known, "08-12 09:00")[0]
    (withdrawn,) = steps(known, "08-12 09:00")
    assert ("breach.withdrawn", "answer", at("08-12 08:30")) == (
        withdrawn.type, withdrawn.data["because"], withdrawn.occurred_at,
    )  # fmt: skip
    after = stored(known, (withdrawn,), "08-12 09:00")
    assert () == steps(after, "08-13 09:00")
    assert (None, None) == next_of(after, "08-13 09:00")


def test_a_breach_that_nobody_raised_in_time_and_that_was_disproved_is_not_raised_at_all() -> None:
    answer = event(
        "task.done", "08-10 17:00", recorded="08-12 08:30", seq=9, late_reason="停电", confirmed_by="head-1"
    )  # fmt: skip

    assert () == steps([STARTED, answer], "08-12 09:00")


def test_a_breach_that_comes_true_again_is_another_event() -> None:
    rules = pack(clock(stop=("reply.submitted",)))
    events = stored([STARTED], steps([STARTED], "08-11 00:00", rules), "08-11 00:01")
    events.append(
        event(
            "reply.submitted",
            "08-10 17:00",
            recorded="08-12 08:30",
            seq=9,
            id="r",
            late_reason="停电",
            confirmed_by="h",
        )
    )
    events = stored(events, steps(events, "08-12 09:00", rules), "08-12 09:00")
    events.append(event("reply.sent_back", "08-13 09:00", seq=20, reply="r"))
    again = steps(events, "08-13 10:00", rules)

    assert ["breach.raised"] == [e.type for e in again]
    assert again[0].event_id not in {e.event_id for e in events}
    assert () == steps(stored(events, again, "08-13 10:00"), "08-14 09:00", rules)


def test_an_extension_warns_again_for_the_new_date() -> None:
    events = stored([STARTED], steps([STARTED], "08-07 12:00"), "08-07 12:00")
    events.append(event("extension.approved", "08-10 09:00", seq=9, length=5, approver="agency_head"))

    assert ("yellow", at("08-13 00:00")) == next_of(events, "08-10 10:00")
    assert ["yellow"] == [e.data["level"] for e in steps(events, "08-13 00:00")]


def test_a_breach_raised_under_another_calendar_is_withdrawn_because_of_the_new_one() -> None:
    events = stored([STARTED], steps([STARTED], "08-11 00:00"), "08-11 00:01")
    loaded = event("calendar.loaded", "08-12 09:00", seq=9, id="loaded")
    moved = run(pack(clock(length=10, yellow=2, orange=1)), [*events, loaded], "08-12 10:00")
    new = due_steps(moved, [*events, loaded], at("08-12 10:00"))

    assert [("breach.withdrawn", "loaded")] == [(e.type, e.data["because"]) for e in new]


def test_no_row_comes_back_for_ever() -> None:
    """Whatever a row asks for, the step makes it ask for something later, or for nothing."""
    events = [STARTED]
    asked: list[str | None] = []
    for _ in range(10):
        step, when = next_of(events, "08-30 09:00") if asked else next_of(events, "08-03 09:00")
        if when is None:
            break
        asked.append(step)
        now = max(when, at("08-03 09:00")).astimezone(ZONE).strftime("%m-%d %H:%M:%S")
        events = stored(events, steps(events, now), now)

    assert ["yellow", "breach"] == asked


def test_the_level_is_the_worst_of_the_open_clocks() -> None:
    def level(now: str) -> str:
        return level_of(run(WARNED, [STARTED], now))

    moments = ("08-05 09:00", "08-06 00:00", "08-07 00:00", "08-11 00:00")
    assert ["none", "yellow", "orange", "red"] == [level(now) for now in moments]
    assert "none" == level_of(run(WARNED, [STARTED, event("task.done", "08-12 09:00")], "08-13 09:00"))


def test_escalation_goes_up_on_the_first_third_and_tenth_working_day() -> None:
    expected = {"yellow_card": at("10-13 00:00"), "red_card": at("10-15 00:00"), "county": at("10-26 00:00")}

    assert expected == escalations(at("10-12 23:59:59"), CALENDAR, ZONE)
    assert date(2026, 10, 8) == escalations(at("09-30 23:59:59"), CALENDAR, ZONE)["yellow_card"].date()
