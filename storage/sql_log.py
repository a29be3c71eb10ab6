"""What came in, in the tables of the log (``log.db``; on the cluster Kafka has the petitions, PostgreSQL the rest).

Many threads wait for their receipt at once: whoever gets the turn writes for all that came meanwhile, with one fsync.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, literal, select

from cases.errors import Unavailable
from cases.petition import Petition, petition_from_json
from cases.ports import Appended, LogEntry, RejectedInput
from storage.columns import keep, kept, moment, plain_json, stamp
from storage.engines import LOG_LOCK, Database
from storage.statements import insert_absent, insert_many, last, move_forward, rows_in
from storage.tables import conversations, inbound, rejected

_REJECTED = rejected  # inside the class the name is an argument
_KNOWN = select(inbound.c.petition_id, inbound.c.content_hash)


TAIL, TAIL_CHARACTERS = 2_000, 2_000_000
"""So many petitions that this process appended last, and so many characters of them at most (8 MB), are handed as they
are to whoever follows closely."""


@dataclass(slots=True)
class _Waiting:
    """One caller's petitions and their rows, and in the end what became of them."""

    petitions: Sequence[Petition]
    rows: list[dict[str, Any]]
    result: list[Appended] = field(default_factory=list)
    error: Exception | None = None
    done: bool = False


class SqlPetitionLog:
    """``cases.ports.PetitionLog`` and ``cases.ports.PetitionFeed``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._at_the_list = threading.Lock()
        self._turn = threading.Lock()
        self._tail = _Tail()

    def append(self, petitions: Sequence[Petition]) -> list[Appended]:
        """Durable on return. Raises Unavailable: then nothing of it was acknowledged, and it may be tried again."""
        mine = _Waiting(petitions, [_values(p) for p in petitions])
        with self._at_the_list:
            self._waiting.append(mine)
        with self._turn:
            if not mine.done:
                with self._at_the_list:
                    all_waiting, self._waiting = self._waiting, []
                self._write(all_waiting)
        if mine.error is not None:
            raise mine.error
        return mine.result

    def read(self, after: int, limit: int) -> list[LogEntry]:
        if found := self._tail.after(after, limit):
            return found
        statement = select(inbound.c.position, inbound.c.body).where(inbound.c.position > after)
        with self._database.reading() as connection:
            rows = connection.execute(statement.order_by(inbound.c.position).limit(limit)).all()
        return [LogEntry(position, petition_from_json(kept(body))) for position, body in rows]

    def head(self) -> int:
        with self._database.reading() as connection:
            return last(connection, inbound.c.position)

    def _write(self, all_waiting: list[_Waiting]) -> None:
        # Until it is known to be durable, it is not: also when this thread is interrupted in between.
        failure: Exception = Unavailable("写入被中断", "请重试")
        try:
            given = [p for w in all_waiting for p in w.petitions]
            with self._database.writing(LOG_LOCK) as connection:
                results, positions = _append(connection, [row for w in all_waiting for row in w.rows])
            self._tail.put([LogEntry(at, p) for p, at in zip(given, positions, strict=True) if at])
            for w in all_waiting:
                w.result, results = results[: len(w.rows)], results[len(w.rows) :]
        except Exception as error:  # noqa: BLE001 - raised again by each of those who wait
            failure = error
        finally:
            for w in all_waiting:
                w.error = failure if len(w.result) != len(w.rows) else None
                w.done = True


def _values(petition: Petition) -> dict[str, Any]:
    return {
        "petition_id": petition.petition_id, "content_hash": petition.content_hash(),
        "body": keep(petition.as_json()),
    }  # fmt: skip


def _append(connection: Connection, rows: list[dict[str, Any]]) -> tuple[list[Appended], list[int]]:
    """What became of each, and the position of each new one; 0 for what was there."""
    ids = {row["petition_id"] for row in rows}
    known = {r["petition_id"]: r["content_hash"] for r in rows_in(connection, _KNOWN, inbound.c.petition_id, ids)}
    position = last(connection, inbound.c.position)
    new: list[dict[str, Any]] = []
    results: list[Appended] = []
    positions: list[int] = []
    for row in rows:
        first = known.get(row["petition_id"])
        if first is None:
            known[row["petition_id"]] = row["content_hash"]
            at = position + len(new) + 1
            new.append(row | {"position": at})
            status = "new"
        else:
            at = 0
            status = "duplicate" if first == row["content_hash"] else "conflict"
        results.append(Appended(row["petition_id"], status))
        positions.append(at)
    insert_many(connection, inbound, new)
    return results, positions


class _Tail:
    """The newest entries of the log without a gap between them: neither read from the disk nor parsed again."""

    def __init__(self) -> None:
        self._entries: deque[LogEntry] = deque()
        self._characters = 0
        self._lock = threading.Lock()

    def put(self, entries: Sequence[LogEntry]) -> None:
        with self._lock:
            # Another process (``import``) may have appended in between.
            if entries and self._entries and entries[0].position != self._entries[-1].position + 1:
                self._entries.clear()
                self._characters = 0
            self._entries.extend(entries)
            self._characters += sum(len(e.petition.text) for e in entries)
            while len(self._entries) > TAIL or self._characters > TAIL_CHARACTERS:
                self._characters -= len(self._entries.popleft().petition.text)

    def after(self, position: int, limit: int) -> list[LogEntry]:
        """The entries that follow, or none where they do not all stand here."""
        with self._lock:
            if not self._entries or position + 1 < self._entries[0].position:
                return []
            start = position + 1 - self._entries[0].position
            return list(islice(self._entries, start, start + limit))


class SqlRejected:
    """``cases.ports.Rejected``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, rejected: RejectedInput) -> None:
        with self._database.writing() as connection:
            insert_absent(connection, _REJECTED, [_rejected_values(rejected)])

    def list(self, *, state: str | None = "kept", before: str | None = None, limit: int = 50) -> list[RejectedInput]:
        """Last received first; ``before``: the id of the last one of the page before."""
        of = rejected.c
        statement = select(rejected).order_by(of.received_at.desc(), of.id.desc()).limit(limit)
        if state is not None:
            statement = statement.where(of.state == state)
        with self._database.reading() as connection:
            if before is not None:
                at = connection.scalar(select(of.received_at).where(of.id == before))
                if at is None:
                    return []
                statement = statement.where((of.received_at < at) | ((of.received_at == at) & (of.id < before)))
            return [_rejected(row) for row in connection.execute(statement).mappings()]

    def get(self, id: str) -> RejectedInput | None:
        with self._database.reading() as connection:
            row = connection.execute(select(rejected).where(rejected.c.id == id)).mappings().first()
        return None if row is None else _rejected(row)

    def briefly(self, since: datetime, limit: int) -> Sequence[RejectedInput]:
        of = rejected.c
        plain = select(of.id, of.reason, of.received_at, of.source, of.state, of.note, literal("[]").label("errors"))
        statement = plain.add_columns(literal("").label("body")).where(of.received_at >= stamp(since))
        statement = statement.order_by(of.received_at.desc(), of.id.desc()).limit(limit)
        with self._database.reading() as connection:
            return [_rejected(row) for row in connection.execute(statement).mappings()]

    def settle(self, id: str, *, state: str, note: str) -> bool:
        """Replayed or dropped, once: False if it is not there or was settled before."""
        open_one = rejected.update().where(rejected.c.id == id, rejected.c.state == "kept")
        with self._database.writing() as connection:
            return connection.execute(open_one.values(state=state, note=keep(note))).rowcount == 1


