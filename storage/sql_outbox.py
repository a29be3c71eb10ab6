"""Notices on their way out: queued with the decision, claimed for a while, then sent, tried again, or dead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, literal, literal_column, select

from cases.ports import QueuedNotice
from storage.columns import keep, kept, moment_or_none, notice_of, stamp
from storage.engines import Database
from storage.statements import among, ids_json
from storage.tables import outbox

STATES = frozenset({"queued", "sent", "dead"})

# Put together once, as they are asked at every turn. Bound names apart from those of the columns, which an UPDATE
# reserves for the new values.
_DUE = (
    select(outbox)
    .where(outbox.c.state == "queued", outbox.c.due_at <= bindparam("now"))
    .order_by(outbox.c.position)
    .limit(bindparam("few"))
    # Two senders on PostgreSQL take different ones; SQLite has one writer at a time, and no such words.
    .with_for_update(skip_locked=True)
)
_THESE = among(outbox.c.id, bindparam("ids"))
_TAKE = outbox.update().where(_THESE).values(due_at=bindparam("until"), tries=outbox.c.tries + 1)
# One that was sent stays sent: a slower sender whose lease ran out has nothing to say any more.
_OPEN = outbox.update().where(_THESE, outbox.c.state == "queued")
_SENT = _OPEN.values(state="sent", sent_at=bindparam("at"), error="")


class SqlOutbox:
    """``cases.ports.Outbox``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, now: datetime, limit: int, lease: int = 60) -> list[QueuedNotice]:
        """Due ones, longest in the queue first. One that is neither sent nor failed comes back after ``lease`` seconds.

        ``tries``: how often it was claimed before.
        """
        until = stamp(now + timedelta(seconds=lease))
        with self._database.following() as connection:
            rows = list(connection.execute(_DUE, {"now": stamp(now), "few": limit}).mappings())
            if rows:
                connection.execute(_TAKE, {"ids": ids_json([row["id"] for row in rows]), "until": until})
        return [QueuedNotice(notice=notice_of(r["notice"]), tries=r["tries"], position=r["position"]) for r in rows]

    def sent(self, ids: Collection[str], now: datetime) -> None:
        """Those that went out, in one transaction."""
        with self._database.following() as connection:
            connection.execute(_SENT, {"ids": ids_json(ids), "at": stamp(now)})

    def failed(self, id: str, error: str, retry_at: datetime | None) -> None:
        """To be tried again at ``retry_at``, or dead (死信) without one."""
        if retry_at is None:
            self._settle(id, state="dead", error=keep(error))
        else:
            self._settle(id, due_at=stamp(retry_at), error=keep(error))

    def notices(self, *, state: str | None = None, limit: int = 100) -> list[Mapping[str, Any]]:
        """Newest first: id, case_id, to, template, state, tries, error, due_at, sent_at, position."""
        statement = select(outbox).order_by(outbox.c.position.desc()).limit(limit)
        if state is not None:
            # As a word in the statement, or no planner would know that it may use the index of just these.
            word = literal_column(f"'{state}'") if state in STATES else literal(state)
            statement = statement.where(outbox.c.state == word)
        with self._database.reading() as connection:
            return [_told(row) for row in connection.execute(statement).mappings()]

    def again(self, id: str) -> bool:
        """Durable: somebody was told that it goes out."""
        anew = outbox.update().where(outbox.c.id == id, outbox.c.state == "dead")
        with self._database.writing() as connection:
            return connection.execute(anew.values(state="queued", tries=0, due_at="", error="")).rowcount == 1

    def _settle(self, id: str, **values: Any) -> None:
        with self._database.following() as connection:
            connection.execute(_OPEN.values(values), {"ids": ids_json([id])})


def _told(row: Mapping[Any, Any]) -> Mapping[str, Any]:
    notice = notice_of(row["notice"])
    return {
        "id": notice.id, "case_id": notice.case_id, "to": notice.to, "template": notice.template,
        "state": row["state"], "tries": row["tries"], "error": kept(row["error"]),
        "due_at": moment_or_none(row["due_at"] or None), "sent_at": moment_or_none(row["sent_at"]),
        "position": row["position"],
    }  # fmt: skip
