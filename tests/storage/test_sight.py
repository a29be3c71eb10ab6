"""SQL, memory and ``Viewer.may_see`` say the same of any case and any viewer."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.ports import CaseQuery
from cases.viewer import Viewer
from storage import open_memory, open_sqlite
from storage.tables import STORE
from tests.storage.samples import ids, opening, stored

UNITS = ("town", "agri_station", "culture_branch", "party_gov_office")
SENDERS = ("web", "county")
some_units = st.frozensets(st.sampled_from(UNITS), max_size=3)

cases = st.lists(
    st.fixed_dictionaries({
        "organ": st.sampled_from(("", "town")),
        "unit": st.none() | st.sampled_from(UNITS),
        "collaborators": some_units.map(lambda units: tuple(sorted(units))),
        "accused": some_units.map(lambda units: tuple(sorted(units))),
        "secret": st.booleans(),
        "senders": st.lists(st.sampled_from(SENDERS), max_size=2).map(tuple),
        "history": st.booleans(),
        "state": st.sampled_from(("registered", "closed", "replied")),
        "followup": st.none() | st.sampled_from(("resolved", "unreachable")),
        "handler": st.none() | st.sampled_from(("zhang", "li")),
    }),
    min_size=1, max_size=8,
)  # fmt: skip
viewers = st.builds(
    Viewer,
    id=st.just("zhang"), kind=st.just("person"), role=st.sampled_from(("dispatcher", "admin", "discipline")),
    unit=st.none(), units=st.none() | some_units, blocked=some_units, sees_secret=st.booleans(),
    sender=st.none() | st.sampled_from(SENDERS),
)  # fmt: skip
queries = st.builds(
    CaseQuery,
    units=some_units, handler=st.none() | st.just("zhang"), claimable_for=st.none() | st.sampled_from(UNITS),
    open_only=st.booleans(), history=st.none() | st.booleans(), awaits_followup=st.booleans(),
    sort=st.sampled_from(("due", "newest", "changed")),
)  # fmt: skip


def empty(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "store.db")) as connection, connection:
        for table in reversed(STORE.sorted_tables):
            connection.execute(f"DELETE FROM {table.name}")  # noqa: S608 - our own names


@pytest.mark.parametrize("few", [0, 2000], ids=["by-order", "by-own"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=cases, viewers=st.lists(viewers, min_size=1, max_size=6), queries=st.lists(queries, min_size=1, max_size=4))
def test_sql_and_memory_show_exactly_what_may_be_seen(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    rows: list[dict[str, object]],
    viewers: list[Viewer],
    queries: list[CaseQuery],
) -> None:
    # Migrated once, emptied for each example.
    stores = (open_sqlite(tmp_path), open_memory())
    empty(tmp_path)
    monkeypatch.setattr("storage.sql_sight.FEW", few)
    made = [
        opening(str(n), case=row, petition=stored(str(n), f"c-{n}")) for n, row in enumerate(rows)
    ]  # fmt: skip
    for store in stores:
        store.cases.apply(made)

    for viewer in viewers:
        seen = {
            d.case.case_id
            for d in made
            if viewer.may_see(
                units=d.case.seen_by_units, accused=d.case.accused, secret=d.case.secret, senders=d.case.senders
            )
        }
        for store in stores:
            assert seen == set(ids(store.reader.page(CaseQuery(limit=200), viewer).rows))
            assert {"all": len(seen)} == store.reader.counts({"all": CaseQuery()}, viewer)
            assert seen == {d.case.case_id for d in made if store.reader.row(d.case.case_id, viewer)}
        for query in queries:
            sql, memory = (ids(store.reader.page(query, viewer).rows) for store in stores)
            assert memory == sql
            assert stores[1].reader.counts({"q": query}, viewer) == stores[0].reader.counts({"q": query}, viewer)
    for store in stores:
        store.close()
