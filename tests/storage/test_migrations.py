"""The packaged migrations make exactly the tables that the statements know, on SQLite and on PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from cases.errors import Unavailable
from storage.engines import Database, postgres_database, sqlite_database
from storage.migrating import Part, migrate, pending
from storage.tables import LOG, STORE

METADATA = {"store": STORE, "log": LOG}
PARTS = get_args(Part)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.connected)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    on_disk = request.param == "sqlite"
    path, server = tmp_path / "empty.db", None if on_disk else request.getfixturevalue("postgres")
    database = sqlite_database(path) if server is None else postgres_database(server.new_database())
    yield database
    database.close()


# Indexes of what is computed: SQLAlchemy cannot read them back from SQLite, and PostgreSQL writes them in its own words.
# The next test compares them.
COMPUTED = {"ix_cases_closed", "ix_cases_returned"}


@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
@pytest.mark.parametrize("part", PARTS)
def test_the_migrated_schema_equals_the_metadata(empty: Database, part: Part) -> None:
    migrate(empty, part)

    with empty.reading() as connection:
        options: dict[str, Any] = {
            "version_table": f"alembic_version_{part}",
            "compare_type": True,
            "compare_server_default": True,
        }
        options["include_name"] = lambda name, kind, _parents: not (kind == "index" and name in COMPUTED)
        options["include_object"] = lambda _object, name, kind, *_: not (kind == "index" and name in COMPUTED)
        assert [] == compare_metadata(MigrationContext.configure(connection, opts=options), METADATA[part])


@pytest.mark.parametrize("part", PARTS)
def test_the_migrated_tables_are_written_as_the_metadata_writes_them(tmp_path: Path, part: Part) -> None:
    """What Alembic does not compare: keys kept in order, partial indexes, tables without a row number, checks."""
    migrated, made = sqlite_database(tmp_path / "migrated.db"), sqlite_database(tmp_path / "made.db")
    migrate(migrated, part)
    with made.writing() as connection:
        METADATA[part].create_all(connection)

    assert written(made) == written(migrated)
    migrated.close()
    made.close()


# SQLite writes a column that was added later behind the one before it.
_COLUMNS = re.compile(r"\n|, (?=\w+ [A-Z])")


def written(database: Database) -> dict[str, list[str]]:
    """The SQL of each table and index, its lines sorted: constraints may stand in any order."""
    with database.reading() as connection:
        rows = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        found = {name: sorted(line.strip(" ,\t)") for line in _COLUMNS.split(sql)) for name, sql in rows}
    return {name: [line for line in lines if line] for name, lines in found.items() if not name.startswith("alembic")}


def test_store_and_log_live_in_one_database_beside_each_other(empty: Database) -> None:
    for part in PARTS:
        migrate(empty, part)

    with empty.reading() as connection:
        tables = set(sa.inspect(connection).get_table_names())
    assert {*STORE.tables, *LOG.tables, "alembic_version_store", "alembic_version_log"} == tables


def test_a_migrated_database_has_nothing_to_do(empty: Database) -> None:
    with empty.reading() as connection:
        assert ["0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009"] == pending(connection, "store")
    migrate(empty, "store")
    migrate(empty, "store")

    with empty.reading() as connection:
        assert [] == pending(connection, "store")


def test_processes_that_start_at_once_migrate_once(empty: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: migrate(empty, "store"), range(4)))

    with empty.reading() as connection:
        assert [] == pending(connection, "store")


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty: Database) -> None:
    with empty.writing() as connection:
        connection.execute(sa.text("CREATE TABLE petitions (something_else text)"))

    with pytest.raises((Unavailable, sa.exc.ProgrammingError)):  # as SQLite and as PostgreSQL call it
        migrate(empty, "store")

    with empty.reading() as connection:
        assert ["petitions"] == sa.inspect(connection).get_table_names()


def test_saved_views_and_searches_are_carried_into_one_table(empty: Database) -> None:
    migrate(empty, "store")
    with empty.writing() as connection:
        for statement in (
            "DROP TABLE saved_lists",
            "DROP TABLE lookers",
            "UPDATE alembic_version_store SET version_num = '0007'",
            "CREATE TABLE saved_views (owner text, id text, name text, query text, made_at text)",
            "CREATE TABLE saved_searches (account text, name text, query text, sort text, saved_at text)",
            "INSERT INTO saved_views VALUES ('li', 'v1', '道路', 'view=all&topic=roads', '2026-11-23T01:00:00+00:00')",
            "INSERT INTO saved_searches VALUES ('li', '路灯', '路灯 状态:在办', 'newest', '2026-11-23T01:00:00+00:00'),"
            " ('li', 'x', 'json:\"a\\u0000\"', 'relevance', '2026-11-23T01:00:00+00:00')",
        ):
            connection.exec_driver_sql(statement)

    migrate(empty, "store")

    with empty.reading() as connection:
        found = set(map(tuple, connection.execute(sa.text("SELECT owner, page, id, name, query FROM saved_lists"))))
    assert {
        ("li", "queue", "v1", "道路", "view=all&topic=roads"),
        ("li", "search", "路灯", "路灯", "q=%E8%B7%AF%E7%81%AF+%E7%8A%B6%E6%80%81%3A%E5%9C%A8%E5%8A%9E&sort=newest"),
        ("li", "search", "x", "x", "q=a%00"),
    } == found
