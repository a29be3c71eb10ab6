"""Work that the runner is asked for, in the tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, exists, select

from cases.ports import Task
from storage.columns import keep, kept, moment, moment_or_none, stamp, stamped
from storage.engines import STORE_LOCK, Database
from storage.statements import last, upsert
from storage.tables import tasks
from storage.tasking import OPEN, begun, settled, taken_up

_RUNNING = select(tasks).where(tasks.c.state == "running")
_NEXT = (
    select(tasks)
    .where(tasks.c.state == "waiting", ~exists(select(tasks.c.id).where(tasks.c.state == "running").correlate(None)))
    .order_by(tasks.c.id)
)


class SqlTasks:
    """``cases.ports.Tasks``. All under one lock (but ``tell``), so that nothing is asked, taken or ended twice."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, kind: str, subject: str, now: datetime) -> Task:
        same = select(tasks).where(tasks.c.kind == kind, tasks.c.subject == subject, tasks.c.state.in_(OPEN))
        with self._database.writing(STORE_LOCK) as connection:
            found = _first(connection, same)
            if found is not None:
                return found
            return _put(connection, Task(id=last(connection, tasks.c.id) + 1, kind=kind, subject=subject, asked_at=now))

    def task(self, id: int) -> Task | None:
        with self._database.reading() as connection:
            return _first(connection, _of(id))

    def take(self, now: datetime) -> Task | None:
        # Looked for without the lock first: there is nearly always nothing, and the runner looks all day.
        with self._database.reading() as connection:
            if _first(connection, _NEXT) is None:
                return None
        with self._database.writing(STORE_LOCK) as connection:
            found = _first(connection, _NEXT)
            return None if found is None else _put(connection, begun(found, now))

    def tell(self, id: int, done: int, total: int, now: datetime) -> None:
        running = tasks.update().where(tasks.c.id == id, tasks.c.state == "running")
        with self._database.following() as connection:
            connection.execute(running.values(done=done, total=total, told_at=stamp(now)))

    def settle(self, id: int, *, state: str, now: datetime, error: str = "") -> None:
        with self._database.writing(STORE_LOCK) as connection:
            found = _first(connection, _of(id))
            if found is not None and found.state in OPEN:
                _put(connection, settled(found, state, now, error))

    def take_up(self, now: datetime, most: int) -> list[Task]:
        with self._database.writing(STORE_LOCK) as connection:
            left = [_task(row) for row in connection.execute(_RUNNING).mappings()]
            return [_put(connection, taken_up(task, now, most)) for task in left]


def _of(id: int) -> Select[Any]:
    return select(tasks).where(tasks.c.id == id)


def _first(connection: Connection, statement: Select[Any]) -> Task | None:
    row = connection.execute(statement.limit(1)).mappings().first()
    return None if row is None else _task(row)


def _put(connection: Connection, task: Task) -> Task:
    upsert(connection, tasks, {
        "id": task.id, "kind": task.kind, "subject": task.subject, "state": task.state, "done": task.done,
        "total": task.total, "tries": task.tries, "error": keep(task.error), "asked_at": stamp(task.asked_at),
        "told_at": stamped(task.told_at),
    })  # fmt: skip
    return task


def _task(row: Any) -> Task:
    return Task(
        id=row["id"], kind=row["kind"], subject=row["subject"], state=row["state"], done=row["done"], total=row["total"],
        tries=row["tries"], error=kept(row["error"]), asked_at=moment(row["asked_at"]),
        told_at=moment_or_none(row["told_at"]),
    )  # fmt: skip
