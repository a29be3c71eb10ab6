"""When people write, and what about."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import pytest

from cases.policy import Policy
from policy.load import load_policy
from suqiu.demo.arrivals import Arrival, year_of_days, year_of_stretches
from suqiu.demo.bursts import BURSTS
from suqiu.demo.seasons import busyness, season
from suqiu.demo.voices import Townspeople

NOW = datetime(2026, 11, 24, 7, 20, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy()


@pytest.fixture(scope="module")
def days(policy: Policy) -> list[tuple[datetime, list[Arrival]]]:
    return list(year_of_days(20_000, NOW, ZONE, policy.calendar, 1))


@pytest.fixture(scope="module")
def arrivals(days: list[tuple[datetime, list[Arrival]]]) -> list[Arrival]:
    return [arrival for _, came in days for arrival in came]


def test_a_year_has_as_many_petitions_as_were_asked_for(arrivals: list[Arrival], policy: Policy) -> None:
    assert 20_000 == len(arrivals)
    for n in (1, 7, 500):
        assert n == sum(len(came) for _, came in year_of_days(n, NOW, ZONE, policy.calendar, 1))


def test_each_arrives_on_its_day_in_order_and_none_in_the_future(days: list[tuple[datetime, list[Arrival]]]) -> None:
    assert 366 == len(days)
    for begin, came in days:
        assert all(begin <= at < begin + timedelta(days=1) and at <= NOW for at, _ in came)
        assert [at for at, _ in came] == sorted(at for at, _ in came)


def test_stretches_are_whole_days_with_enough_in_them_and_all_of_the_year(
    arrivals: list[Arrival], policy: Policy
) -> None:
    stretches = year_of_stretches(20_000, NOW, ZONE, policy.calendar, 1)

    assert arrivals == [a for s in stretches for a in s.arrivals]
    assert all(len(s.arrivals) >= 1000 for s in stretches[:-1])
    assert [s.first for s in stretches] == [0, *accumulate(len(s.arrivals) for s in stretches[:-1])]
    for one, other in pairwise(stretches):
        assert one.arrivals[-1][0] < other.begin <= other.arrivals[0][0]


def test_people_write_on_mondays_more_than_on_sundays_and_least_at_spring_festival(
    arrivals: list[Arrival], policy: Policy
) -> None:
    days = Counter(at.astimezone(ZONE).strftime("%a") for at, burst in arrivals if burst is None)

    assert days["Mon"] > 1.5 * days["Sun"]
    assert busyness(date(2026, 2, 17), policy.calendar) < busyness(date(2026, 2, 8), policy.calendar)


def test_a_burst_is_many_people_in_two_days(arrivals: list[Arrival]) -> None:
    found = Counter((b.topic, b.place) for _, b in arrivals if b is not None)
    spans: dict[tuple[str, str], set[date]] = {}
    for at, b in arrivals:
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
