"""How many cases each of several queries has: from the counts that are kept, and by index what those cannot tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, ScalarSelect, func, literal_column, select
from sqlalchemy.sql.elements import ColumnElement

from cases.ports import CaseQuery
from cases.viewer import Viewer
from storage import sql_tallies
from storage.engines import Database
from storage.sql_filters import wanted
from storage.sql_sight import sight
from storage.tables import cases
from storage.tallying import add_up, kind_from, split


def count_each(
    database: Database, queries: Mapping[str, CaseQuery], viewer: Viewer, most: int | None = None
) -> dict[str, int]:
    """A key sees by whose petitions a case holds, which no kept count knows: for it everything is counted.

    ``most``: what is counted by index is counted no further than one more than that."""
    if viewer.sender is None:
        parts = {name: split(query) for name, query in queries.items()}
        by_kind = {name: kinds for name, (kinds, _) in parts.items() if kinds is not None}
        by_index = {name: rest for name, (_, rest) in parts.items() if rest is not None}
    else:
        by_kind, by_index = {}, dict(queries)
    sums = dict.fromkeys(queries, 0)
    with database.snapshot() as connection:
        if by_kind:
            kept = sql_tallies.kept(connection)
            sums |= add_up(((kind_from(text), n) for text, n in kept.items()), by_kind, viewer)
        for name, n in _by_index(connection, by_index, viewer, most).items():
            sums[name] += n
    return sums


def _by_index(
    connection: Connection, queries: Mapping[str, CaseQuery], viewer: Viewer, most: int | None
) -> dict[str, int]:
    if not queries:
        return {}
    seen = sight(viewer, connection)
    columns = [_counted([*seen, *wanted(replace(query, sort="due"))], most) for query in queries.values()]
    row = connection.execute(select(*(c.label(f"n{i}") for i, c in enumerate(columns)))).one()
    return dict(zip(queries, row, strict=True))


def _counted(conditions: list[ColumnElement[bool]], most: int | None) -> ScalarSelect[int]:
    if most is None:
        return select(func.count()).select_from(cases).where(*conditions).scalar_subquery()
    some = select(literal_column("1")).select_from(cases).where(*conditions).limit(most + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
