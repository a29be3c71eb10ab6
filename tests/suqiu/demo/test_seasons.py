"""When people write, and what about."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from cases.policy import Policy
from policy.load import load_policy
from suqiu.demo.arrivals import Slot, year_of_slots
from suqiu.demo.bursts import BURSTS
from suqiu.demo.seasons import busyness, season
from suqiu.demo.voices import Townspeople

NOW = datetime(2026, 11, 24, 7, 20, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


@pytest.fixture(scope="module")
def slots(policy: Policy) -> list[Slot]:
    return list(year_of_slots(20_000, NOW, ZONE, policy.calendar, 1))


def test_a_year_has_as_many_petitions_as_were_asked_for(slots: list[Slot], policy: Policy) -> None:
    assert 20_000 == sum(len(s.arrivals) for s in slots)
    for n in (1, 7, 500):
        assert n == sum(len(s.arrivals) for s in year_of_slots(n, NOW, ZONE, policy.calendar, 1))


def test_each_arrives_within_its_piece_of_a_day_and_none_in_the_future(slots: list[Slot]) -> None:
    before = datetime.min.replace(tzinfo=UTC)
    for slot in slots:
        assert all(before <= at <= slot.until for at, _ in slot.arrivals)
        before = slot.until
    assert NOW == slots[-1].until


def test_what_officers_begin_ends_within_a_day(slots: list[Slot]) -> None:
    begun = [s for s in slots if s.begins is not None]

    assert 366 == len(begun)
    assert all(s.begins is not None and s.until <= s.begins for s in begun)


def test_people_write_on_mondays_more_than_on_sundays_and_least_at_spring_festival(
    slots: list[Slot], policy: Policy
) -> None:
    days = Counter(at.astimezone(ZONE).strftime("%a") for s in slots for at, burst in s.arrivals if burst is None)

    assert days["Mon"] > 1.5 * days["Sun"]
    assert busyness(date(2026, 2, 17), policy.calendar) < busyness(date(2026, 2, 8), policy.calendar)


def test_a_burst_is_many_people_in_two_days(slots: list[Slot]) -> None:
    found = Counter((b.topic, b.place) for s in slots for _, b in s.arrivals if b is not None)
    spans: dict[tuple[str, str], set[date]] = {}
    for s in slots:
        for at, b in s.arrivals:
            if b is not None:
                spans.setdefault((b.topic, b.place), set()).add(at.astimezone(ZONE).date())

    assert len(BURSTS) - 1 <= len(found)
    assert min(found.values()) >= 20
    assert max(len(days) for days in spans.values()) <= 2


def test_every_burst_is_about_a_place_and_a_topic_of_the_town(policy: Policy) -> None:
    assert [] == [b for b in BURSTS if b.place not in policy.places or b.topic not in policy.topics]


def test_heating_is_a_matter_of_winter_and_wages_of_the_new_year() -> None:
    assert season("utilities.gas_heating", 1) > 10 * season("utilities.gas_heating", 7)
    assert season("labour.wages", 1) > season("labour.wages", 6)


def test_a_seed_gives_the_same_words_again(policy: Policy) -> None:
    first, second = (Townspeople(5, policy) for _ in range(2))

    assert [first.write(str(n), 7) for n in range(50)] == [second.write(str(n), 7) for n in range(50)]


def test_some_write_in_dialect_and_some_in_anger(policy: Policy) -> None:
    people = Townspeople(5, policy)
    texts = [people.write(str(n), 7)["text"] for n in range(400)]

    assert any("冇得" in text for text in texts)
    assert any("到底有没有人管" in text for text in texts)
