"""Rebuild and verify: derived rows made again from events, in short transactions, while the old ones serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select

from cases.events import Event
from cases.ports import Decision, Display, Fact
from storage import sql_mending, sql_tallies
from storage.columns import moment
from storage.deciding import Head, Row
from storage.engines import STORE_LOCK, Database
from storage.sql_cases import SqlCaseStore
from storage.sql_effects import columns_of, write_rows
from storage.sql_rows import display_of
from storage.statements import among, ids_json, rows_in
from storage.tables import (
    case_events,
    cases,
    deadlines,
    facts,
    outbox,
    petitions,
    texts,
)  # fmt: skip

# Rows of one transaction: with their clocks and offices it must stay below the 50 ms that intake may have to wait.
_BATCH = 50
_DISPLAYS = select(cases.c.case_id, cases.c.title, cases.c.snippet, cases.c.citizen, cases.c.place_text)


class SqlProjections:
    """``cases.ports.Projections``."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._store = SqlCaseStore(database)

    def case_ids(self, after: str, limit: int) -> list[str]:
        """In order of id, from the events: also those whose row is missing."""
        first = select(case_events.c.case_id).where(case_events.c.seq == 1, case_events.c.case_id > after)
        with self._database.reading() as connection:
            return list(connection.scalars(first.order_by(case_events.c.case_id).limit(limit)))

    def rebuild(self, decisions: Iterable[Decision]) -> int:
        """Write the rows of these decisions anew, and drop rows that no event stands behind; answers how many cases.

        ``case`` is the whole fold; events, texts and petitions of the decision are not written. A case that moved on
        since it was folded is left as it is: whoever moved it wrote its row.
        """
        written = 0
        rest = iter(decisions)
        while batch := list(islice(rest, _BATCH)):
            written += self._rebuild(batch)
        self._drop_strays()
        sql_tallies.recount(self._database)
        return written

    def recount(self) -> int:
        return sql_mending.recount(self._database)

    def mend_facts(self, facts: Sequence[Fact]) -> int:
        return sql_mending.mend_facts(self._database, facts)

    def drop_stray_facts(self) -> int:
        return sql_mending.drop_stray_facts(self._database)

    def chains(self) -> Iterator[tuple[str, list[Event]]]:
        after = ""
        while ids := self.case_ids(after, _BATCH):
            yield from self._store.events_of(ids).items()
            after = ids[-1]

    def totals(self) -> Mapping[str, int]:
        """petitions, cases, events, texts, erased, deadlines, facts, notices, and head: the last position."""
        counted = {
            "petitions": select(func.count()).select_from(petitions),
            "cases": select(func.count()).select_from(cases),
            "events": select(func.count()).select_from(case_events),
            "texts": select(func.count()).select_from(texts),
            "erased": select(func.count()).select_from(texts).where(texts.c.body.is_(None)),
            "deadlines": select(func.count()).select_from(deadlines),
            "facts": select(func.count()).select_from(facts),
            "notices": select(func.count()).select_from(outbox),
            "head": select(func.coalesce(func.max(case_events.c.position), 0)),
        }
        with self._database.snapshot() as connection:
            return {name: int(connection.scalar(query) or 0) for name, query in counted.items()}

    def tally_problems(self) -> list[str]:
        return sql_tallies.problems(self._database)

    def _drop_strays(self) -> None:
        """Looked for without the lock: there are none nearly always, and to look takes longer than intake may wait."""
        without = ~select(case_events.c.position).where(case_events.c.case_id == cases.c.case_id).exists()
        with self._database.reading() as connection:
            found = iter(list(connection.scalars(select(cases.c.case_id).where(without))))
        while batch := list(islice(found, _BATCH)):
            with self._database.writing(STORE_LOCK) as connection:
                gone = sql_tallies.differences(connection, batch, ())
                connection.execute(cases.delete().where(among(cases.c.case_id, ids_json(batch)), without))
                gone.update(sql_tallies.standing(connection, batch))
                sql_tallies.move(connection, gone)

    def _rebuild(self, batch: Sequence[Decision]) -> int:
        columns = columns_of(batch)
        ids = {d.case.case_id for d in batch}
        with self._database.writing(STORE_LOCK) as connection:
            heads = _heads(connection, ids)
            stands = {r["case_id"]: display_of(r) for r in rows_in(connection, _DISPLAYS, cases.c.case_id, ids)}
            rows: dict[str, Row] = {}
            for d in batch:
                head = heads.get(d.case.case_id)
                if head is None or head.version != d.case.version:
                    continue
                head.number = d.case.number
                head.display = d.display or stands.get(d.case.case_id) or Display()
                rows[d.case.case_id] = Row(d.case, head, d.deadlines)
            moves = write_rows(connection, rows.values(), rows.keys() - stands.keys(), columns)
            sql_tallies.move(connection, moves)
        return len(rows)


def _heads(connection: Connection, case_ids: set[str]) -> dict[str, Head]:
    """Where each case stands, told by its events alone."""
    of = case_events.c
    spans = select(of.case_id, func.min(of.position).label("opened"), func.max(of.seq).label("version"))
    newest = select(of.case_id, of.position, of.hash, of.recorded_at)
    heads: dict[str, Head] = {}
    for row in rows_in(connection, spans.group_by(of.case_id), of.case_id, case_ids):
        heads[row["case_id"]] = Head(version=row["version"], opened=row["opened"])
    last: Any
    for last in rows_in(connection, newest.order_by(of.seq), of.case_id, case_ids):
        head = heads[last["case_id"]]
        head.position, head.hash, head.updated_at = last["position"], last["hash"], moment(last["recorded_at"])
    return heads
