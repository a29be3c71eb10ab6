"""The audit log in the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from cases.events import GENESIS
from storage.auditing import Entry, broken_at, entry
from storage.columns import keep, kept, moment, stamp
from storage.engines import AUDIT_LOCK, Database
from storage.tables import audit

_PAGE = 1000
_WORDS = ("actor", "action", "subject", "reason")


class SqlAuditLog:
    """``cases.ports.AuditLog``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def write(self, *, actor: str, action: str, subject: str, reason: str, at: datetime) -> None:
        newest = select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)
        with self._database.writing(AUDIT_LOCK) as connection:
            id_, hash_ = connection.execute(newest).first() or (0, GENESIS)
            new = asdict(entry(id_ + 1, stamp(at), actor, action, subject, reason, hash_))
            connection.execute(audit.insert(), new | {name: keep(new[name]) for name in _WORDS})

    def entries(self, *, before: int | None = None, limit: int = 100) -> list[Mapping[str, Any]]:
        statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
        if before is not None:
            statement = statement.where(audit.c.id < before)
        with self._database.reading() as connection:
            return [asdict(e) | {"at": moment(e.at)} for e in map(_entry, connection.execute(statement).mappings())]

    def broken_at(self) -> int | None:
        with self._database.snapshot() as connection:
            return broken_at(_all(connection))


def _all(connection: Connection) -> Iterator[Entry]:
    after = 0
    while rows := list(
        connection.execute(select(audit).where(audit.c.id > after).order_by(audit.c.id).limit(_PAGE)).mappings()
    ):
        yield from map(_entry, rows)
        after = rows[-1]["id"]


def _entry(row: Any) -> Entry:
    return Entry(
        id=row["id"], at=row["at"], prev_hash=row["prev_hash"], hash=row["hash"],
        **{name: kept(row[name]) for name in _WORDS},
    )  # fmt: skip
