"""Who looks at which case, as a small table that all web processes share. Hints: written without waiting for the disk."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from cases.ports import Looker
from storage.columns import keep, kept, moment, moment_or_none, stamp, stamped
from storage.engines import Database
from storage.statements import rows_in, upsert
from storage.tables import lookers

_OF = lookers.c
_ALL = select(lookers)
_CHANGED = (
    select(_OF.case_id).where(_OF.changed_at >= bindparam("since")).order_by(_OF.changed_at).limit(bindparam("few"))
)
_FORGET = lookers.delete().where(_OF.seen_at < bindparam("before"))


class SqlLookers:
    """``cases.ports.Lookers``."""

    shared = True

    def __init__(self, database: Database) -> None:
        self._database = database

    def at(self, case_ids: Collection[str]) -> dict[str, list[Looker]]:
        found: dict[str, list[Looker]] = {case_id: [] for case_id in case_ids}
        with self._database.reading() as connection:
            for row in rows_in(connection, _ALL, _OF.case_id, set(case_ids)):
                found[row["case_id"]].append(_looker(row))
        return found

    def put(self, lookers_: Collection[Looker]) -> None:
        # In one order, so that two who take over from each other at once wait and do not deadlock.
        with self._database.following() as connection:
            for one in sorted(lookers_, key=lambda p: (p.case_id, p.name)):
                upsert(connection, lookers, _values(one))

    def changed_since(self, moment: datetime, limit: int) -> set[str]:
        with self._database.reading() as connection:
            return set(connection.scalars(_CHANGED, {"since": stamp(moment), "few": limit}))

    def forget(self, before: datetime) -> None:
        with self._database.following() as connection:
            connection.execute(_FORGET, {"before": stamp(before)})


def _values(one: Looker) -> dict[str, Any]:
    return {
        "case_id": one.case_id, "name": one.name, "display": keep(one.display), "seen_at": stamp(one.seen_at),
        "changed_at": stamp(one.changed_at), "writing_since": stamped(one.writing_since), "wrote_at": stamped(one.wrote_at),
        "gone": one.gone,
    }  # fmt: skip


def _looker(row: Any) -> Looker:
    return Looker(
        case_id=row["case_id"], name=row["name"], display=kept(row["display"]), seen_at=moment(row["seen_at"]),
        changed_at=moment(row["changed_at"]), writing_since=moment_or_none(row["writing_since"]),
        wrote_at=moment_or_none(row["wrote_at"]), gone=row["gone"],
    )  # fmt: skip
