"""What stands in the tables about a batch of decisions: a few queries for all of it, under the writing lock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from storage.columns import moment, moment_or_none
from storage.deciding import Asked, Head, Standing, Stood
from storage.sql_rows import display_of, event_of, text_of
from storage.statements import rows_in, rows_in_each
from storage.tables import case_events, cases, counters, outbox, petition_persons, petitions, texts

_EVENTS = select(case_events)
_PETITIONS = select(
    petitions.c.petition_id, petitions.c.content_hash, petitions.c.case_id, petitions.c.role
)  # fmt: skip
_HEADS = select(
    cases.c.case_id, cases.c.version, cases.c.head, cases.c.opened, cases.c.position, cases.c.number,
    cases.c.updated_at, cases.c.title, cases.c.snippet, cases.c.citizen, cases.c.place_text,
)  # fmt: skip
_TEXTS = select(texts)
_NOTICES = select(outbox.c.id)
_COUNTERS = select(counters)
_PERSONS = select(
    petition_persons.c.key, func.max(petition_persons.c.position).label("newest")
).group_by(petition_persons.c.key)  # fmt: skip
_COPIES = select(
    petitions.c.fingerprint.label("key"), func.max(petitions.c.position).label("newest")
).group_by(petitions.c.fingerprint)  # fmt: skip
_NOW = select(
    func.clock_timestamp(),
    select(func.coalesce(func.max(case_events.c.position), 0)).scalar_subquery(),
    select(func.coalesce(func.max(petitions.c.position), 0)).scalar_subquery(),
    select(case_events.c.recorded_at).order_by(case_events.c.position.desc()).limit(1).scalar_subquery(),
)  # fmt: skip
"""The database's own clock, now and not as of the start of the transaction (the lock may have been waited for), and the
last of everything."""


def standing(connection: Connection, asked: Asked) -> Standing:
    now, event_position, petition_position, recorded_at = connection.execute(_NOW).one()
    stands = Standing(
        now=_moment_of(now),
        event_position=event_position,
        petition_position=petition_position,
        recorded_at=moment_or_none(recorded_at),
    )
    found, heads, told, words, notices, counted, persons, copies = rows_in_each(
        connection,
        (
            (_PETITIONS, petitions.c.petition_id, asked.petitions),
            (_HEADS, cases.c.case_id, asked.cases),
            (_EVENTS, case_events.c.event_id, asked.events),
            (_TEXTS, texts.c.text_id, asked.texts),
            (_NOTICES, outbox.c.id, asked.notices),
            (_COUNTERS, counters.c.name, asked.days),
            (_PERSONS, petition_persons.c.key, asked.persons),
            (_COPIES, petitions.c.fingerprint, asked.copies),
        ),
    )
    for row in found:
        stands.petitions[row["petition_id"]] = Stood(row["content_hash"], row["case_id"], row["role"])
    # A petition may stand in another case than the decision thought: its sender is told that one.
    elsewhere = {p.case_id for p in stands.petitions.values()} - asked.cases
    for row in (*heads, *rows_in(connection, _HEADS, cases.c.case_id, elsewhere)):
        stands.heads[row["case_id"]] = _head(row)
    stands.events |= {row["event_id"]: event_of(row) for row in told}
    stands.texts |= {row["text_id"]: text_of(row) for row in words}
    stands.notices |= {row["id"] for row in notices}
    stands.counters |= {row["name"]: row["value"] for row in counted}
    stands.newest |= {("person", row["key"]): row["newest"] for row in persons}
    stands.newest |= {("copy", row["key"]): row["newest"] for row in copies}
    return stands


def _moment_of(now: Any) -> datetime:
    return moment(now) if isinstance(now, str) else now


def _head(row: Any) -> Head:
    return Head(
        version=row["version"], hash=row["head"], opened=row["opened"], position=row["position"],
        number=row["number"] or "", updated_at=moment_or_none(row["updated_at"]), display=display_of(row),
    )  # fmt: skip
