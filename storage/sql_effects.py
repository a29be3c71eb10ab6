"""Writing what a batch of decisions came to: each table once, many rows at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, bindparam

from cases.ports import Decision
from storage.deciding import SEPARATED, Effects, Row
from storage.sql_rows import (
    Values,
    clock_columns,
    deadline_values,
    event_values,
    fold_columns,
    notice_values,
    person_values,
    petition_values,
    standing_columns,
    text_values,
)  # fmt: skip
from storage.sql_tallies import differences, move
from storage.statements import among, ids_json, insert_many, last, upsert
from storage.tables import (
    case_accused,
    case_events,
    case_senders,
    case_units,
    cases,
    counters,
    deadlines,
    outbox,
    petition_persons,
    petitions,
    texts,
)  # fmt: skip
from storage.tallying import kind_of, kind_text

# Bound names apart from the column names, which an UPDATE reserves for the new values.
_UPDATE_CASE = cases.update().where(cases.c.case_id == bindparam("this_case"))
_MOVE = (
    petitions.update()
    .where(petitions.c.petition_id == bindparam("this_petition"))
    .values(case_id=bindparam("to_case"), role=bindparam("as_role"))
)

Columns = Mapping[int, Values]
"""``id`` of a decision's case to its columns, computed before the lock."""


def columns_of(decisions: Iterable[Decision]) -> Columns:
    return {id(d.case): _columns(d) for d in decisions}


def _columns(d: Decision) -> Values:
    clock = clock_columns(d.deadlines)
    return fold_columns(d.case) | clock | {"kind": kind_text(kind_of(d.case, clock["level"]))}


def write(connection: Connection, effects: Effects, columns: Columns) -> None:
    insert_many(connection, case_events, [event_values(event, data) for event, data in effects.events])
    moves = write_rows(connection, effects.rows.values(), effects.created, columns)
    insert_many(connection, petitions, [petition_values(*placed) for placed in effects.petitions])
    insert_many(connection, petition_persons, [v for placed in effects.petitions for v in person_values(*placed)])
    insert_many(connection, texts, [text_values(t) for t in effects.texts])
    _separate(connection, effects)
    _queue(connection, effects)
    move(connection, moves)
    for name, value in effects.counters.items():
        upsert(connection, counters, {"name": name, "value": value})


def write_rows(
    connection: Connection, rows: Collection[Row], created: Collection[str], columns: Columns
) -> Counter[str]:
    """The derived rows of these cases, whatever stood there before. The counts of the queue must be moved by the answer."""
    old = [row.case.case_id for row in rows if row.case.case_id not in created]
    for table in (case_units, case_accused, case_senders, deadlines):
        if old:
            connection.execute(table.delete().where(among(table.c.case_id, ids_json(old))))
    values = [columns[id(row.case)] | standing_columns(row) for row in rows]
    moves = differences(connection, old, values)
    insert_many(connection, cases, [v for v in values if v["case_id"] in created])
    changed = [v | {"this_case": v["case_id"]} for v in values if v["case_id"] not in created]
    if changed:
        connection.execute(_UPDATE_CASE, changed)
    folds = [row.case for row in rows]
    insert_many(connection, case_units, [{"case_id": c.case_id, "unit": u} for c in folds for u in c.seen_by_units])
    insert_many(connection, case_accused, [{"case_id": c.case_id, "who": w} for c in folds for w in set(c.accused)])
    insert_many(connection, case_senders, [{"case_id": c.case_id, "sender": s} for c in folds for s in set(c.senders)])
    clocks = ((row.case.case_id, rank, d) for row in rows for rank, d in enumerate(row.deadlines))
    insert_many(connection, deadlines, [deadline_values(*clock) for clock in clocks])
    return moves


def _separate(connection: Connection, effects: Effects) -> None:
    if effects.separated:
        taken_out = petitions.update().where(among(petitions.c.petition_id, ids_json(effects.separated)))
        connection.execute(taken_out.values(role=SEPARATED))
    moved = [
        {"this_petition": p.petition_id, "to_case": p.case_id, "as_role": p.role} for p in effects.moved
    ]  # fmt: skip
    if moved:
        connection.execute(_MOVE, moved)


def _queue(connection: Connection, effects: Effects) -> None:
    if effects.notices:
        first = last(connection, outbox.c.position) + 1
        insert_many(connection, outbox, [notice_values(n, first + i) for i, n in enumerate(effects.notices)])
