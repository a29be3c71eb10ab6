"""Many rows into PostgreSQL by one statement: they go over as one JSON document, and the server takes it apart.

``executemany`` binds and runs the statement for each row; fifteen rows a petition made that a tenth of a worker's time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Connection, Dialect, Table


def insert_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows that name every column, in this order. Values must be what JSON knows; NUL was dealt with by ``keep``."""
    connection.exec_driver_sql(_statement(table, connection.dialect), (to_json(rows).decode(),))


@cache
def _statement(table: Table, dialect: Dialect) -> str:
    quote = dialect.identifier_preparer
    names = ", ".join(quote.quote(column.name) for column in table.columns)
    types = ", ".join(f"{quote.quote(c.name)} {c.type.compile(dialect=dialect)}" for c in table.columns)
    return (
        f"INSERT INTO {quote.format_table(table)} ({names}) "  # noqa: S608 - the names are ours
        f"SELECT {names} FROM json_to_recordset(CAST(%s AS json)) AS given({types})"
    )
