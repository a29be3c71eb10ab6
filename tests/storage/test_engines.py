"""Connections: durable, read-only where they read, and clear about a database that is away."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from cases.errors import Unavailable
from storage import open_postgres, open_sqlite
from storage.engines import Database, sqlite_database
from storage.statements import insert_many
from tests.storage.samples import opening


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = sqlite_database(tmp_path / "x.db")
    with made.writing() as connection:
        connection.execute(sa.text("CREATE TABLE t (n integer)"))
    return made


def pragma(connection: sa.Connection, name: str) -> object:
    return connection.scalar(sa.text(f"PRAGMA {name}"))


def test_every_connection_waits_for_the_disk_and_keeps_foreign_keys(database: Database) -> None:
    with database.writing() as connection:
        assert ("wal", 2, 1) == tuple(pragma(connection, p) for p in ("journal_mode", "synchronous", "foreign_keys"))
    database.close()


def test_a_reader_cannot_write(database: Database) -> None:
    def write() -> None:
        with database.reading() as connection:
            connection.execute(sa.text("INSERT INTO t VALUES (1)"))

    with pytest.raises(Unavailable):
        write()
    database.close()


def test_a_block_that_fails_writes_nothing(database: Database) -> None:
    def write() -> None:
        with database.writing() as connection:
            connection.execute(sa.text("INSERT INTO t VALUES (1)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write()

    with database.reading() as connection:
        assert 0 == connection.scalar(sa.text("SELECT count(*) FROM t"))
    database.close()


def test_a_reader_is_not_held_up_by_a_writer_and_sees_what_was_committed(database: Database) -> None:
    writing, may_end = threading.Event(), threading.Event()

    def write() -> None:
        with database.writing() as connection:
            connection.execute(sa.text("INSERT INTO t VALUES (1)"))
            writing.set()
            may_end.wait(30)

    writer = threading.Thread(target=write)
    writer.start()
    assert writing.wait(30)
    with database.reading() as connection:
        seen = connection.scalar(sa.text("SELECT count(*) FROM t"))
    may_end.set()
    writer.join(30)

    with database.reading() as connection:
        assert (0, 1) == (seen, connection.scalar(sa.text("SELECT count(*) FROM t")))
    database.close()


def test_a_folder_that_cannot_be_used_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "store.db").mkdir()

    with pytest.raises(Unavailable, match="不可用"):
        open_sqlite(tmp_path)


def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "store.db").write_bytes(b"not a database, but long enough to be looked at" * 100)

    with pytest.raises(Unavailable, match="不可用"):
        open_sqlite(tmp_path)


def test_a_server_that_is_away_is_said_so_without_the_password() -> None:
    with pytest.raises(Unavailable) as told:
        open_postgres("postgresql://suqiu:geheim@127.0.0.1:1/suqiu")

    assert "geheim" not in f"{told.value.message} {told.value.do} {told.value.__cause__}"


def test_what_failed_is_told_without_anybodys_words(tmp_path: Path) -> None:
    """Statements are logged with errors; parameters hold personal data."""
    storage = open_sqlite(tmp_path)
    with sqlite_database(tmp_path / "store.db").writing() as connection:
        connection.execute(sa.text("DROP TABLE texts"))

    with pytest.raises(Unavailable) as told:
        storage.cases.apply([opening("秘密")])

    assert "秘密" not in f"{told.value} {told.value.__cause__}"
    storage.close()


def test_the_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    open_sqlite(tmp_path / "data").close()

    assert 0o700 == (tmp_path / "data").stat().st_mode & 0o777


@pytest.mark.parametrize("many", [1, 9, 10, 49, 261])
def test_any_number_of_rows_goes_in_by_a_few_statements(database: Database, many: int) -> None:
    metadata = sa.MetaData()
    table = sa.Table("rows", metadata, sa.Column("n", sa.Integer), sa.Column("word", sa.Text))
    with database.writing() as connection:
        metadata.create_all(connection)
        insert_many(connection, table, [{"word": f"w{n}", "n": n} for n in range(many)])

    with database.reading() as connection:
        assert [(n, f"w{n}") for n in range(many)] == [tuple(r) for r in connection.execute(sa.select(table))]
    database.close()


def test_rows_are_written_in_time_although_another_thread_computes(database: Database) -> None:
    table = sa.Table("t", sa.MetaData(), sa.Column("n", sa.Integer))
    stop = threading.Event()

    def compute() -> None:
        while not stop.is_set():
            sum(range(1000))

    busy = threading.Thread(target=compute)
    busy.start()
    try:
        with database.writing() as connection:
            steps = _count_statements(connection)
            insert_many(connection, table, [{"n": n} for n in range(2000)])
    finally:
        stop.set()
        busy.join()

    # Each statement may wait for the interpreter once; a statement for each row did, and took seconds.
    assert 11 == len(steps)
    database.close()


def _count_statements(connection: sa.Connection) -> list[str]:
    seen: list[str] = []
    driver = connection.connection.dbapi_connection
    assert driver is not None
    driver.set_trace_callback(seen.append)
    return seen
