"""The baton over a real PostgreSQL: one holder, and none for longer than its session lives."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import sqlalchemy as sa

from cases.errors import Unavailable
from storage.baton import PostgresBaton

if TYPE_CHECKING:
    from tests.servers.postgres import Postgres


def test_one_holds_it_at_a_time_and_the_next_gets_it_when_it_is_let_go(postgres: Postgres) -> None:
    url = postgres.new_database()
    first, second = PostgresBaton(url), PostgresBaton(url)

    assert (True, False, True, False) == (first.held(), second.held(), first.held(), second.held())
    first.release()

    until(second.held)
    assert not first.held()
    first.release()
    second.release()


def test_a_holder_whose_session_was_ended_knows_that_it_holds_nothing(postgres: Postgres) -> None:
    url = postgres.new_database()
    first, second = PostgresBaton(url), PostgresBaton(url)
    assert first.held()

    engine = sa.create_engine(url)
    with engine.connect() as admin:
        ours = "application_name = 'suqiu-baton' AND datname = current_database()"
        admin.execute(sa.text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}"))  # noqa: S608
    engine.dispose()

    until(second.held)
    try:
        assert not first.held()
    except Unavailable:
        assert not first.held()
    first.release()
    second.release()


def until(holds: object) -> None:
    deadline = time.monotonic() + 30
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.05)