def _rejected_values(r: RejectedInput) -> dict[str, Any]:
    return {
        "id": r.id, "reason": keep(r.reason), "errors": keep(plain_json([dict(e) for e in r.errors])),
        "received_at": stamp(r.received_at), "source": keep(plain_json(dict(r.source))), "body": keep(r.body),
        "state": r.state, "note": keep(r.note),
    }  # fmt: skip


def _rejected(row: Any) -> RejectedInput:
    return RejectedInput(
        id=row["id"], reason=kept(row["reason"]), errors=tuple(json.loads(kept(row["errors"]))),
        received_at=moment(row["received_at"]), source=json.loads(kept(row["source"])), body=kept(row["body"]),
        state=row["state"], note=kept(row["note"]),
    )  # fmt: skip


class SqlConversations:
    """``cases.ports.Conversations``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recent(self, key: str, since: datetime) -> str | None:
        statement = select(conversations.c.petition_id).where(
            conversations.c.key == key, conversations.c.at >= stamp(since)
        )
        with self._database.reading() as connection:
            return connection.scalar(statement)

    def touch(self, key: str, petition_id: str, at: datetime) -> None:
        """The latest message stands, also when an earlier one arrives after it."""
        row = {"key": key, "petition_id": petition_id, "at": stamp(at)}
        with self._database.writing() as connection:
            move_forward(connection, conversations, row, "at")
