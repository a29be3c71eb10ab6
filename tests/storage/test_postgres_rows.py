"""Inserts that wait for each other on PostgreSQL: nobody sees that they do, and nothing of a given-up one stays."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from storage import engines
from storage.engines import Database, postgres_database
from storage.statements import insert_many, rows_in, rows_in_each

if TYPE_CHECKING:
    from tests.servers.postgres import Postgres

META = sa.MetaData()
NOTES = sa.Table(
    "notes", META, sa.Column("id", sa.String(collation="C"), primary_key=True), sa.Column("n", sa.BigInteger),
    sa.Column("good", sa.Boolean), sa.Column("order", sa.Text, nullable=True),
)  # fmt: skip
ALL = sa.select(NOTES)


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    made = postgres_database(postgres.new_database())
    META.create_all(made.writer)
    yield made
    made.close()


def note(id_: str, n: int = 1, order: str | None = None) -> dict[str, Any]:
    return {"id": id_, "n": n, "good": True, "order": order}


def ids(database: Database) -> list[str]:
    with database.reading() as connection:
        return sorted(row.id for row in connection.execute(ALL))


def test_rows_come_out_as_they_went_in(database: Database) -> None:
    given = [
        note("一", 2**53 + 1, '{"a": "\\u0000 \\"quoted\\""}'), note("b%s", -7, "back\\slash\nand line\x7f"),
        note("c"), note("𠮷:name", order="%(ids)s"),
    ]  # fmt: skip

    with database.writing() as connection:
        insert_many(connection, NOTES, given)

    with database.reading() as connection:
        found = {row["id"]: dict(row) for row in rows_in(connection, ALL, NOTES.c.id, [g["id"] for g in given])}
    assert {g["id"]: g for g in given} == found


def test_whoever_asks_in_the_same_transaction_sees_what_was_inserted_before(database: Database) -> None:
    with database.writing() as connection:
        insert_many(connection, NOTES, [note("a"), note("b")])
        counted = connection.scalar(sa.select(sa.func.count()).select_from(NOTES))
        insert_many(connection, NOTES, [note("c")])
        one, none, all_three = rows_in_each(
            connection, [(ALL, NOTES.c.id, {"c"}), (ALL, NOTES.c.id, set()), (ALL, NOTES.c.id, {"a", "b", "c"})]
        )

    assert (2, 1, 0, 3) == (counted, len(one), len(none), len(all_three))
    assert ["a", "b", "c"] == ids(database)


def test_of_a_transaction_that_was_given_up_nothing_comes_in_with_the_next_one(database: Database) -> None:
    def give_up() -> None:
        with database.writing() as connection:
            insert_many(connection, NOTES, [note("given up")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()

    with database.writing() as connection:
        insert_many(connection, NOTES, [note("kept")])

    assert ["kept"] == ids(database)


def test_a_row_that_may_not_stand_twice_is_the_error_that_it_is_everywhere_and_nothing_is_written(
    database: Database,
) -> None:
    def write_twice() -> None:
        with database.writing() as connection:
            insert_many(connection, NOTES, [note("other")])
            insert_many(connection, NOTES, [note("a"), note("a")])

    with pytest.raises(sa.exc.IntegrityError):
        write_twice()

    assert [] == ids(database)
    with database.writing() as connection:
        insert_many(connection, NOTES, [note("a")])
    assert ["a"] == ids(database)


def test_a_connection_that_has_rested_and_was_ended_meanwhile_is_replaced_unnoticed(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "RESTED_SECONDS", 0.05)
    assert [] == ids(database)
    with database.writing() as connection:
        connection.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                    " AND datname = current_database()")
        )  # fmt: skip
    time.sleep(0.1)

    assert [] == ids(database)
