"""Facts and the hourly counts that follow from them, in the tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, bindparam, exists, func, select
from sqlalchemy.sql.elements import ColumnElement

from cases.ports import Fact, TrendRow
from cases.viewer import Viewer
from storage.counting import EVERY, Cell, checked, differing, gathered, replacing
from storage.engines import FACTS_LOCK, Database
from storage.statements import add_up, insert_many, move_forward, rows_in
from storage.tables import case_accused, facts, followers, hourly_counts, petitions

_FIELDS = ("petition_id", "case_id", "version", "hour", "topic", "place", "unit", "channel", "sight")
_CELL = ("hour", "topic", "place", "unit", "channel", "sight")
_FACTS = select(facts)
_COUNTS = select(hourly_counts)


def _this_cell() -> ColumnElement[bool]:
    return and_(*(hourly_counts.c[name] == bindparam(f"this_{name}") for name in _CELL))


# A cell that none is left in goes first: a count is never nought, and what remains is lessened after that.
_EMPTY = hourly_counts.delete().where(_this_cell(), hourly_counts.c.n <= bindparam("by"))
_LESSEN = hourly_counts.update().where(_this_cell()).values(n=hourly_counts.c.n - bindparam("by"))
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
        kept = _period(hourly_counts, by, every, start, end)
        counts = [
            kept(func.sum(hourly_counts.c.n)).where(hourly_counts.c.sight == "open", *_units(hourly_counts, viewer))
        ]
        if viewer.sender is not None:
            counts = [_one_by_one(by, every, viewer, start, end).where(facts.c.sight == "open")]
        if viewer.sees_secret:
            counts.append(_one_by_one(by, every, viewer, start, end).where(facts.c.sight != "open"))
        with self._database.reading() as connection:
            return gathered((tuple(row) for query in counts for row in connection.execute(query)), every)

    def differences(self) -> list[str]:
        """What the hourly counts get wrong, measured by GROUP BY over the facts; nothing, if all is well."""
        with self._database.snapshot() as connection:
            return differing(kept_cells(connection), count_cells(connection))


def count_cells(connection: Connection) -> dict[Cell, int]:
    """The hourly counts as the facts say them."""
    cells = [facts.c[name] for name in _CELL]
    return {_key(row): row[-1] for row in connection.execute(select(*cells, func.count()).group_by(*cells))}


def kept_cells(connection: Connection) -> dict[Cell, int]:
    """The hourly counts as they are kept."""
    return {_key(row): row[-1] for row in connection.execute(_COUNTS)}


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
    """Without looking first: an hour has as many cells as a town has offices, places and topics in use together."""
    add_up(connection, hourly_counts, [_row(c) | {"n": n} for c, n in moves.items() if n > 0], "n")
    fewer = [_bound(c) | {"by": -n} for c, n in moves.items() if n < 0]
    if fewer:
        connection.execute(_EMPTY, fewer)
        connection.execute(_LESSEN, fewer)


# --- Reading ---------------------------------------------------------------------------------------------------------


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


def _cell(row: Any) -> Cell:
    return (row["hour"], row["topic"], row["place"], row["unit"], row["channel"], row["sight"])


def _row(cell: Cell) -> dict[str, Any]:
    return dict(zip(_CELL, cell, strict=True))


def _bound(cell: Cell) -> dict[str, Any]:
    return {f"this_{name}": value for name, value in zip(_CELL, cell, strict=True)}
