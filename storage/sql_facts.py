"""Facts and the hourly counts that follow from them, in the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, bindparam, exists, func, select
from sqlalchemy.sql.elements import BindParameter, ColumnElement

from cases.ports import Fact, TrendRow
from cases.viewer import Viewer
from storage.counting import (
    EVERY,
    Cell,
    MonthCell,
    checked,
    differing,
    gathered,
    monthly,
    replacing,
    whole_months,
)  # fmt: skip
from storage.engines import FACTS_LOCK, Database
from storage.statements import add_up, insert_many, move_forward, rows_in
from storage.tables import case_accused, facts, followers, hourly_counts, monthly_counts, petitions

_FIELDS = ("petition_id", "case_id", "version", "hour", "topic", "place", "unit", "channel", "sight")
_CELL = ("hour", "topic", "place", "unit", "channel", "sight")
_FACTS = select(facts)
_MONTH = ("by", "month", "key", "unit", "sight")
_COUNTS = select(hourly_counts)
_MONTHS = select(monthly_counts)


def _lessening(table: Table, names: tuple[str, ...]) -> tuple[Any, Any]:
    """A cell that none is left in goes first: a count is never nought, and what remains is lessened after that."""
    this = and_(*(table.c[name] == bindparam(f"this_{name}") for name in names))
    less: BindParameter[int] = bindparam("less")
    return table.delete().where(this, table.c.n <= less), table.update().where(this).values(n=table.c.n - less)


_LESSEN = {t.name: _lessening(t, names) for t, names in ((hourly_counts, _CELL), (monthly_counts, _MONTH))}
_REPLACE = facts.update().where(facts.c.petition_id == bindparam("this_petition"))


class SqlFacts:
    """``cases.ports.Facts``. One lock for all writers, so that two workers' differences never cross."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def replace(self, facts: Sequence[Fact], *, follower: str, position: int) -> None:
        with self._database.following(FACTS_LOCK) as connection:
            _replace(connection, facts)
            move_forward(connection, followers, {"name": follower, "position": position}, "position")

    def trend(
        self, by: str, every: str, viewer: Viewer, *, start: str | None = None, end: str | None = None
    ) -> list[TrendRow]:
        """From ``start`` until before ``end``, both hours ``2026-11-23T09`` or the beginning of one. Raises BadInput.

        Reports of wrongdoing are rows of their own, ``sight`` secret, for those who may see them.
        """
        checked(by, every)
        if viewer.sees_nothing:
            return []
        counts = _summed(by, every, viewer, start, end)
        if viewer.sender is not None:
            counts = [_one_by_one(by, every, viewer, start, end).where(facts.c.sight == "open")]
        if viewer.sees_secret:
            counts.append(_one_by_one(by, every, viewer, start, end).where(facts.c.sight != "open"))
        with self._database.reading() as connection:
            return gathered((tuple(row) for query in counts for row in connection.execute(query)), every)

    def differences(self) -> list[str]:
        """What the counts get wrong, measured by GROUP BY over the facts; nothing, if all is well."""
        with self._database.snapshot() as connection:
            counted = count_cells(connection)
            return [
                *differing(kept_cells(connection), counted),
                *differing(kept_months(connection), monthly(counted)),
            ]


def count_cells(connection: Connection) -> dict[Cell, int]:
    """The hourly counts as the facts say them."""
    cells = [facts.c[name] for name in _CELL]
    return {_key(row): row[-1] for row in connection.execute(select(*cells, func.count()).group_by(*cells))}


def kept_cells(connection: Connection) -> dict[Cell, int]:
    """The hourly counts as they are kept."""
    return {_key(row): row[-1] for row in connection.execute(_COUNTS)}


def kept_months(connection: Connection) -> dict[MonthCell, int]:
    """The counts of months as they are kept."""
    rows = connection.execute(_MONTHS)
    return {(by, month, key, unit, sight): n for by, month, key, unit, sight, n in rows}


def _replace(connection: Connection, given: Iterable[Fact]) -> None:
    """1. What stands. 2. What is newer, and the differences. 3. Facts. 4. Counts."""
    given = list(given)
    asked = {f.petition_id for f in given}
    standing = {row["petition_id"]: fact_of(row) for row in rows_in(connection, _FACTS, facts.c.petition_id, asked)}
    newer, moves = replacing(given, standing)
    write_facts(connection, newer, standing, moves)


def write_facts(
    connection: Connection, newer: Mapping[str, Fact], standing: Mapping[str, Fact], moves: Counter[Cell]
) -> None:
    """These facts in the place of what stands, and the counts moved by the differences."""
    insert_many(connection, facts, [_values(f) for id_, f in newer.items() if id_ not in standing])
    changed = [_values(f) | {"this_petition": id_} for id_, f in newer.items() if id_ in standing]
    if changed:
        connection.execute(_REPLACE, changed)
    move_counts(connection, moves)


