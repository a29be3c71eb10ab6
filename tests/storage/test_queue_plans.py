"""The queue is read by index: with a hundred thousand cases a view must not walk through all of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import Engine, event

from cases.ports import CaseQuery
from cases.viewer import Viewer
from storage import Storage, open_sqlite, sql_tallies
from storage.engines import Database
from storage.sql_cases import SqlCaseStore
from tests.storage.samples import at, opening, viewer

MANY = 100_000
FOLLOWUP = CaseQuery(awaits_followup=True, limit=50)
TOWN = viewer(role="follow_up_officer")
BRANCH = viewer(role="follow_up_officer", units=frozenset({"agri_station"}), blocked=frozenset({"agri_station"}))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """A town after years: nearly all cases are closed and were asked about, one in a thousand was not."""
    folder = tmp_path_factory.mktemp("many")
    storage = open_sqlite(folder)
    asked = opening("asked", case={"state": "closed", "followup": "resolved", "unit": "agri_station"}, deadlines=())
    waits = opening("waits", case={"state": "closed", "unit": "agri_station"}, deadlines=())
    storage.cases.apply([asked, waits])
    with closing(sqlite3.connect(folder / "store.db")) as connection, connection:
        connection.execute("CREATE TEMP TABLE n (i INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO n VALUES (?)", ((i,) for i in range(100, MANY + 100)))
        columns = [row[1] for row in connection.execute("PRAGMA table_info(cases)")]
        seldom = "CASE WHEN i % 1000 = 7 THEN 2 ELSE 0 END"
        made = {
            "case_id": "'c' || i",
            "number": "NULL",
            "opened": "i",
            "position": "i",
            "hops": seldom,
            "returned": seldom,
        }
        picked = ", ".join(made.get(name, name) for name in columns)
        connection.execute(
            f"INSERT INTO cases ({', '.join(columns)}) SELECT {picked} FROM n, cases "  # noqa: S608 - names of ours
            "WHERE case_id = CASE WHEN i % 1000 = 0 THEN 'c-waits' ELSE 'c-asked' END"
        )
        connection.execute(
            "INSERT INTO case_units SELECT c.case_id, u.unit FROM cases c JOIN case_units u "
            "ON u.case_id = CASE WHEN c.opened % 1000 = 0 THEN 'c-waits' ELSE 'c-asked' END WHERE c.opened >= 100"
        )
    sql_tallies.recount(database_of(storage))
    yield storage
    storage.close()


def database_of(storage: Storage) -> Database:
    store = storage.cases
    assert isinstance(store, SqlCaseStore)
    return store._database


@pytest.mark.parametrize("who", [TOWN, BRANCH], ids=["town", "branch"])
def test_what_awaits_a_follow_up_is_read_by_its_index_and_counted_by_none(many: Storage, who: Viewer) -> None:
    statements: list[tuple[str, object]] = []
    reader = database_of(many).reader

    @event.listens_for(reader, "before_cursor_execute")
    def _note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "json_extract" in statement:
            statements.append((statement, parameters))

    page = many.reader.page(FOLLOWUP, who)
    counts = many.reader.counts({"followup": FOLLOWUP}, who)
    event.remove(reader, "before_cursor_execute", _note)

    assert (50, 101) == (len(page.rows), counts["followup"])
    assert 1 == len(statements), "counts are kept, not counted"
    with reader.connect() as connection:
        for statement, parameters in statements:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]  # type: ignore[arg-type]
            assert any("INDEX ix_cases_followup" in step for step in plan), plan
            assert not any("SCAN cases" == step or "TEMP B-TREE" in step for step in plan), plan


FILTERED = {
    "the queue": CaseQuery(open_only=True),
    "a rare topic, open": CaseQuery(topics=frozenset({"noise"}), open_only=True),
    "a rare topic": CaseQuery(topics=frozenset({"noise"})),
    "a place, newest": CaseQuery(places=frozenset({"v1"}), sort="newest"),
    "a purpose, changed": CaseQuery(purposes=frozenset({"request"}), sort="changed"),
    "a period": CaseQuery(from_number="SQ20261101", before_number="SQ20261102", sort="newest"),
}


@pytest.mark.parametrize("name", FILTERED)
def test_a_filter_reads_no_row_that_does_not_match(many: Storage, name: str) -> None:
    """Whatever is filtered by stands in the index that is walked: ``queue``, or ``newest`` which covers all cases."""
    statements: list[tuple[str, object]] = []
    reader = database_of(many).reader

    @event.listens_for(reader, "before_cursor_execute")
    def _note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "FROM cases" in statement:
            statements.append((statement, parameters))

    many.reader.page(FILTERED[name], TOWN)
    event.remove(reader, "before_cursor_execute", _note)

    plan = plan_of(reader, statements)
    walks = [step for step in plan if step.startswith(("SCAN cases", "SEARCH cases")) and "(case_id=?)" not in step]
    assert walks
    assert all("ix_cases_queue" in step or "ix_cases_newest" in step for step in walks), plan


BOARD = {
    "at risk": (CaseQuery(due_from=at(0), due_before=at(9000), open_only=True), "ix_cases_queue (due_at>? AND due_at<?)"),
    "hopping": (CaseQuery(hops=2), "ix_cases_hopping"),
    "hopping, more": (CaseQuery(hops=3, open_only=True), "ix_cases_hopping"),
    "sent back": (CaseQuery(sent_back=True, open_only=True), "ix_cases_sent_back"),
    "of one officer": (CaseQuery(handler="zhang", open_only=True, history=False), "ix_cases_handler (handler=? AND open=?)"),
}  # fmt: skip


@pytest.mark.parametrize("who", [TOWN, BRANCH], ids=["town", "branch"])
@pytest.mark.parametrize("name", BOARD)
def test_the_supervisors_lists_and_numbers_walk_their_own_few(many: Storage, name: str, who: Viewer) -> None:
    query, index = BOARD[name]
    statements: list[tuple[str, object]] = []
    reader = database_of(many).reader

    @event.listens_for(reader, "before_cursor_execute")
    def _note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "FROM cases" in statement:
            statements.append((statement, parameters))

    many.reader.page(query, who)
    many.reader.counts({"n": query}, who)
    event.remove(reader, "before_cursor_execute", _note)

    assert 2 == len(statements)
    for one in statements:
        plan = plan_of(reader, [one])
        walks = [step for step in plan if step.startswith(("SCAN cases", "SEARCH cases")) and "(case_id=?)" not in step]
        assert walks or any("(case_id=?)" in step for step in plan), plan
        assert all(index in step for step in walks), plan


def test_the_table_of_loads_reads_no_case(many: Storage) -> None:
    statements: list[str] = []
    reader = database_of(many).reader

    @event.listens_for(reader, "before_cursor_execute")
    def _note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    many.reader.loads(TOWN)
    event.remove(reader, "before_cursor_execute", _note)

    assert statements
    assert not any("cases" in statement for statement in statements)


def plan_of(reader: Engine, statements: list[tuple[str, object]]) -> list[str]:
    [(statement, parameters)] = statements
    with reader.connect() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]  # type: ignore[arg-type]


def test_the_pages_hold_each_case_once_and_end(many: Storage) -> None:
    seen: list[int] = []
    cursor: str | None = None
    while True:
        page = many.reader.page(replace(FOLLOWUP, cursor=cursor), TOWN)
        seen += [row.opened for row in page.rows]
        cursor = page.cursor
        if cursor is None:
            break

    assert (101, 101) == (len(seen), len(set(seen)))
