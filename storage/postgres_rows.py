"""Many rows to and from PostgreSQL with few ways to the server and back.

* The rows of an insert go over as one JSON document, and the server takes it apart: ``executemany`` binds and runs the
  statement for each row.
* Inserts wait for each other: they go out together, in psycopg's pipeline, before anything else is asked on their
  connection and before it commits. So a table that is read again shows what was written, in the same order as without.
* Several questions that do not hang on each other are asked together (``rows_at_once``).

Each way there and back costs a worker more than its time on the wire: the thread lets go of the interpreter, and waits to
get it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Dialect, Engine, Select, Table, event
from sqlalchemy.exc import DBAPIError

_LATER = "suqiu_inserts"

Query = tuple[str, Any]
"""In the driver's words, with its parameters."""


def hold_inserts_together(engine: Engine) -> None:
    """To be called once for an engine that writes."""
    event.listen(engine, "begin", _forget)
    event.listen(engine, "before_cursor_execute", lambda connection, *_: _send(connection))
    event.listen(engine, "commit", _send)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows that name every column, in this order. Values must be what JSON knows; NUL was dealt with by ``keep``."""
    query = (_insert(table, connection.dialect), (to_json(rows).decode(),))
    connection.info.setdefault(_LATER, []).append(query)


def rows_at_once(
    connection: Connection, questions: Sequence[tuple[Select[Any], Mapping[str, Any]]]
) -> list[list[Mapping[str, Any]]]:
    """The rows of each statement with its parameters, by the names of their columns."""
    _send(connection)
    return _together(connection, [(_select(statement, connection.dialect), given) for statement, given in questions])


def _forget(connection: Connection) -> None:
    # What an earlier transaction on this connection left when it was given up.
    connection.info[_LATER] = []


def _send(connection: Connection) -> None:
    inserts = connection.info.get(_LATER)
    if inserts:
        connection.info[_LATER] = []
        _together(connection, inserts)


def _together(connection: Connection, queries: Sequence[Query]) -> list[list[Mapping[str, Any]]]:
    from psycopg import Error
    from psycopg.rows import dict_row

    raw: Any = connection.connection.driver_connection
    try:
        with raw.pipeline():
            cursors = [raw.cursor(row_factory=dict_row).execute(*query) for query in queries]
        return [cursor.fetchall() if cursor.description else [] for cursor in cursors]
    except Error as reason:
        # As SQLAlchemy tells it, so that everything above sees the errors that it knows.
        raise DBAPIError.instance("", None, reason, Error, hide_parameters=True, dialect=connection.dialect) from reason


@cache
def _insert(table: Table, dialect: Dialect) -> str:
    quote = dialect.identifier_preparer
    names = ", ".join(quote.quote(column.name) for column in table.columns)
    types = ", ".join(f"{quote.quote(c.name)} {c.type.compile(dialect=dialect)}" for c in table.columns)
    return (
        f"INSERT INTO {quote.format_table(table)} ({names}) "  # noqa: S608 - the names are ours
        f"SELECT {names} FROM json_to_recordset(CAST(%s AS json)) AS given({types})"
    )


@lru_cache(maxsize=256)
def _select(statement: Select[Any], dialect: Dialect) -> str:
    return str(statement.compile(dialect=dialect))
