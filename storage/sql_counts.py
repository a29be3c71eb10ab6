"""How many cases each of several queries has. Counted by index for now; kept apart, as counts will be kept by events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import func, select

from cases.ports import CaseQuery
from cases.viewer import Viewer
from storage.engines import Database
from storage.sql_filters import wanted
from storage.sql_sight import sight
from storage.tables import cases


def count_each(database: Database, queries: Mapping[str, CaseQuery], viewer: Viewer) -> dict[str, int]:
    if not queries:
        return {}
    with database.reading() as connection:
        seen = sight(viewer, connection)
        columns = [
            select(func.count()).select_from(cases).where(*seen, *wanted(replace(query, sort="due"))).scalar_subquery()
            for query in queries.values()
        ]
        row = connection.execute(select(*(c.label(f"n{i}") for i, c in enumerate(columns)))).one()
    return dict(zip(queries, row, strict=True))
