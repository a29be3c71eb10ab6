"""The counts of the queue's tabs as a small table, moved with the rows of ``cases`` that they count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import Connection, func, select, text

from storage.columns import case_of
from storage.engines import STORE_LOCK, Database
from storage.statements import among, ids_json, rows_in
from storage.tables import cases, tallies
from storage.tallying import differing, kind_of, kind_text, wrong_by

# Counts put right in one transaction: far below the 50 ms that intake may have to wait.
BATCH = 200

_KINDS = select(cases.c.case_id, cases.c.kind)
_KEPT = select(tallies.c.kind, tallies.c.n)
_COUNTED = select(cases.c.kind, func.count()).group_by(cases.c.kind)
_READ = select(cases.c.case_id, cases.c.fold, cases.c.level, cases.c.kind)
# One statement for all kinds of a batch: a statement for each would let go of the interpreter at every one.
_MOVE = {
    "sqlite": text(
        "INSERT INTO tallies (kind, n) SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') "
        "FROM json_each(:moves) WHERE true ON CONFLICT (kind) DO UPDATE SET n = tallies.n + excluded.n"
    ),
    "postgresql": text(
        "INSERT INTO tallies (kind, n) SELECT value ->> 0, CAST(value ->> 1 AS integer) "
        "FROM jsonb_array_elements(CAST(:moves AS jsonb)) "
        "ON CONFLICT (kind) DO UPDATE SET n = tallies.n + excluded.n"
    ),
}


def differences(connection: Connection, old: Collection[str], values: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """What these new rows of ``cases`` make different. ``old``: the cases that have a row; it must still stand."""
    moves = Counter(v["kind"] for v in values)
    moves.subtract(standing(connection, old))
    return moves


def standing(connection: Connection, case_ids: Collection[str]) -> list[str]:
    """The kinds under which these cases are counted now."""
    return [row["kind"] for row in rows_in(connection, _KINDS, cases.c.case_id, case_ids)]


def move(connection: Connection, moves: Counter[str]) -> None:
    """Under the writing lock, as is everything that changes a row of ``cases``."""
    given = [(kind, n) for kind, n in moves.items() if n]
    if not given:
        return
    connection.execute(_MOVE[connection.dialect.name], {"moves": orjson.dumps(given).decode()})
    _drop_empty(connection, [kind for kind, n in given if n < 0])


def _drop_empty(connection: Connection, kinds: Collection[str]) -> None:
    if kinds:
        connection.execute(tallies.delete().where(among(tallies.c.kind, ids_json(kinds)), tallies.c.n == 0))


def kept(connection: Connection) -> dict[str, int]:
    return dict(map(tuple, connection.execute(_KEPT)))


def recount(database: Database) -> int:
    """What a count is wrong by is found in one snapshot and added afterwards: whoever moves it meanwhile moves it by a
    difference, and so it stays wrong by just as much. Answers how many were wrong."""
    with database.snapshot() as connection:
        wrong = wrong_by(kept(connection), dict(map(tuple, connection.execute(_COUNTED))))
    errors, mended = iter(sorted(wrong.items())), 0
    while batch := dict(islice(errors, BATCH)):
        with database.writing(STORE_LOCK) as connection:
            move(connection, Counter(batch))
            _drop_empty(connection, batch)
        mended += len(batch)
    return mended


def problems(database: Database) -> list[str]:
    """Cases that are counted under another kind than their fold says, and counts that are not what the cases say."""
    found: list[str] = []
    counted: Counter[str] = Counter()
    with database.snapshot() as connection:
        for row in connection.execution_options(yield_per=500).execute(_READ).mappings():
            kind = kind_text(kind_of(case_of(row["fold"]), row["level"]))
            counted[kind] += 1
            if kind != row["kind"]:
                found.append(f"{row['case_id']}: 队列计数的归类与办件不符")
        return found + differing(kept(connection), counted)
