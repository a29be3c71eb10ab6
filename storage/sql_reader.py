"""Cases for people, out of the tables. Every query goes through ``sight``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Select, and_, func, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from cases.ports import CaseQuery, CaseRow, Load, Page
from cases.viewer import Viewer
from storage import sql_tallies
from storage.columns import FAR, stamp
from storage.engines import Database
from storage.paging import Key, checked, cursor_after, key_of
from storage.sql_counts import count_each
from storage.sql_filters import wanted
from storage.sql_rows import case_row_of
from storage.sql_sight import sight
from storage.statements import rows_in
from storage.tables import cases
from storage.tallying import holding_from, loads_of


class SqlCaseReader:
    """``cases.ports.CaseReader``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def row(self, case_id: str, viewer: Viewer) -> CaseRow | None:
        return self._one(cases.c.case_id == case_id, viewer)

    def row_by_number(self, number: str, viewer: Viewer) -> CaseRow | None:
        return self._one(cases.c.number == number, viewer)

    def rows(self, case_ids: Collection[str], viewer: Viewer) -> list[CaseRow]:
        """Those that are there for this viewer, in the order in which they were asked for."""
        seen = select(cases).where(*sight(viewer))
        with self._database.reading() as connection:
            found = {r["case_id"]: case_row_of(r) for r in rows_in(connection, seen, cases.c.case_id, set(case_ids))}
        return [found[case_id] for case_id in dict.fromkeys(case_ids) if case_id in found]

    def page(self, query: CaseQuery, viewer: Viewer) -> Page:
        """Raises BadInput for a sort, limit or cursor that cannot be."""
        after = key_of(checked(query))
        with self._database.reading() as connection:
            conditions = [*sight(viewer, connection), *wanted(query)]
            # One more than asked tells whether there is a next page.
            statement = (_picked if _rare(query) else _sorted)(query, after, conditions, query.limit + 1)
            found = [case_row_of(r) for r in connection.execute(statement).mappings()]
        rows = tuple(found[: query.limit])
        more = len(found) > query.limit
        return Page(rows, cursor_after(query.sort, sort_key(query.sort, rows[-1])) if more else None)

    def counts(self, queries: Mapping[str, CaseQuery], viewer: Viewer) -> dict[str, int]:
        """How many cases each query has for this viewer, without sort, cursor and limit."""
        return count_each(self._database, queries, viewer)

    def count_up_to(self, queries: Mapping[str, CaseQuery], viewer: Viewer, most: int) -> dict[str, int]:
        return count_each(self._database, queries, viewer, most)

    def loads(self, viewer: Viewer) -> list[Load]:
        with self._database.reading() as connection:
            kept = sql_tallies.held(connection)
        return loads_of(((holding_from(text), n) for text, n in kept.items()), viewer)

    def _one(self, which: ColumnElement[bool], viewer: Viewer) -> CaseRow | None:
        with self._database.reading() as connection:
            row = connection.execute(select(cases).where(which, *sight(viewer))).mappings().first()
        return None if row is None else case_row_of(row)


def sort_key(sort: str, row: CaseRow) -> Key:
    """What a row is sorted by: unique for each row, so that a page starts where the last one ended."""
    if sort == "due":
        return (FAR if row.due_at is None else stamp(row.due_at), row.opened)
    return (row.opened,) if sort == "newest" else (row.position,)


def _sorted(query: CaseQuery, after: Key | None, conditions: list[ColumnElement[bool]], limit: int) -> Select[Any]:
    statement = select(cases).where(*conditions).limit(limit)
    if query.sort == "due":
        statement = statement.order_by(cases.c.due_at, cases.c.opened)
        # A case that is due at the moment of the last row and was opened later is on the next page.
        return statement if after is None else statement.where(_after(after))
    column = cases.c.opened if query.sort == "newest" else cases.c.position
    statement = statement.order_by(column.desc())
    return statement if after is None else statement.where(column < after[0])


def _rare(query: CaseQuery) -> bool:
    """With a filter in an order whose index does not hold what is filtered by: last changed, or open and closed
    together by due date."""
    filters = query.states or query.units or query.topics or query.channels or query.levels or query.places
    if query.hops or query.sent_back:
        return False  # the few have an index of their own, in the order of due dates
    narrowed = filters or query.purposes or query.from_number or query.before_number or query.joint_only
    other_order = query.sort == "changed" or (query.sort == "due" and not query.open_only)
    return bool(narrowed) and other_order and not query.awaits_followup and query.handler is None


def _picked(query: CaseQuery, after: Key | None, conditions: list[ColumnElement[bool]], limit: int) -> Select[Any]:
    """First which cases, out of the index that holds every filter; then their rows. ``coalesce`` keeps planners from
    walking in the order asked for through the rows of all that do not match."""
    which = select(cases.c.case_id).where(*conditions).limit(limit)
    order: tuple[ColumnElement[Any], ...] = (func.coalesce(cases.c.due_at, ""), cases.c.opened)
    if query.sort == "changed":
        order = (func.coalesce(cases.c.position, 0).desc(),)
    if after is not None:
        which = which.where(_after(after) if query.sort == "due" else cases.c.position < after[0])
    return select(cases).where(cases.c.case_id.in_(which.order_by(*order))).order_by(*order)


def _after(key: Key) -> ColumnElement[bool]:
    """Row comparison, with its first part said again plainly, so that every planner uses the index for it."""
    return and_(cases.c.due_at >= key[0], tuple_(cases.c.due_at, cases.c.opened) > tuple_(*key))
