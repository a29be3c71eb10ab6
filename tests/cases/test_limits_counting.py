"""Where a count ends: units, rolls, months, hours, and the edges of a day."""

from datetime import date, time
from typing import Any

import pytest

from cases.limits import ClockRun, time_left
from cases.policy import ClockDef
from tests.cases.clock_helpers import CALENDAR, ZONE, at, clock, event, pack, run


def one(rule: ClockDef, started: str, now: str | None = None, **changes: Any) -> ClockRun:
    clocks = run(pack(rule, **changes), [event("task.assigned", started)], now or started)

    return clocks.runs[0]


def test_the_first_day_is_not_counted() -> None:
    assert at("04-08 23:59:59") == one(clock(length=1), "04-07 00:00").due_at
    assert at("04-08 23:59:59") == one(clock(length=1), "04-07 23:59:59").due_at


def test_a_calendar_day_limit_that_ends_in_the_holiday_rolls_and_shows_its_nominal_date() -> None:
    rule = clock(length=15, unit="calendar_day", roll="next_working_day")
    rolled = one(rule, "09-18 10:00")

    assert at("10-08 23:59:59") == rolled.due_at
    assert date(2026, 10, 3) == rolled.nominal_date


def test_a_make_up_saturday_is_a_working_day_so_nothing_rolls() -> None:
    rule = clock(length=60, unit="calendar_day", roll="next_working_day")
    stays = one(rule, "08-11 09:30")

    assert at("10-10 23:59:59") == stays.due_at
    assert stays.nominal_date is None


def test_without_roll_a_limit_ends_in_the_holiday() -> None:
    assert at("10-04 23:59:59") == one(clock(length=7, unit="calendar_day"), "09-27 08:00").due_at


def test_a_month_ends_on_the_same_day_number_and_rolls() -> None:
    rolled = one(clock(length=1, unit="month", roll="next_working_day"), "04-17 16:00")

    assert (at("05-18 23:59:59"), date(2026, 5, 17)) == (rolled.due_at, rolled.nominal_date)


def test_hours_run_from_the_moment_over_midnight_to_the_last_second() -> None:
    rule = pack(clock(length=2, unit="hour"))
    started = event("task.assigned", "06-30 23:10:00")

    for second, status in (("00", "met"), ("01", "met_late")):
        stopped = event("task.done", f"07-01 01:10:{second}")
        assert status == run(rule, [started, stopped], "07-02 00:00").runs[0].status


def test_working_hours_stop_for_lunch_for_the_night_and_for_the_weekend() -> None:
    assert at("04-20 16:00") == one(clock(length=8, unit="working_hour"), "04-17 16:00").due_at


def test_received_on_a_holiday_counts_from_that_day_or_from_the_next_opening_as_the_pack_says() -> None:
    assert at("10-13 23:59:59") == one(clock(), "10-03 10:00").due_at
    assert at("10-14 23:59:59") == one(clock(), "10-03 10:00", start_rule="next_working_open").due_at


def test_received_in_the_evening_counts_from_the_next_opening_and_at_lunch_from_the_same_day() -> None:
    opening: dict[str, Any] = {"start_rule": "next_working_open"}

    assert at("04-09 23:59:59") == one(clock(length=1), "04-07 18:00", **opening).due_at
    assert at("04-08 23:59:59") == one(clock(length=1), "04-07 12:30", **opening).due_at


def test_a_business_cut_off_ends_the_last_day_and_the_second_after_it_is_late() -> None:
    rule = pack(clock(length=1), day_end=time(17, 30))
    started = event("task.assigned", "04-07 09:00")

    assert "running" == run(rule, [started], "04-08 17:30:00").runs[0].status
    assert "breached" == run(rule, [started], "04-08 17:30:01").runs[0].status


def test_a_limit_runs_through_its_last_second_and_is_red_one_second_later() -> None:
    rule, started = pack(clock(length=1)), event("task.assigned", "04-07 09:00")

    assert "running" == run(rule, [started], "04-08 23:59:59.999999").runs[0].status
    assert "breached" == run(rule, [started], "04-09 00:00:00").runs[0].status


def test_the_local_date_decides_and_not_the_date_in_utc() -> None:
    early = event("task.assigned", "04-07 07:59")  # still the 6th in UTC

    assert at("04-08 23:59:59") == run(pack(clock(length=1)), [early], "04-07 08:00").runs[0].due_at


@pytest.mark.parametrize(
    ("unit", "roll", "start", "provisional"),
    [
        ("working_day", "none", "12-28 09:00", True),
        ("working_day", "none", "12-21 09:00", False),
        ("calendar_day", "next_working_day", "12-28 09:00", True),
        ("calendar_day", "none", "12-28 09:00", False),
        ("hour", "none", "12-31 23:00", False),
    ],
)
def test_a_date_is_provisional_where_it_rests_on_a_day_beyond_the_calendar(
    unit: str, roll: str, start: str, provisional: bool
) -> None:
    assert provisional == one(clock(unit=unit, roll=roll), start).provisional


def test_warnings_begin_at_midnight_of_the_day_with_so_many_days_left_to_the_rolled_date() -> None:
    working = one(clock(yellow=2, orange=1), "09-29 15:00")
    rolled = one(clock(length=15, unit="calendar_day", roll="next_working_day", yellow=5, orange=2), "09-18 10:00")

    assert (at("10-09 00:00"), at("10-10 00:00")) == (working.yellow_at, working.orange_at)
    assert (at("10-03 00:00"), at("10-06 00:00")) == (rolled.yellow_at, rolled.orange_at)


def test_a_short_limit_turns_yellow_on_its_last_morning_and_orange_in_the_afternoon() -> None:
    short = one(clock(length=2, yellow=0, orange=0, orange_time=time(14)), "04-07 09:00")

    assert (at("04-09 00:00"), at("04-09 14:00")) == (short.yellow_at, short.orange_at)


def test_hour_clocks_warn_to_the_minute() -> None:
    hours = one(clock(length=2, unit="hour", yellow=30, orange=10), "06-30 23:10")

    assert (at("07-01 00:40"), at("07-01 01:00")) == (hours.yellow_at, hours.orange_at)


def test_time_left_is_in_the_clocks_own_unit_and_nothing_once_it_is_over() -> None:
    def left(rule: ClockDef, now: str) -> int | None:
        return time_left(one(rule, "09-29 15:00", now), at(now), CALENDAR, ZONE)

    assert 5 == left(clock(), "09-29 16:00")
    assert 2 == left(clock(), "10-09 08:00")
    assert 0 == left(clock(), "10-12 23:00")
    assert 13 == left(clock(length=13, unit="calendar_day"), "09-29 20:00")
    assert 90 == left(clock(length=2, unit="hour"), "09-29 15:30")
    assert left(clock(), "10-13 00:00") is None
