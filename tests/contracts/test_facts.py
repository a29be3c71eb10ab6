"""Facts: one per petition, replaced by newer ones only; the hourly counts are their sum at all times."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.errors import BadInput
from cases.ports import Fact, TrendRow
from cases.viewer import SYSTEM_VIEWER, Viewer
from storage import Storage
from tests.storage.samples import opening, stored, viewer

OFFICER = viewer()


def fact(name: str, version: int = 1, **more: Any) -> Fact:
    given: dict[str, Any] = {
        "petition_id": f"p-{name}", "case_id": f"c-{name}", "version": version, "hour": "2026-11-23T09",
        "topic": "lamps", "place": "v1", "unit": "agri_station", "channel": "web",
    }  # fmt: skip
    return Fact(**given | more)


def replace(storage: Storage, *facts: Fact, position: int = 1) -> None:
    storage.facts.replace(facts, follower="trends", position=position)


def trend(
    storage: Storage, by: str = "topic", every: str = "hour", viewer: Viewer = OFFICER, **more: Any
) -> dict[tuple[str, str], int]:
    rows = storage.facts.trend(by, every, viewer, **more)
    assert len(rows) == len({(r.at, r.key, r.sight) for r in rows})
    return {(r.at, r.key): r.count for r in rows}


def test_each_petition_counts_once(storage: Storage) -> None:
    replace(storage, fact("a"), fact("b"), fact("c", topic="roads"), fact("a"))
    replace(storage, fact("a"), position=2)

    assert {("2026-11-23T09", "lamps"): 2, ("2026-11-23T09", "roads"): 1} == trend(storage)
    assert [] == storage.facts.differences()


def test_a_newer_version_moves_the_count_and_an_older_one_does_not(storage: Storage) -> None:
    replace(storage, fact("a", 5))

    replace(storage, fact("a", 9, topic="roads"))
    replace(storage, fact("a", 7, topic="farming"), fact("a", 9, topic="school"))

    assert {("2026-11-23T09", "roads"): 1} == trend(storage)
    assert [] == storage.facts.differences()


def test_of_several_versions_in_one_call_the_newest_counts(storage: Storage) -> None:
    replace(storage, fact("a", 3, topic="farming"))

    replace(storage, fact("a", 4, topic="roads"), fact("a", 6, topic="school"), fact("a", 5, topic="lamps"))

    assert {("2026-11-23T09", "school"): 1} == trend(storage)
    assert [] == storage.facts.differences()


def test_a_fact_that_comes_back_to_where_it_was_changes_no_count(storage: Storage) -> None:
    replace(storage, fact("a", 1), fact("b", 1))

    replace(storage, fact("a", 2))

    assert {("2026-11-23T09", "lamps"): 2} == trend(storage)
    assert [] == storage.facts.differences()


def test_counts_come_by_topic_place_unit_or_channel(storage: Storage) -> None:
    replace(storage, fact("a"), fact("b", place="v2", unit="culture_branch", channel="hotline"))

    assert {("2026-11-23T09", "v1"): 1, ("2026-11-23T09", "v2"): 1} == trend(storage, "place")
    assert {("2026-11-23T09", "agri_station"): 1, ("2026-11-23T09", "culture_branch"): 1} == trend(storage, "unit")
    assert {("2026-11-23T09", "hotline"): 1, ("2026-11-23T09", "web"): 1} == trend(storage, "channel")


def test_hours_make_days_iso_weeks_and_months(storage: Storage) -> None:
    """2026-12-28 begins week 53, which 2027-01-03 ends."""
    hours = ("2026-12-27T23", "2026-12-28T00", "2026-12-31T12", "2027-01-03T23", "2027-01-04T00")
    replace(storage, *(fact(str(n), hour=hour) for n, hour in enumerate(hours)))

    assert [1, 1, 1, 1, 1] == list(trend(storage).values())
    assert {("2026-12-27", "lamps"), ("2026-12-28", "lamps")} <= trend(storage, every="day").keys()
    assert {("2026-W52", "lamps"): 1, ("2026-W53", "lamps"): 3, ("2027-W01", "lamps"): 1} == trend(
        storage, every="week"
    )
    assert {("2026-12", "lamps"): 3, ("2027-01", "lamps"): 2} == trend(storage, every="month")


def test_a_period_begins_with_its_start_and_ends_before_its_end(storage: Storage) -> None:
    replace(storage, *(fact(str(n), hour=f"2026-11-2{n}T09") for n in range(5)))

    assert ["2026-11-21T09", "2026-11-22T09"] == [at for at, _ in trend(storage, start="2026-11-21", end="2026-11-23")]
    assert ["2026-11-21"] == [
        at for at, _ in trend(storage, every="day", start="2026-11-21T09", end="2026-11-22T09")
    ]  # fmt: skip


@pytest.mark.parametrize(("by", "every"), [("petition_id", "hour"), ("topic", "minute"), ("n; --", "day")])
def test_what_cannot_be_counted_by_is_refused(storage: Storage, by: str, every: str) -> None:
    with pytest.raises(BadInput, match="只能是"):
        storage.facts.trend(by, every, OFFICER)


def test_counts_are_those_of_the_own_subtree(storage: Storage) -> None:
    replace(storage, fact("a"), fact("b", unit="culture_branch"))

    assert {("2026-11-23T09", "lamps"): 1} == trend(storage, viewer=viewer(units=frozenset({"agri_station"})))
    assert {} == trend(storage, viewer=viewer(units=frozenset()))
    assert {} == trend(storage, viewer=viewer(role="admin"))


def test_reports_of_wrongdoing_are_counted_apart_and_only_for_those_who_may_see_them(storage: Storage) -> None:
    replace(storage, fact("a"), fact("b", sight="secret"))

    assert [TrendRow("2026-11-23T09", "lamps", 1)] == storage.facts.trend("topic", "hour", OFFICER)
    assert [
        TrendRow("2026-11-23T09", "lamps", 1, "open"), TrendRow("2026-11-23T09", "lamps", 1, "secret"),
    ] == storage.facts.trend("topic", "hour", viewer(sees_secret=True))  # fmt: skip


def test_who_is_accused_finds_the_report_in_no_count(storage: Storage) -> None:
    storage.cases.apply([opening("a", case={"secret": True, "accused": ("petition_office",)}), opening("b")])
    replace(storage, fact("a", sight="secret"), fact("b", sight="secret"))

    accused = viewer(role="petition_office", sees_secret=True, blocked=frozenset({"petition_office"}))

    assert {("2026-11-23T09", "lamps"): 1} == trend(storage, viewer=accused)
    assert {("2026-11-23T09", "lamps"): 2} == trend(storage, viewer=SYSTEM_VIEWER)


def test_a_key_counts_the_own_petitions(storage: Storage) -> None:
    storage.cases.apply([opening("a", petition=stored("a", "c-a", sender="county")), opening("b")])
    replace(storage, fact("a"), fact("b"))

    assert {("2026-11-23T09", "lamps"): 1} == trend(storage, viewer=viewer(kind="key", sender="county"))


def test_the_follower_moves_with_its_facts(storage: Storage) -> None:
    replace(storage, fact("a"), position=5)
    replace(storage, position=8)
    replace(storage, fact("b"), position=3)

    assert 8 == storage.cases.position("trends")
    assert 2 == sum(trend(storage).values())


def test_counts_that_were_tampered_with_are_told(database_storage: Storage) -> None:
    from storage.sql_facts import SqlFacts
    from storage.tables import hourly_counts

    replace(database_storage, fact("a"), fact("b", topic="roads"))
    facts = database_storage.facts
    assert isinstance(facts, SqlFacts)
    with facts._database.writing() as connection:
        connection.execute(hourly_counts.update().where(hourly_counts.c.topic == "lamps").values(n=7))
        connection.execute(hourly_counts.delete().where(hourly_counts.c.topic == "roads"))

    assert [
        "2026-11-23T09/lamps/v1/agri_station/web/open: 统计为 7，按明细应为 1",
        "2026-11-23T09/roads/v1/agri_station/web/open: 统计为 0，按明细应为 1",
    ] == facts.differences()


def test_two_workers_at_once_leave_counts_that_are_right(storage: Storage) -> None:
    """Both move the same petitions through the same hours, in opposite orders."""

    def work(worker: int) -> None:
        for version in range(1, 11):
            names = [str(n) for n in range(10)]
            hour = f"2026-11-23T{(version + worker) % 24:02d}"
            moved = [fact(n, 2 * version + worker, hour=hour) for n in (names if worker else reversed(names))]
            storage.facts.replace(moved, follower=f"trends-{worker}", position=version)

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, (0, 1)))

    assert [] == storage.facts.differences()
    assert {("2026-11-23T11", "lamps"): 10} == trend(storage)


moves = st.lists(
    st.lists(
        st.builds(
            fact, st.sampled_from("abc"), st.integers(1, 6), topic=st.sampled_from(("lamps", "roads")),
            hour=st.sampled_from(("2026-11-23T09", "2026-11-23T10")), sight=st.sampled_from(("open", "secret")),
        ),
        max_size=4,
    ),
    max_size=6,
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=moves)
def test_whatever_comes_in_whatever_order_the_counts_are_the_sum_of_the_facts(
    storage: Storage, batches: list[list[Fact]]
) -> None:
    storage.projections.drop_stray_facts()  # no petition stands behind those of the example before
    newest: dict[str, Fact] = {}
    for batch in batches:
        replace(storage, *batch)
        for f in batch:
            if f.petition_id not in newest or newest[f.petition_id].version < f.version:
                newest[f.petition_id] = f

    assert [] == storage.facts.differences()
    assert len(newest) == sum(r.count for r in storage.facts.trend("topic", "hour", SYSTEM_VIEWER))
    roads = sum(f.topic == "roads" and f.sight == "open" for f in newest.values())
    assert roads == sum(r.count for r in storage.facts.trend("topic", "hour", OFFICER) if r.key == "roads")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (None, None), ("2026-09-01T00", "2026-12-01T00"), ("2026-09-15T07", "2026-11-23T10"), ("2026-09-15", None),
        (None, "2026-11-23"), ("2026-10-02T00", "2026-10-20T00"), ("2026-10-31T23", "2026-11-01T01"), ("2026-10", "2026-10"),
        ("2025-12-31T00", "2026-01-01T00"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("by", ["topic", "place", "unit", "channel"])
def test_months_hold_what_their_days_hold(storage: Storage, by: str, start: str | None, end: str | None) -> None:
    hours = (
        "2025-12-31T23",
        "2026-09-01T00",
        "2026-09-15T06",
        "2026-09-15T07",
        "2026-10-05T09",
        "2026-10-31T23",
        "2026-11-01T00",
        "2026-11-23T09",
        "2026-11-23T10",
    )
    replace(storage, *(fact(str(n), hour=hour, topic=f"t{n % 2}", place=f"v{n % 3}") for n, hour in enumerate(hours)))
    replace(storage, fact("1", 2, hour=hours[1], topic="moved", unit="culture_branch"))
    for who in (OFFICER, viewer(role="unit_head", units=frozenset({"culture_branch"}))):
        days: dict[tuple[str, str], int] = {}
        for (at, key), n in trend(storage, by, "day", who, start=start, end=end).items():
            days[at[:7], key] = days.get((at[:7], key), 0) + n

        assert days == trend(storage, by, "month", who, start=start, end=end)
    assert [] == storage.facts.differences()
