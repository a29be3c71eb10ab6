"""Small helps for the statements: many rows at once, long lists of ids, and "insert, or replace what stands"."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Insert, RowMapping, Select, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.elements import ColumnElement

# SQLite takes 32,766 parameters at most, PostgreSQL 65,535.
MANY = 1000


def chunks(ids: Collection[str]) -> Iterator[list[str]]:
    rest = iter(sorted(ids))
    while part := list(islice(rest, MANY)):
        yield part


def rows_in(
    connection: Connection, statement: Select[Any], column: ColumnElement[Any], ids: Collection[str]
) -> Iterator[RowMapping]:
    """The rows whose ``column`` is one of ``ids``, however many these are; nothing is asked for no ids."""
    for part in chunks(ids):
        yield from connection.execute(statement.where(column.in_(part))).mappings()


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(table.insert(), rows)


def upsert(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert, or replace what stands under the same primary key."""
    new = _insert(connection, table)
    keys = [c.name for c in table.primary_key]
    changed = {name: new.excluded[name] for name in row if name not in keys}
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=changed), row)


def insert_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert; what stands under the same primary key stays as it is."""
    if rows:
        keys = [c.name for c in table.primary_key]
        connection.execute(_insert(connection, table).on_conflict_do_nothing(index_elements=keys), rows)


def move_forward(connection: Connection, table: Table, row: Mapping[str, Any], column: str) -> None:
    """Insert, or replace what stands under the same primary key if ``column`` grows by it."""
    new = _insert(connection, table)
    keys = [c.name for c in table.primary_key]
    changed = {name: new.excluded[name] for name in row if name not in keys}
    grows = table.c[column] < new.excluded[column]
    connection.execute(new.on_conflict_do_update(index_elements=keys, set_=changed, where=grows), row)


def last(connection: Connection, column: ColumnElement[Any]) -> int:
    """The highest number in a column, 0 in an empty table. Only under the writing lock is the next one free."""
    return int(connection.scalar(select(func.coalesce(func.max(column), 0))) or 0)


def _insert(connection: Connection, table: Table) -> Any:
    """ON CONFLICT is written alike by both dialects, but SQLAlchemy keeps it in each one's own ``insert``."""
    kinds: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    new: Insert = kinds[connection.dialect.name](table)
    return new
