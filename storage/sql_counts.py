"""How many cases each of several queries has. Counted by index for now; kept apart, as counts will be kept by events."""

from __future__ import annotations

from collections.abc import Mapping

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
    seen = sight(viewer)
    columns = [
        select(func.count()).select_from(cases).where(*seen, *wanted(query)).scalar_subquery().label(f"n{i}")
        for i, query in enumerate(queries.values())
    ]
    with database.reading() as connection:
        row = connection.execute(select(*columns)).one()
    return dict(zip(queries, row, strict=True))
