"""Facts and hourly counts put right in place: many short transactions, and the old ones serve meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from sqlalchemy import Connection, exists, select

from cases.ports import Fact
from storage.counting import Cell, Key, cell, monthly
from storage.engines import FACTS_LOCK, Database
from storage.sql_facts import (
    count_cells,
    fact_of,
    kept_cells,
    kept_months,
    move_counts,
    move_hours,
    move_months,
    write_facts,
)  # fmt: skip
from storage.statements import among, ids_json, rows_in
from storage.tables import cases, facts, petitions

# Rows of one transaction: it must stay far below the 50 ms that intake may have to wait for it.
BATCH = 200

_FACTS = select(facts)
_POSITIONS = select(cases.c.case_id, cases.c.position)
_STRAY = select(facts.c.petition_id).where(~exists().where(petitions.c.petition_id == facts.c.petition_id))


def recount(database: Database) -> int:
    """What a cell is wrong by is found in one snapshot, and added to the cell afterwards. It may move meanwhile: whoever
    moves it moves it by a difference, and so it stays wrong by just as much."""
    with database.snapshot() as connection:
        counted = count_cells(connection)
        hours = _errors(kept_cells(connection), counted)
        months = _errors(kept_months(connection), monthly(counted))
    return _add(database, hours, move_hours) + _add(database, months, move_months)


def _errors(kept: Mapping[Key, int], counted: Mapping[Key, int]) -> dict[Key, int]:
    wrong = {c: counted.get(c, 0) - kept.get(c, 0) for c in kept.keys() | counted.keys()}
    return {c: n for c, n in wrong.items() if n}


def _add(database: Database, errors: Mapping[Key, int], move: Callable[[Connection, Counter[Key]], None]) -> int:
    rest, mended = iter(sorted(errors.items())), 0
    while batch := dict(islice(rest, BATCH)):
        with database.following(FACTS_LOCK) as connection:
            move(connection, Counter(batch))
        mended += len(batch)
    return mended


def mend_facts(database: Database, given: Sequence[Fact]) -> int:
    """1. Leave those whose case moved on. 2. What stands. 3. What is wrong, and by how much. 4. Write it."""
    mended = 0
    rest = iter(given)
    while batch := list(islice(rest, BATCH)):
        with database.following(FACTS_LOCK) as connection:
            at = rows_in(connection, _POSITIONS, cases.c.case_id, {f.case_id for f in batch})
            positions = {row["case_id"]: row["position"] for row in at}
            still = {f.petition_id: f for f in batch if positions.get(f.case_id) == f.version}
            standing = {
                row["petition_id"]: fact_of(row) for row in rows_in(connection, _FACTS, facts.c.petition_id, set(still))
            }
            wrong = {id_: f for id_, f in still.items() if standing.get(id_) != f}
            moves = Counter(cell(f) for f in wrong.values())
            moves.subtract(cell(standing[id_]) for id_ in wrong if id_ in standing)
            write_facts(connection, wrong, standing, Counter({c: n for c, n in moves.items() if n}))
        mended += len(wrong)
    return mended


def drop_stray_facts(database: Database) -> int:
    """Found without a lock, as there are none nearly always; looked at again under it."""
    with database.reading() as connection:
        strays = iter(list(connection.scalars(_STRAY)))
    dropped = 0
    while batch := list(islice(strays, BATCH)):
        with database.following(FACTS_LOCK) as connection:
            still = _FACTS.where(~exists().where(petitions.c.petition_id == facts.c.petition_id))
            found = [fact_of(row) for row in rows_in(connection, still, facts.c.petition_id, set(batch))]
            moves: Counter[Cell] = Counter()
            moves.subtract(cell(f) for f in found)
            connection.execute(
                facts.delete().where(among(facts.c.petition_id, ids_json([f.petition_id for f in found])))
            )
            move_counts(connection, moves)
        dropped += len(found)
    return dropped
