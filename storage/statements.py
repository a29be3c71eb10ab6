"""Small helps for the statements: many rows at once, long lists of ids, and "insert, or replace what stands"."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Insert, RowMapping, Select, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from storage.postgres_rows import insert_rows, rows_at_once


class among(FunctionElement[Any]):  # noqa: N801 - a function to whoever writes a statement
    """``among(column, ids_json(ids))``: is the column one of the ids? One parameter, however many ids there are.

    IN with a parameter for each id must be written anew for each number of ids, which costs more than the look-up, and
    the databases set it a limit.
    """

    # Not Boolean: SQLAlchemy would write "= 1" behind it for SQLite, and no index would be used.
    type = NullType()
    inherit_cache = True


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column, ids = (compiler.process(clause, **kw) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({ids}))"  # noqa: S608 - both are compiled


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **kw: Any) -> str:
    column, ids = (compiler.process(clause, **kw) for clause in element.clauses)
    # As an array, or a planner without fresh statistics joins the whole table.
    return f"{column} = ANY (ARRAY(SELECT jsonb_array_elements_text(CAST({ids} AS jsonb))))"


def ids_json(ids: Collection[str]) -> str:
    return json.dumps(sorted(ids))


def rows_in(
    connection: Connection, statement: Select[Any], column: ColumnElement[Any], ids: Collection[str]
) -> Iterable[RowMapping]:
    """The rows whose ``column`` is one of ``ids``; nothing is asked for no ids."""
    if not ids:
        return ()
    return connection.execute(_asking(statement, column), {"ids": ids_json(ids)}).mappings()


def rows_in_each(
    connection: Connection, questions: Sequence[tuple[Select[Any], ColumnElement[Any], Collection[str]]]
) -> list[Sequence[Mapping[Any, Any]]]:
    """``rows_in`` for questions that do not hang on each other; PostgreSQL is asked all of them at once."""
    if connection.dialect.name != "postgresql":
        return [list(rows_in(connection, *question)) for question in questions]
    asked = [(_asking(statement, column), {"ids": ids_json(ids)}) for statement, column, ids in questions if ids]
    answers = iter(rows_at_once(connection, asked))
    return [next(answers) if ids else () for _, _, ids in questions]


@lru_cache(maxsize=256)
def _asking(statement: Select[Any], column: ColumnElement[Any]) -> Select[Any]:
    """Put together once for a statement that is asked again and again: that costs SQLAlchemy as much as the asking."""
    return statement.where(among(column, bindparam("ids")))


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that name every column, by the driver's own hand: SQLAlchemy's binding costs more than the insert."""
    if rows and connection.dialect.name == "postgresql":
        insert_rows(connection, table, rows)
    elif rows:
        statement, order = _compiled(table, connection.dialect)
        many: Any = list(map(order, rows)) if order is not None else rows
        connection.exec_driver_sql(statement, many)


@cache
def _compiled(table: Table, dialect: Dialect) -> tuple[str, Callable[[Any], Any] | None]:
    """The table's INSERT in the driver's words, and what makes a row its parameters, where these go by place."""
    compiled = table.insert().compile(dialect=dialect)
    names = getattr(compiled, "positiontup", None)
    return str(compiled), itemgetter(*names) if names else None


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


def add_up(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], column: str) -> None:
    """Insert; where something stands under the same primary key, ``column`` is added to it."""
    if rows:
        connection.execute(_adding(table, column, connection.dialect.name), rows)


@cache
def _adding(table: Table, column: str, dialect: str) -> Insert:
    new = _INSERTS[dialect](table)
    keys = [c.name for c in table.primary_key]
    return cast(
        Insert, new.on_conflict_do_update(index_elements=keys, set_={column: table.c[column] + new.excluded[column]})
    )


def last(connection: Connection, column: ColumnElement[Any]) -> int:
    """The highest number in a column, 0 in an empty table. Only under the writing lock is the next one free."""
    return int(connection.scalar(_last(column)) or 0)


@cache
def _last(column: ColumnElement[Any]) -> Select[Any]:
    return select(func.coalesce(func.max(column), 0))


def _insert(connection: Connection, table: Table) -> Any:
    """ON CONFLICT is written alike by both dialects, but SQLAlchemy keeps it in each one's own ``insert``."""
    return _INSERTS[connection.dialect.name](table)


_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
