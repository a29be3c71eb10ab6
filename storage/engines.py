"""Connections: one way to read and one way to write, for SQLite and for PostgreSQL.

SQLite: WAL, an fsync for every commit, BEGIN IMMEDIATE for writes (a transaction that starts by reading and then writes
fails at once when somebody wrote in between). PostgreSQL: a writer's first statement is the advisory transaction lock,
so that positions are given in commit order; after row locks it would deadlock.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DatabaseError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from cases.errors import Unavailable
from storage.columns import stamp
from storage.postgres_rows import hold_inserts_together

# The advisory locks of PostgreSQL: what must not be written by two at once. Any numbers; these spell "suqiu".
STORE_LOCK = 0x7371_0001
FACTS_LOCK = 0x7371_0002
AUDIT_LOCK = 0x7371_0003
LOG_LOCK = 0x7371_0004
MIGRATION_LOCK = 0x7371_0005
UPLOAD_LOCK = 0x7371_0006

BUSY_SECONDS = 15
"""How long a writer waits for another process to finish with the same SQLite file."""

RESTED_SECONDS = 1.0
"""A connection to PostgreSQL that was not used for so long is asked whether it is still there."""


Clock = Callable[[], datetime]


class Database:
    """A place to read from and to write to. Readers have connections of their own and are never held up by writers."""

    def __init__(self, writer: Engine, reader: Engine, follower: Engine | None = None) -> None:
        self.writer = writer
        self.reader = reader
        self.follower = follower or writer
        # Threads of one process queue up here; SQLite's own waiting is a sleep of up to 100 ms at a time.
        self._turn: AbstractContextManager[Any] = threading.Lock() if self.is_sqlite else nullcontext()

    @property
    def is_sqlite(self) -> bool:
        return self.writer.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot on SQLite, one statement's view each on PostgreSQL. Raises Unavailable."""
        with _available(), self.reader.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One view for several statements, whatever is committed meanwhile. Raises Unavailable."""
        with _available(), self.reader.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @contextmanager
    def writing(self, lock: int | None = None) -> Iterator[Connection]:
        """One transaction: all of it is durable after the block, or none. ``lock``: held until it ends (PostgreSQL).

        Compute before you come here. Raises Unavailable.
        """
        with _available(), self._turn, self.writer.begin() as connection:
            if lock is not None and not self.is_sqlite:
                connection.execute(select(func.pg_advisory_xact_lock(lock)))
            yield connection

    @contextmanager
    def following(self, lock: int | None = None) -> Iterator[Connection]:
        """As ``writing``, for what follows from durable rows and would be done again: counts, followers' positions,
        notices that went out. Whole or not at all, but not waited for at the disk: a power cut may take the last of it.
        """
        with _available(), self._turn, self.follower.begin() as connection:
            if not self.is_sqlite:
                connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
            if lock is not None and not self.is_sqlite:
                connection.execute(select(func.pg_advisory_xact_lock(lock)))
            yield connection

    def close(self) -> None:
        for engine in (self.reader, self.follower, self.writer):
            engine.dispose()


def sqlite_database(path: Path, clock: Clock | None = None) -> Database:
    return Database(
        sqlite_engine(path, clock=clock),
        sqlite_engine(path, clock=clock, readonly=True),
        sqlite_engine(path, clock=clock, synchronous="NORMAL"),
    )


def postgres_database(url: str) -> Database:
    return Database(postgres_engine(url), postgres_engine(url, readonly=True))


def sqlite_engine(
    path: Path, *, readonly: bool = False, synchronous: str = "FULL", clock: Clock | None = None
) -> Engine:
    """An engine over one file. Threads may use it at once; writers take turns.

    ``synchronous``: FULL for an fsync at every commit. In WAL mode NORMAL may lose the last commits at a power cut, never
    a part of one; what we told somebody is durable is not written so. ``clock``: what the database takes for the time.
    """
    tell = clock or _now
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False, "cached_statements": 512},
        pool_size=4, max_overflow=44, pool_timeout=BUSY_SECONDS, hide_parameters=True,
    )  # fmt: skip
    begin = "BEGIN" if readonly else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # The driver would begin transactions by its own rules, too late for IMMEDIATE and not for DDL at all.
        connection.isolation_level = None
        connection.create_function("clock_timestamp", 0, lambda: stamp(tell()))
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(pragma)
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        if readonly:
            cursor.execute("PRAGMA query_only = ON")
            cursor.execute("PRAGMA cache_size = -4096")  # there may be dozens of them
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}",
    "PRAGMA cache_size = -16384",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA wal_autocheckpoint = 10000",
    "PRAGMA journal_size_limit = 67108864",
)


def _now() -> datetime:
    """The machine's clock, for PostgreSQL's function of this name: SQLite's own knows only milliseconds."""
    return datetime.now(UTC)


def postgres_engine(url: str, *, readonly: bool = False) -> Engine:
    """An engine over psycopg 3, whatever driver the address names."""
    address = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(
        address,
        pool_size=4, max_overflow=28, pool_timeout=BUSY_SECONDS, hide_parameters=True,
        isolation_level="AUTOCOMMIT" if readonly else "READ COMMITTED",
        connect_args={"connect_timeout": 10, "application_name": "suqiu", "options": "-c timezone=UTC"},
    )  # fmt: skip
    if not readonly:
        hold_inserts_together(engine)
    event.listen(engine, "checkin", _rested_since)
    event.listen(engine, "checkout", _awake)
    return engine


def _rested_since(_connection: Any, record: Any) -> None:
    record.info["rested_since"] = time.monotonic()


def _awake(connection: Any, record: Any, _proxy: Any) -> None:
    """SQLAlchemy's ``pool_pre_ping`` for connections that have rested: asking each time doubles the ways to the server.
    One that has just worked is taken as it is; if it is gone after all, that is Unavailable, as in the midst of a query.
    """
    if time.monotonic() - record.info.get("rested_since", float("inf")) < RESTED_SECONDS:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as reason:  # the driver is an extra and cannot be named here
        # The pool throws it away, with all that are as old, and tries a new one.
        raise DisconnectionError from reason


# DatabaseError itself, and none of its kinds: a file that is no database, or is damaged.
_AWAY = (OperationalError, InterfaceError, PoolTimeout, DatabaseError)


@contextmanager
def _available() -> Iterator[None]:
    """A server that is away, a disk that is full, a file that stays locked: ours to wait for, not the caller's fault."""
    try:
        yield
    except (DatabaseError, InterfaceError, PoolTimeout) as reason:
        if type(reason) not in _AWAY:
            raise  # what a statement got wrong is a bug, and none the better for waiting
        # Without the statement and its parameters: they may hold personal data.
        why = type(getattr(reason, "orig", None) or reason).__name__
        raise Unavailable(
            f"数据库暂时不可用（{why}）", "请稍后重试；若持续出现，请检查数据库服务与磁盘空间"
        ) from reason
