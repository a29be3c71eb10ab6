"""Small helps for the statements: many rows at once, long lists of ids, and "insert, or replace what stands"."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any, cast

import orjson
from sqlalchemy import Connection, Dialect, Insert, RowMapping, Select, Table, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
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
    return orjson.dumps(sorted(ids)).decode()


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


ROWS_AT_ONCE = (256, 128, 64, 32, 16, 8, 4, 2, 1)
"""How many rows one SQLite statement inserts: few enough sizes that each statement is compiled once a connection, and
few statements for any number of rows."""


def insert_many(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that name every column, by the driver's own hand: SQLAlchemy's binding costs more than the insert."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        insert_rows(connection, table, rows)
        return
    # Not executemany: it lets go of the interpreter's lock at every row, and waits up to 5 ms to get it back while
    # another thread computes: 630 µs a row where these statements take 20.
    statement, order = compiled_insert(table, connection.dialect)
    into = statement[: statement.index(" VALUES ") + len(" VALUES ")]
    execute = connection.connection.cursor().execute
    for sql, values in several_rows(into, len(table.columns), list(map(order, rows))):
        try:
            execute(sql, values)
        except Exception as error:
            raise _named(error, connection) from error


def several_rows(into: str, columns: int, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Statements with their parameters that insert all these rows. ``into``: ``INSERT INTO … VALUES``."""
    begin = 0
    for size in ROWS_AT_ONCE:
        while len(rows) - begin >= size:
            yield _rows_at_once(into, columns, size), tuple(chain.from_iterable(rows[begin : begin + size]))
            begin += size


def _named(error: Exception, connection: Connection) -> BaseException:
    """The driver's error as SQLAlchemy's, by which everybody tells what is to be waited for from a bug. Without the
    parameters: they are people's data."""
    kind = cast(type[Exception], connection.dialect.loaded_dbapi.Error)
    return DBAPIError.instance(None, None, error, kind, hide_parameters=True, dialect=connection.dialect)


@cache
def compiled_insert(table: Table, dialect: Dialect) -> tuple[str, Callable[[Any], tuple[Any, ...]]]:
    """The table's INSERT in the driver's words, and what makes a row its parameters."""
    compiled: Any = table.insert().compile(dialect=dialect)
    names = compiled.positiontup
    one = names[0]
    return str(compiled), itemgetter(*names) if len(names) > 1 else lambda row: (row[one],)


@cache
def _rows_at_once(into: str, columns: int, rows: int) -> str:
    """``INSERT … VALUES (?, ?), (?, ?)``."""
    row = f"({', '.join('?' * columns)})"
    return into + ", ".join([row] * rows)


def upsert(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    """Insert, or replace what stands under the same primary key."""
    connection.execute(_replacing(table, tuple(row), None, connection.dialect.name), row)


def insert_absent(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert; what stands under the same primary key stays as it is."""
    if rows:
        keys = [c.name for c in table.primary_key]
        connection.execute(_insert(connection, table).on_conflict_do_nothing(index_elements=keys), rows)


def move_forward(connection: Connection, table: Table, row: Mapping[str, Any], column: str) -> None:
    """Insert, or replace what stands under the same primary key if ``column`` grows by it."""
    connection.execute(_replacing(table, tuple(row), column, connection.dialect.name), row)


@cache
def _replacing(table: Table, names: tuple[str, ...], growing: str | None, dialect: str) -> Insert:
    """Put together once, as ``_adding``."""
    new = _INSERTS[dialect](table)
    keys = [c.name for c in table.primary_key]
    changed = {name: new.excluded[name] for name in names if name not in keys}
    grows = None if growing is None else table.c[growing] < new.excluded[growing]
    return cast(Insert, new.on_conflict_do_update(index_elements=keys, set_=changed, where=grows))


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
