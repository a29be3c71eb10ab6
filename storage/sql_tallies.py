"""The counts of the queue's tabs and of the loads as small tables, moved with the rows of ``cases`` that they count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import Connection, Table, TextClause, func, select, text

from storage.columns import case_of
from storage.engines import STORE_LOCK, Database
from storage.statements import among, ids_json, rows_in
from storage.tables import cases, loads, tallies
from storage.tallying import (
    LOADS,
    Standing,
    differing,
    standing_from,
    standing_of,
    standing_text,
    taken_apart,
    wrong_by,
)

# Counts put right in one transaction: far below the 50 ms that intake may have to wait.
BATCH = 200

_KINDS = select(cases.c.case_id, cases.c.kind)
_COUNTED = select(cases.c.kind, func.count()).group_by(cases.c.kind)
_READ = select(cases.c.case_id, cases.c.fold, cases.c.level, cases.c.kind)


def _moving(table: str) -> dict[str, TextClause]:
    """One statement for all kinds of a batch: a statement for each would let go of the interpreter at every one."""
    return {
        "sqlite": text(
            f"INSERT INTO {table} (kind, n) SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') "  # noqa: S608 - a word of ours
            f"FROM json_each(:moves) WHERE true ON CONFLICT (kind) DO UPDATE SET n = {table}.n + excluded.n"
        ),
        "postgresql": text(
            f"INSERT INTO {table} (kind, n) SELECT value ->> 0, CAST(value ->> 1 AS integer) "  # noqa: S608
            "FROM jsonb_array_elements(CAST(:moves AS jsonb)) "
            f"ON CONFLICT (kind) DO UPDATE SET n = {table}.n + excluded.n"
        ),
    }


_MOVE = {table.name: _moving(table.name) for table in (tallies, loads)}
_KEPT = {table.name: select(table.c.kind, table.c.n) for table in (tallies, loads)}


def differences(connection: Connection, old: Collection[str], values: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """What these new rows of ``cases`` make different. ``old``: the cases that have a row; it must still stand."""
    moves = Counter(v["kind"] for v in values)
    moves.subtract(standing(connection, old))
    return moves


def standing(connection: Connection, case_ids: Collection[str]) -> list[str]:
    """How these cases are counted now."""
    return [row["kind"] for row in rows_in(connection, _KINDS, cases.c.case_id, case_ids)]


def move(connection: Connection, moves: Counter[str]) -> None:
    """Under the writing lock, as is everything that changes a row of ``cases``."""
    kinds, holdings = taken_apart(_read(moves))
    _move(connection, tallies, kinds)
    _move(connection, loads, holdings)


def _read(counts: Mapping[str, int]) -> dict[Standing, int]:
    """Without what no row of ours says: a damaged one is put right by ``rebuild cases``, which must not stumble over it."""
    found: dict[Standing, int] = {}
    for kind, n in counts.items():
        with suppress(ValueError, TypeError):
            found[standing_from(kind)] = n
    return found


def _move(connection: Connection, table: Table, moves: Mapping[str, int]) -> None:
    given = [(kind, n) for kind, n in moves.items() if n]
    if not given:
        return
    connection.execute(_MOVE[table.name][connection.dialect.name], {"moves": orjson.dumps(given).decode()})
    _drop_empty(connection, table, [kind for kind, n in given if n < 0])


def _drop_empty(connection: Connection, table: Table, kinds: Collection[str]) -> None:
    if kinds:
        connection.execute(table.delete().where(among(table.c.kind, ids_json(kinds)), table.c.n == 0))


def kept(connection: Connection) -> dict[str, int]:
    """The counts of the tabs."""
    return _kept(connection, tallies)


def held(connection: Connection) -> dict[str, int]:
    """The counts of the loads."""
    return _kept(connection, loads)


def _kept(connection: Connection, table: Table) -> dict[str, int]:
    return dict(map(tuple, connection.execute(_KEPT[table.name])))


def recount(database: Database) -> int:
    """What a count is wrong by is found in one snapshot and added afterwards: whoever moves it meanwhile moves it by a
    difference, and so it stays wrong by just as much. Answers how many were wrong."""
    with database.snapshot() as connection:
        kinds, holdings = taken_apart(_read(dict(map(tuple, connection.execute(_COUNTED)))))
        wrong = {tallies: wrong_by(kept(connection), kinds), loads: wrong_by(held(connection), holdings)}
    mended = 0
    for table, moves in wrong.items():
        errors = iter(sorted(moves.items()))
        while batch := dict(islice(errors, BATCH)):
            with database.writing(STORE_LOCK) as connection:
                _move(connection, table, batch)
                _drop_empty(connection, table, batch)
            mended += len(batch)
    return mended


def problems(database: Database) -> list[str]:
    """Cases that are counted under another kind than their fold says, and counts that are not what the cases say."""
    found: list[str] = []
    counted: Counter[str] = Counter()
    with database.snapshot() as connection:
        for row in connection.execution_options(yield_per=500).execute(_READ).mappings():
            kind = standing_text(standing_of(case_of(row["fold"]), row["level"]))
            counted[kind] += 1
            if kind != row["kind"]:
                found.append(f"{row['case_id']}: 队列计数的归类与办件不符")
        kinds, holdings = taken_apart(_read(counted))
        found += differing(kept(connection), kinds)
        return found + differing(held(connection), holdings, LOADS)
