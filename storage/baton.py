"""One of many 令牌: a PostgreSQL advisory lock held by a connection of its own, for work that one process does at a time.

The server lets it go when the connection ends, also by a kill. It is held by a session: a connection pool between us
and the server must not hand the session to others (PgBouncer: session mode).
"""

from __future__ import annotations

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from cases.errors import Unavailable

RELAY = 0x7371_0006
"""The relay's lock, beside those of ``storage.engines``."""


class PostgresBaton:
    """``held`` takes it or makes sure that it is still ours. Used by one thread."""

    def __init__(self, url: str, number: int = RELAY) -> None:
        address = make_url(url).set(drivername="postgresql+psycopg")
        # A dead network is noticed in half a minute: until then the server keeps the lock for a holder that is gone.
        alive = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 25_000}
        self._engine = create_engine(
            address,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args={"connect_timeout": 10, "application_name": "suqiu-baton", **alive},
        )
        self._number = number
        self._connection: Connection | None = None
        self._ours = False

    def held(self) -> bool:
        """Raises Unavailable when the server is away; then nothing is held."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            if self._ours:
                # The lock lives as long as the session: one that answers still has it.
                self._connection.execute(text("SELECT 1"))
            else:
                self._ours = bool(
                    self._connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), {"number": self._number})
                )
        except SQLAlchemyError as reason:
            self.release()
            raise Unavailable("数据库暂时不可用", "请检查数据库服务") from reason
        return self._ours

    def release(self) -> None:
        connection, self._connection, self._ours = self._connection, None, False
        if connection is not None:
            try:
                connection.invalidate()  # ends the session, and with it the lock
            finally:
                connection.close()