def move_counts(connection: Connection, moves: Counter[Cell]) -> None:
    """Hours, and the months that they are of. Without looking first: an hour has as many cells as a town has offices,
    places and topics in use together."""
    move_hours(connection, moves)
    move_months(connection, monthly(moves))


def move_hours(connection: Connection, moves: Counter[Cell]) -> None:
    _move(connection, hourly_counts, _CELL, moves)


def move_months(connection: Connection, moves: Counter[MonthCell]) -> None:
    _move(connection, monthly_counts, _MONTH, moves)


def _move(connection: Connection, table: Table, names: tuple[str, ...], moves: Mapping[Any, int]) -> None:
    more = [dict(zip(names, cell, strict=True)) | {"n": n} for cell, n in moves.items() if n > 0]
    add_up(connection, table, more, "n")
    fewer = [
        {f"this_{name}": value for name, value in zip(names, cell, strict=True)} | {"less": -n}
        for cell, n in moves.items()
        if n < 0
    ]
    if fewer:
        empty, lessen = _LESSEN[table.name]
        connection.execute(empty, fewer)
        connection.execute(lessen, fewer)


# --- Reading ---------------------------------------------------------------------------------------------------------


def _summed(by: str, every: str, viewer: Viewer, start: str | None, end: str | None) -> list[Select[Any]]:
    """Sums of what is open to everybody: of whole months where months are asked for, and of the hours that remain."""
    hours: list[tuple[str | None, str | None]] = [(start, end)]
    queries: list[Select[Any]] = []
    if every == "month":
        months, hours = whole_months(start, end)
        if months is not None:
            queries.append(_months(by, viewer, *months))
    for first, last in hours:
        kept = _period(hourly_counts, by, every, first, last)
        seen = (hourly_counts.c.sight == "open", *_units(hourly_counts, viewer))
        queries.append(kept(func.sum(hourly_counts.c.n)).where(*seen))
    return queries


def _months(by: str, viewer: Viewer, first: str | None, last: str | None) -> Select[Any]:
    of = monthly_counts.c
    bounds = [*([of.month >= first] if first is not None else []), *([of.month < last] if last is not None else [])]
    seen = (of.by == by, of.sight == "open", *bounds, *_units(monthly_counts, viewer))
    query: Select[Any] = select(of.month, of.key, func.sum(of.n), of.sight).where(*seen)
    return query.group_by(of.month, of.key, of.sight)


def _period(table: Table, by: str, every: str, start: str | None, end: str | None) -> Any:
    """A function from what is summed to the query of (period, key, sum, sight)."""
    at = func.substr(table.c.hour, 1, EVERY[every]).label("at")
    key = table.c[by].label("key")
    bounds: list[ColumnElement[bool]] = []
    if start is not None:
        bounds.append(table.c.hour >= start)
    if end is not None:
        bounds.append(table.c.hour < end)
    # By the labels: PostgreSQL takes two parameters of one value for two expressions.
    return lambda summed: select(at, key, summed, table.c.sight).where(*bounds).group_by("at", "key", table.c.sight)


def _one_by_one(by: str, every: str, viewer: Viewer, start: str | None, end: str | None) -> Select[Any]:
    """Counted from the facts themselves, for the few where it matters whose petition it is or who is accused."""
    query: Select[Any] = _period(facts, by, every, start, end)(func.count()).where(*_units(facts, viewer))
    if viewer.sender is not None:
        own = and_(petitions.c.petition_id == facts.c.petition_id, petitions.c.sender == viewer.sender)
        query = query.where(exists().where(own))
    if viewer.blocked:
        accused = and_(case_accused.c.case_id == facts.c.case_id, case_accused.c.who.in_(sorted(viewer.blocked)))
        query = query.where(~exists().where(accused))
    return query


def _units(table: Table, viewer: Viewer) -> list[ColumnElement[bool]]:
    return [] if viewer.units is None else [table.c.unit.in_(sorted(viewer.units))]


def fact_of(row: Any) -> Fact:
    return Fact(**{name: row[name] for name in _FIELDS})


def _values(fact: Fact) -> dict[str, Any]:
    return {name: getattr(fact, name) for name in _FIELDS}


def _key(row: Any) -> Cell:
    """The cell of a row of (hour, …, sight, n)."""
    hour, topic, place, unit, channel, sight = row[:-1]
    return (hour, topic, place, unit, channel, sight)
