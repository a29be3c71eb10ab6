"""Writing what a batch of decisions came to: each table once, many rows at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam

from cases.ports import Decision
from storage.deciding import SEPARATED, Effects, Row
from storage.sql_rows import (
    Values,
    accused_rows,
    clock_columns,
    deadline_values,
    display_columns,
    event_values,
    fold_columns,
    notice_values,
    person_values,
    petition_values,
    sender_rows,
    standing_columns,
    text_values,
    unit_rows,
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
from storage.tallying import standing_of, standing_text

# Bound names apart from the column names, which an UPDATE reserves for the new values.
_UPDATE_CASE = cases.update().where(cases.c.case_id == bindparam("this_case"))
_MOVE = (
    petitions.update()
    .where(petitions.c.petition_id == bindparam("this_petition"))
    .values(case_id=bindparam("to_case"), role=bindparam("as_role"))
)


@dataclass(slots=True)
class Columns:
    """All that can be computed before the lock, by the ``id`` of the case, petition, text or notice of a decision."""

    cases: dict[int, Values] = field(default_factory=dict)
    clocks: dict[int, list[Values]] = field(default_factory=dict)
    petitions: dict[int, Values] = field(default_factory=dict)
    texts: dict[int, Values] = field(default_factory=dict)
    notices: dict[int, Values] = field(default_factory=dict)


def columns_of(decisions: Iterable[Decision]) -> Columns:
    found = Columns()
    for d in decisions:
        case = id(d.case)
        found.cases[case] = values = fold_columns(d.case)
        values |= (clock := clock_columns(d.deadlines))
        values["kind"] = standing_text(standing_of(d.case, clock["level"]))
        if d.display is not None:
            values |= display_columns(d.display)
        if d.deadlines:
            found.clocks[case] = [deadline_values(d.case.case_id, n, clock) for n, clock in enumerate(d.deadlines)]
        for petition in d.petitions:
            found.petitions[id(petition)] = petition_values(petition)
        for text in d.texts:
            found.texts[id(text)] = text_values(text)
        for notice in d.notices:
            found.notices[id(notice)] = notice_values(notice)
    return found


def write(connection: Connection, effects: Effects, columns: Columns) -> None:
    insert_many(connection, case_events, [event_values(event, data) for event, data in effects.events])
    moves = write_rows(connection, effects.rows.values(), effects.created, columns)
    placed = [(at, columns.petitions[id(p)]) for at, p in effects.petitions]
    insert_many(connection, petitions, [values | {"position": at} for at, values in placed])
    insert_many(connection, petition_persons, [v for at, values in placed for v in person_values(at, values)])
    insert_many(connection, texts, [columns.texts[id(t)] for t in effects.texts])
    _separate(connection, effects)
    _queue(connection, effects, columns)
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
    values = [_case_values(row, columns.cases[id(row.case)]) for row in rows]
    moves = differences(connection, old, values)
    insert_many(connection, cases, [v for v in values if v["case_id"] in created])
    changed = [v | {"this_case": v["case_id"]} for v in values if v["case_id"] not in created]
    if changed:
        connection.execute(_UPDATE_CASE, changed)
    folds = [row.case for row in rows]
    insert_many(connection, case_units, [v for c in folds for v in unit_rows(c)])
    insert_many(connection, case_accused, [v for c in folds for v in accused_rows(c)])
    insert_many(connection, case_senders, [v for c in folds for v in sender_rows(c)])
    insert_many(connection, deadlines, [v for c in folds for v in columns.clocks.get(id(c), ())])
    return moves


def _case_values(row: Row, known: Values) -> Values:
    values = known | standing_columns(row)
    return values if "title" in values else values | display_columns(row.head.display)  # the display that stays


def _separate(connection: Connection, effects: Effects) -> None:
    if effects.separated:
        taken_out = petitions.update().where(among(petitions.c.petition_id, ids_json(effects.separated)))
        connection.execute(taken_out.values(role=SEPARATED))
    moved = [
        {"this_petition": p.petition_id, "to_case": p.case_id, "as_role": p.role} for p in effects.moved
    ]  # fmt: skip
    if moved:
        connection.execute(_MOVE, moved)


def _queue(connection: Connection, effects: Effects, columns: Columns) -> None:
    if effects.notices:
        first = last(connection, outbox.c.position) + 1
        queued = enumerate(effects.notices, first)
        insert_many(connection, outbox, [columns.notices[id(n)] | {"position": at} for at, n in queued])
