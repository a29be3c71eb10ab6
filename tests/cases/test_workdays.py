from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cases import workdays
from tests.cases.clock_helpers import CALENDAR, at


def test_a_make_up_saturday_works_and_a_holiday_friday_does_not() -> None:
    assert workdays.is_working_day(CALENDAR, date(2026, 10, 10))
    assert not workdays.is_working_day(CALENDAR, date(2026, 5, 1))
    assert not workdays.is_working_day(CALENDAR, date(2026, 10, 11))
    assert workdays.is_working_day(CALENDAR, date(2026, 10, 12))


def test_every_day_says_why_it_works_or_not() -> None:
    said = [workdays.why(CALENDAR, date(2026, 10, day)) for day in (7, 8, 10, 11)]

    assert ["国庆节", "工作日", "调休上班(国庆节)", "周末"] == [day.why for day in said]
    assert [False, True, True, False] == [day.works for day in said]


def test_a_day_beyond_the_calendar_is_a_guess_by_weekday_and_says_so() -> None:
    new_year = workdays.why(CALENDAR, date(2027, 1, 1))

    assert new_year.provisional
    assert new_year.works
    assert "未公布" in new_year.why
    assert not workdays.why(CALENDAR, date(2026, 12, 31)).provisional


def test_five_working_days_over_the_holiday_end_on_the_monday_after_the_make_up_saturday() -> None:
    assert date(2026, 10, 12) == workdays.add_working_days(CALENDAR, date(2026, 9, 29), 5)


def test_a_day_that_does_not_work_rolls_to_the_next_that_does_and_a_working_one_stays() -> None:
    assert date(2026, 10, 8) == workdays.roll_forward(CALENDAR, date(2026, 10, 3))
    assert date(2026, 10, 10) == workdays.roll_forward(CALENDAR, date(2026, 10, 10))


def test_a_month_ends_on_the_same_day_number_or_on_the_last_day_of_the_month() -> None:
    assert date(2026, 2, 28) == workdays.add_months(date(2026, 1, 31), 1)
    assert date(2027, 1, 15) == workdays.add_months(date(2026, 11, 15), 2)
    assert date(2028, 2, 29) == workdays.add_months(date(2027, 11, 30), 3)


def test_eight_working_hours_from_friday_afternoon_end_on_monday_afternoon() -> None:
    assert at("04-20 16:00") == workdays.add_working_time(CALENDAR, at("04-17 16:00"), timedelta(hours=8))


def test_working_time_that_ends_with_the_morning_ends_at_noon_and_not_after_lunch() -> None:
    assert at("04-20 12:00") == workdays.add_working_time(CALENDAR, at("04-20 09:00"), timedelta(hours=3))


def test_the_next_opening_skips_lunch_the_evening_and_the_holiday() -> None:
    assert at("04-20 13:30") == workdays.next_opening(CALENDAR, at("04-20 12:00"))
    assert at("04-21 08:30") == workdays.next_opening(CALENDAR, at("04-20 18:00"))
    assert at("10-08 08:30") == workdays.next_opening(CALENDAR, at("10-03 10:00"))
    assert at("04-20 09:15") == workdays.next_opening(CALENDAR, at("04-20 09:15"))


def _by_hand(day: date) -> bool:
    return day in CALENDAR.make_up_days or (day not in CALENDAR.off_days and day.weekday() < 5)


DAYS = st.dates(date(2026, 1, 1), date(2035, 12, 31))


@given(DAYS, st.integers(1, 400))
def test_adding_working_days_is_walking_from_day_to_day(day: date, count: int) -> None:
    walked, left = day, count
    while left:
        walked += timedelta(days=1)
        left -= _by_hand(walked)

    assert walked == workdays.add_working_days(CALENDAR, day, count)
    assert count == workdays.working_days_between(CALENDAR, day, walked)


@given(st.dates(date(1995, 1, 1), date(2025, 12, 31)), st.integers(0, 50))
def test_days_before_the_calendar_are_counted_by_weekday(day: date, count: int) -> None:
    end = workdays.add_working_days(CALENDAR, day, count + 1)

    assert count + 1 == sum(_by_hand(day + timedelta(days=n)) for n in range(1, (end - day).days + 1))


@given(DAYS, st.integers(0, 30))
def test_going_back_leaves_exactly_so_many_working_days(day: date, count: int) -> None:
    due = workdays.roll_forward(CALENDAR, day)
    back = workdays.back_working_days(CALENDAR, due, count)

    assert _by_hand(back)
    assert count == workdays.working_days_between(CALENDAR, back, due)


@given(
    st.datetimes(datetime(2026, 4, 20), datetime(2026, 10, 20)),  # noqa: DTZ001 — given its zone below
    st.integers(1, 60 * 40),
)
def test_working_time_added_is_working_time_between_and_can_be_taken_back(moment: datetime, minutes: int) -> None:
    start = moment.replace(tzinfo=at("04-20 00:00").tzinfo, microsecond=0)
    length = timedelta(minutes=minutes)
    end = workdays.add_working_time(CALENDAR, start, length)

    assert length == workdays.working_time_between(CALENDAR, start, end)
    assert length == workdays.working_time_between(CALENDAR, workdays.subtract_working_time(CALENDAR, end, length), end)
