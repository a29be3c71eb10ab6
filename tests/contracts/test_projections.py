"""Projections: derived rows thrown away and made again come out identical, while the old ones serve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from cases.ports import CaseQuery, CaseRow, Deadline, Decision, Fact
from cases.viewer import SYSTEM_VIEWER
from storage import Storage
from storage.sql_cases import SqlCaseStore
from storage.tables import cases, hourly_counts
from tests.storage.samples import at, deadline, ids, next_step, noting, opening


def everything(storage: Storage) -> tuple[tuple[CaseRow, ...], dict[str, list[Deadline]]]:
    rows = storage.reader.page(CaseQuery(limit=200, sort="newest"), SYSTEM_VIEWER).rows
    return rows, {case_id: storage.deadlines.of_case(case_id) for case_id in ids(rows)}


def folded(storage: Storage) -> Iterator[Decision]:
    """What a rebuild hands over: the rows as they are, as if they had been folded again from events."""
    for row in storage.reader.page(CaseQuery(limit=200), SYSTEM_VIEWER).rows:
        yield Decision(
            case=row.case, expected_version=row.case.version, events=(), display=row.display,
            deadlines=tuple(storage.deadlines.of_case(row.case.case_id)),
        )  # fmt: skip


def fill(storage: Storage) -> None:
    a = opening("a", case={"unit": "agri_station", "collaborators": ("culture_branch",), "accused": ("x",)})
    storage.cases.apply([a, opening("b", deadlines=()), opening("c")])
    storage.cases.apply([noting(a, "n", deadlines=(deadline("r2", due_at=at(3)), deadline("r1")))])


def test_rows_made_again_from_the_same_folds_are_identical(storage: Storage) -> None:
    fill(storage)
    before = everything(storage)

    assert 3 == storage.projections.rebuild(folded(storage))

    assert before == everything(storage)
    assert before[0] == tuple(storage.reader.rows(ids(before[0]), SYSTEM_VIEWER))


def test_a_lost_row_comes_back_and_a_row_without_events_goes(database_storage: Storage) -> None:
    storage = database_storage
    fill(storage)
    before, decisions = everything(storage), list(folded(storage))
    store = storage.cases
    assert isinstance(store, SqlCaseStore)
    with store._database.writing() as connection:
        connection.execute(cases.delete().where(cases.c.case_id == "c-a"))
        values = dict(connection.execute(sa.select(cases).where(cases.c.case_id == "c-b")).mappings().one())
        connection.execute(cases.insert().values(values | {"case_id": "ghost", "number": None, "opened": 99}))
    assert ["c-b", "c-c", "c-b"] == ids(everything(storage)[0])

    storage.projections.rebuild(decisions)

    assert before == everything(storage)


def test_a_case_that_moved_on_meanwhile_keeps_its_newer_row(storage: Storage) -> None:
    fill(storage)
    decisions = list(folded(storage))
    c = opening("c")
    storage.cases.apply([noting(c, "n", fields={"state": "accepted"})])

    assert 2 == storage.projections.rebuild(decisions)

    row = storage.reader.row("c-c", SYSTEM_VIEWER)
    assert row is not None
    assert ("accepted", 3) == (row.case.state, row.case.version)


def test_after_a_rebuild_the_case_goes_on(storage: Storage) -> None:
    fill(storage)
    storage.projections.rebuild(folded(storage))

    row = storage.reader.row("c-b", SYSTEM_VIEWER)
    assert row is not None
    outcome = storage.cases.apply([noting(next_step(row.case), "n")])[0]

    assert ("applied", 3) == (outcome.status, outcome.version)
    events = storage.cases.events("c-b")
    assert events[1].hash == events[2].prev_hash


def test_a_fold_that_differs_replaces_what_stood(storage: Storage) -> None:
    fill(storage)
    [wrong] = [d for d in folded(storage) if d.case.case_id == "c-b"]
    mended = opening("b", case={"unit": "culture_branch", "state": "accepted", "number": wrong.case.number}).case

    storage.projections.rebuild([Decision(case=mended, expected_version=2, events=(), deadlines=(deadline("r9"),))])

    row = storage.reader.row("c-b", SYSTEM_VIEWER)
    assert row is not None
    assert ("culture_branch", "accepted", wrong.display) == (row.case.unit, row.case.state, row.display)
    assert ["r9"] == [d.run for d in storage.deadlines.of_case("c-b")]


def test_case_ids_come_page_by_page_in_order(storage: Storage) -> None:
    storage.cases.apply([opening(name) for name in ("b", "B", "a", "十", "_")])

    everyone = sorted(f"c-{name}" for name in ("b", "B", "a", "十", "_"))

    assert everyone == storage.projections.case_ids("", 10)
    assert everyone[:2] == storage.projections.case_ids("", 2)
    assert everyone[2:] == storage.projections.case_ids(everyone[1], 10)


def test_chains_are_all_events_of_each_case(storage: Storage) -> None:
    fill(storage)
    storage.cases.apply([opening(f"{n:03d}") for n in range(250)])

    chains = dict(storage.projections.chains())

    assert 253 == len(chains)
    assert ["c-a:1", "c-a:2", "c-a:n"] == [e.event_id for e in chains["c-a"]]
    assert storage.cases.head() == sum(map(len, chains.values()))


def test_totals_say_how_much_there_is(storage: Storage) -> None:
    assert {0} == set(storage.projections.totals().values())

    fill(storage)

    assert {
        "petitions": 3, "cases": 3, "events": 7, "texts": 3, "erased": 0, "deadlines": 3, "facts": 0, "notices": 0,
        "head": 7,
    } == storage.projections.totals()  # fmt: skip


def fact(name: str, version: int, **more: Any) -> Fact:
    given: dict[str, Any] = {
        "petition_id": f"p-{name}", "case_id": f"c-{name}", "version": version, "hour": "2026-11-23T09",
        "topic": "lamps", "place": "v1", "unit": "town", "channel": "web",
    }  # fmt: skip
    return Fact(**given | more)


def counted(storage: Storage) -> dict[str, int]:
    assert [] == storage.facts.differences()
    return {row.key: row.count for row in storage.facts.trend("topic", "hour", SYSTEM_VIEWER)}


def test_facts_that_are_right_are_left_and_wrong_ones_are_put_right_with_their_counts(storage: Storage) -> None:
    fill(storage)
    a, b, c = (storage.reader.row(f"c-{name}", SYSTEM_VIEWER) for name in "abc")
    assert a is not None and b is not None and c is not None  # noqa: PT018
    right = [fact("a", a.position), fact("b", b.position), fact("c", c.position)]
    # One with another topic, one whose version no honest follower could have given, and one that is not there.
    storage.facts.replace(
        [right[0], fact("b", b.position, topic="roads"), fact("b", 99, topic="noise")], follower="trends", position=9
    )
    assert {"lamps": 1, "noise": 1} == counted(storage)

    assert 2 == storage.projections.mend_facts(right)

    assert {"lamps": 3} == counted(storage)
    assert 0 == storage.projections.mend_facts(right)
    assert 9 == storage.cases.position("trends")


def test_a_fact_whose_case_moved_on_since_it_was_read_is_left_to_the_follower(storage: Storage) -> None:
    fill(storage)
    old = storage.reader.row("c-b", SYSTEM_VIEWER)
    assert old is not None
    storage.cases.apply([noting(next_step(old.case), "n")])

    assert 0 == storage.projections.mend_facts([fact("b", old.position), fact("unknown", 1)])
    assert {} == counted(storage)


def test_facts_that_no_petition_stands_behind_go_with_their_counts(storage: Storage) -> None:
    fill(storage)
    storage.facts.replace([fact("a", 1), fact("ghost", 1, topic="noise")], follower="trends", position=9)

    assert 1 == storage.projections.drop_stray_facts()
    assert {"lamps": 1} == counted(storage)


def test_counts_that_are_not_what_the_facts_say_are_put_right(database_storage: Storage) -> None:
    storage = database_storage
    storage.facts.replace(
        [fact("a", 1), fact("b", 1, topic="noise"), fact("c", 1, topic="noise")], follower="trends", position=9
    )
    store = storage.cases
    assert isinstance(store, SqlCaseStore)
    with store._database.writing() as connection:
        connection.execute(hourly_counts.update().where(hourly_counts.c.topic == "lamps").values(n=7))
        connection.execute(hourly_counts.delete().where(hourly_counts.c.topic == "noise"))
        values = dict(connection.execute(sa.select(hourly_counts)).mappings().one())
        connection.execute(hourly_counts.insert().values(values | {"topic": "ghost"}))

    assert 3 == storage.projections.recount()

    assert {"lamps": 1, "noise": 2} == counted(storage)
    assert 0 == storage.projections.recount()
