"""Filling an empty store at once 批量建库: whole cases become rows anywhere, one writer puts them in, what is derived comes last.

For a history that is made in one go and begun again when it is broken off (``suqiu demo``): no transaction but the whole,
no index but what the tables themselves need until all rows are in, and the kept counts by one GROUP BY each. Rows are made
by the same functions as any other; ``verify`` finds the same in them, and a test compares with a store that took each
step by itself. Never beside a desk: it holds the files alone, and until ``finish`` they are of no use.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table

from cases.events import Event
from cases.folding import fold
from cases.petition import Petition
from cases.ports import CaseRow, Deadline, Decision, Display, Fact, StoredPetition, Text
from storage.chaining import canonical_fast, chained
from storage.columns import keep
from storage.counting import BY, EVERY
from storage.deciding import Head, Row
from storage.sql_effects import columns_of
from storage.sql_rows import (
    Values,
    accused_rows,
    event_values,
    person_values,
    petition_values,
    sender_rows,
    standing_columns,
    text_values,
    unit_rows,
)  # fmt: skip
from storage.statements import several_rows
from storage.tables import (
    case_accused,
    case_events,
    case_senders,
    case_units,
    cases,
    deadlines,
    facts,
    inbound,
    petition_persons,
    petitions,
    texts,
)  # fmt: skip

Rows = dict[str, list[Sequence[Any]]]
"""By table: the values of each row in the order of the table's columns. JSON can hold them."""

_TABLES: Final[Mapping[str, Table]] = {
    t.name: t
    for t in (
        case_events, cases, case_units, case_accused, case_senders, deadlines, petitions, petition_persons, texts,
        facts, inbound,
    )
}  # fmt: skip
_FACT = attrgetter(*(c.name for c in facts.columns))
_IN_ORDER = {name: itemgetter(*(c.name for c in table.columns)) for name, table in _TABLES.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeCase:
    """A case with all that ever happened to it. ``events``: in the order in which they were recorded, without place and
    hash, the first of them with the number; ``positions``: theirs, rising. ``deadlines``: as of now."""

    case_id: str
    number: str
    events: Sequence[Event]
    positions: Sequence[int]
    deadlines: tuple[Deadline, ...]
    display: Display


def fill_case(rows: Rows, whole: WholeCase) -> CaseRow:
    """Add the rows of this case, its chain closed; returns it as lists show it."""
    head = Head(opened=whole.positions[0], number=whole.number, display=whole.display)
    case = fold(whole.case_id, _chain(rows, whole, head))
    row = Row(case, head, whole.deadlines)
    decision = Decision(
        case=case, expected_version=case.version, events=(), deadlines=whole.deadlines, display=whole.display
    )  # fmt: skip
    columns = columns_of([decision])
    _add(rows, "cases", columns.cases[id(case)] | standing_columns(row))
    beside = {
        "case_units": unit_rows(case), "case_accused": accused_rows(case), "case_senders": sender_rows(case),
        "deadlines": columns.clocks.get(id(case), ()),
    }  # fmt: skip
    for table, several in beside.items():
        for values in several:
            _add(rows, table, values)
    return row.case_row()


def _chain(rows: Rows, whole: WholeCase, head: Head) -> list[Event]:
    """The events, each with its place and the hash of all before it; ``head`` comes to stand at the last."""
    told = []
    for event, position in zip(whole.events, whole.positions, strict=True):
        data = canonical_fast(event.data)
        linked = chained(
            event, data, seq=head.version + 1, recorded_at=event.recorded_at, prev_hash=head.hash, position=position
        )
        head.version, head.hash, head.position, head.updated_at = linked.seq, linked.hash, position, linked.recorded_at
        _add(rows, "case_events", event_values(linked, data))
        told.append(linked)
    return told


def fill_petition(rows: Rows, petition: Petition, stored: StoredPetition, position: int) -> None:
    """Add a petition to the log and to the store, at the same position in both; its words go in by ``fill_texts``."""
    values = petition_values(stored) | {"position": position}
    _add(rows, "petitions", values)
    for person in person_values(position, values):
        _add(rows, "petition_persons", person)
    body, content = keep(petition.as_json()), petition.content_hash()
    _add(
        rows,
        "inbound",
        {"position": position, "petition_id": petition.petition_id, "content_hash": content, "body": body},
    )


def fill_texts(rows: Rows, said: Iterable[Text]) -> None:
    for text in said:
        _add(rows, "texts", text_values(text))


def fill_facts(rows: Rows, told: Iterable[Fact]) -> None:
    rows.setdefault("facts", []).extend(_FACT(fact) for fact in told)


def _add(rows: Rows, table: str, values: Values) -> None:
    rows.setdefault(table, []).append(_IN_ORDER[table](values))


_PRAGMAS = (
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -262144",
)
_COUNTS = (
    "INSERT INTO hourly_counts (hour, topic, place, unit, channel, sight, n) "
    "SELECT hour, topic, place, unit, channel, sight, count(*) FROM facts GROUP BY 1, 2, 3, 4, 5, 6",
    *(
        "INSERT INTO monthly_counts (by, month, key, unit, sight, n) "  # noqa: S608 - our own names
        f"SELECT '{by}', substr(hour, 1, {EVERY['month']}), {by}, unit, sight, sum(n) "
        "FROM hourly_counts GROUP BY 1, 2, 3, 4, 5"
        for by in BY
    ),
)


class Filling:
    """The one writer. The files must be there with their tables (``open_sqlite``), closed, and empty of cases."""

    def __init__(self, folder: Path) -> None:
        self._store = _alone(folder / "store.db")
        self._log = _alone(folder / "log.db")
        self._indexes = [*_drop_indexes(self._store, _TABLES)]

    def add(self, rows: Mapping[str, Sequence[Sequence[Any]]]) -> None:
        """Rows of ``fill_case`` and the others, whatever their order."""
        for name, given in rows.items():
            statement, width = f"INSERT INTO {name} ({_names(name)})", len(_TABLES[name].columns)
            connection = self._log if name == inbound.name else self._store
            for sql, values in several_rows(f"{statement} VALUES ", width, given):
                connection.execute(sql, values)

    def finish(self, *, counters: Mapping[str, int], followers: Mapping[str, int]) -> None:
        """Indexes, counts over time, and where each follower stands. The counts of the queue are ``Projections.rebuild``'s."""
        for index in self._indexes:
            self._store.execute(index)
        for statement in _COUNTS:
            self._store.execute(statement)
        self._store.executemany("INSERT INTO counters (name, value) VALUES (?, ?)", counters.items())
        self._store.executemany("INSERT OR REPLACE INTO followers (name, position) VALUES (?, ?)", followers.items())
        for connection in (self._store, self._log):
            connection.execute("COMMIT")

    def close(self) -> None:
        self._store.close()
        self._log.close()

    def __enter__(self) -> Filling:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _alone(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    connection.execute("BEGIN EXCLUSIVE")
    return connection


def _drop_indexes(connection: sqlite3.Connection, tables: Iterable[str]) -> list[str]:
    """The statements that make them again. What a table's own constraints rest on stays."""
    found = connection.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    theirs = [(name, sql) for name, table, sql in found.fetchall() if table in set(tables)]
    for name, _ in theirs:
        connection.execute(f"DROP INDEX {name}")
    return [sql for _, sql in theirs]


def _names(table: str) -> str:
    return ", ".join(c.name for c in _TABLES[table].columns)
