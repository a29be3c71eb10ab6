"""The published schedule with Chinese names, and local files on top of it."""

from datetime import date, time

import pytest

from cases.errors import PolicyError
from cases.workdays import is_working_day, why
from policy.calendars import china_calendar, cut_calendar

PUBLISHED = china_calendar()
NEXT = PUBLISHED.last.year + 1


def test_the_published_schedule_has_its_holidays_by_their_chinese_names() -> None:
    assert "国庆节" == why(PUBLISHED, date(2026, 10, 1)).why
    assert "春节" == why(PUBLISHED, date(2026, 2, 16)).why
    assert "调休上班(国庆节)" == why(PUBLISHED, date(2026, 10, 10)).why
    assert is_working_day(PUBLISHED, date(2026, 10, 8))


def test_every_day_of_the_covered_years_agrees_with_the_library() -> None:
    import chinese_calendar

    days = [date.fromordinal(n) for n in range(PUBLISHED.first.toordinal(), PUBLISHED.last.toordinal() + 1)]

    assert [] == [day for day in days if is_working_day(PUBLISHED, day) != chinese_calendar.is_workday(day)]


def test_the_version_names_the_library_and_the_hash_follows_the_content() -> None:
    assert PUBLISHED.version.startswith("chinesecalendar ")
    assert china_calendar().hash == PUBLISHED.hash
    assert cut_calendar(PUBLISHED, 2004, 2025).hash != PUBLISHED.hash


def test_a_local_file_settles_a_further_year_and_its_days_are_not_provisional() -> None:
    text = f"""
source: 国办通知
covers: [{NEXT}]
off_days:
  {NEXT}-01-01..{NEXT}-01-03: 元旦
make_up_days: {{{NEXT}-01-09: 元旦}}
"""
    calendar = china_calendar([(text, "next.yaml")])

    assert date(NEXT, 12, 31) == calendar.last
    assert ("元旦", False, False) == (
        why(calendar, date(NEXT, 1, 3)).why, why(calendar, date(NEXT, 1, 3)).works,
        why(calendar, date(NEXT, 1, 3)).provisional,
    )  # fmt: skip
    assert is_working_day(calendar, date(NEXT, 1, 9))
    assert "国办通知" in calendar.version
    assert calendar.hash != PUBLISHED.hash
    assert why(PUBLISHED, date(NEXT, 1, 1)).provisional


def test_a_local_file_corrects_single_days_of_a_known_year_and_leaves_the_others() -> None:
    text = "off_days: {2026-10-08: 国庆节延长}\nmake_up_days: {2026-10-07: 防汛值守}\n"
    calendar = china_calendar([(text, "local.yaml")])

    assert not is_working_day(calendar, date(2026, 10, 8))
    assert is_working_day(calendar, date(2026, 10, 7))
    assert date(2026, 10, 7) not in calendar.off_days
    assert "国庆节" == why(calendar, date(2026, 10, 6)).why


def test_a_local_file_may_set_the_working_hours() -> None:
    calendar = china_calendar([("working_hours: [['09:00', '12:00'], ['14:00', '17:30']]", "local.yaml")])

    assert ((time(9), time(12)), (time(14), time(17, 30))) == calendar.intervals


def test_an_empty_local_file_changes_nothing() -> None:
    assert PUBLISHED == china_calendar([("# nothing yet\n", "local.yaml")])


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("off_day: {2026-10-08: 节}", 1, "off_days"),
        (f"off_days: {{{NEXT}-01-01: 元旦}}", 1, f"{NEXT}"),
        (f"covers: [{NEXT + 1}]", 1, "年份"),
        ("source: x\noff_days:\n  2026-10-8: 节", 3, "2027-01-01"),
        ("off_days:\n  2026-10-08..2026-10-06: 节", 2, "对调"),
        ("off_days:\n  2026-10-08: 节\n  2026-10-08..2026-10-09: 节", 3, "一次"),
        ("off_days: {2026-10-08: 节}\nmake_up_days: {2026-10-08: 节}", 2, "删去"),
        ("off_days:\n  2026-10-08:", 2, "春节"),
        ("working_hours: [['12:00', '08:30']]", 1, "08:30"),
        ("working_hours: [[8, 12]]", 1, "引号"),
    ],
)
def test_a_wrong_local_file_is_told_the_line_and_what_to_write(text: str, line: int, told: str) -> None:
    with pytest.raises(PolicyError) as caught:
        china_calendar([(text, "calendars/local.yaml")])

    assert ("calendars/local.yaml", line) == (caught.value.file, caught.value.line)
    assert told in caught.value.do
