"""Notices on their way out: queued with the decision, claimed for a while, then sent, tried again, or dead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from cases.ports import QueuedNotice
from storage.columns import keep, kept, moment_or_none, notice_of, stamp
from storage.engines import Database
from storage.statements import among, ids_json
from storage.tables import outbox


class SqlOutbox:
    """``cases.ports.Outbox``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, now: datetime, limit: int, lease: int = 60) -> list[QueuedNotice]:
        """Due ones, longest in the queue first. One that is neither sent nor failed comes back after ``lease`` seconds.

        ``tries``: how often it was claimed before.
        """
        due = (
            select(outbox)
            .where(outbox.c.state == "queued", outbox.c.due_at <= stamp(now))
            .order_by(outbox.c.position)
            .limit(limit)
            # Two senders on PostgreSQL take different ones; SQLite has one writer at a time, and no such words.
            .with_for_update(skip_locked=True)
        )
        until = stamp(now + timedelta(seconds=lease))
        with self._database.following() as connection:
            rows = list(connection.execute(due).mappings())
            if rows:
                taken = outbox.update().where(among(outbox.c.id, ids_json([row["id"] for row in rows])))
                connection.execute(taken.values(due_at=until, tries=outbox.c.tries + 1))
        return [QueuedNotice(notice=notice_of(r["notice"]), tries=r["tries"], position=r["position"]) for r in rows]

    def sent(self, ids: Collection[str], now: datetime) -> None:
        """Those that went out, in one transaction."""
        self._settle(ids, state="sent", sent_at=stamp(now), error="")

    def failed(self, id: str, error: str, retry_at: datetime | None) -> None:
        """To be tried again at ``retry_at``, or dead (死信) without one."""
        if retry_at is None:
            self._settle([id], state="dead", error=keep(error))
        else:
            self._settle([id], due_at=stamp(retry_at), error=keep(error))

    def notices(self, *, state: str | None = None, limit: int = 100) -> list[Mapping[str, Any]]:
        """Newest first: id, case_id, to, template, state, tries, error, due_at, sent_at, position."""
        statement = select(outbox).order_by(outbox.c.position.desc()).limit(limit)
        if state is not None:
            statement = statement.where(outbox.c.state == state)
        with self._database.reading() as connection:
            return [_told(row) for row in connection.execute(statement).mappings()]

    def _settle(self, ids: Collection[str], **values: Any) -> None:
        # One that was sent stays sent: a slower sender whose lease ran out has nothing to say any more.
        open_ones = outbox.update().where(among(outbox.c.id, ids_json(ids)), outbox.c.state == "queued")
        with self._database.following() as connection:
            connection.execute(open_ones.values(values))


def _told(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    notice = notice_of(row["notice"])
    return {
        "id": notice.id, "case_id": notice.case_id, "to": notice.to, "template": notice.template,
        "state": row["state"], "tries": row["tries"], "error": kept(row["error"]),
        "due_at": moment_or_none(row["due_at"] or None), "sent_at": moment_or_none(row["sent_at"]),
        "position": row["position"],
    }  # fmt: skip
