"""The leader's numbers 驾驶舱, by index out of the rows that the folds wrote: nothing follows, so nothing is behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, not_, or_, select
from sqlalchemy.sql.elements import ColumnElement

from cases.ports import Figure, Page
from cases.viewer import Viewer
from storage import folded
from storage.columns import stamp
from storage.engines import Database
from storage.figuring import (
    JUDGED,
    RESOLVE,
    SATISFIED,
    checked,
    checked_by,
    checked_limit,
    cursor_after,
    fold_stamp,
    opened_of,
)  # fmt: skip
from storage.sql_rows import case_row_of
from storage.sql_sight import sight
from storage.tables import case_accused, cases, deadlines, facts

CLOSED_AT, EVALUATION = folded.closed_at(cases.c.fold), folded.evaluation(cases.c.fold)
RECEIVED_AT, RETURNS = folded.received_at(cases.c.fold), folded.returns(cases.c.fold)

# Counted in one reading. Not so what was closed and how it was rated: SQLite takes a computed value for WHERE out of the
# index, but for SELECT out of the row's JSON; three counts take a third of the time of one with three columns.
_FAMILIES = (("due", "late"),)


class SqlFigures:
    """``cases.ports.Figures``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self, figures: Mapping[str, Figure], by: str, viewer: Viewer) -> dict[str, dict[str, int]]:
        checked_by(by)
        asked: dict[Figure, list[tuple[str, int]]] = {}
        for name, figure in figures.items():
            family = next((f for f in _FAMILIES if figure.measure in f), (checked(figure).measure,))
            whole = replace(checked(figure), measure=family[0])
            asked.setdefault(whole, []).append((name, family.index(figure.measure)))
        found: dict[str, dict[str, int]] = {}
        with self._database.snapshot() as connection:
            for whole, names in asked.items():
                rows = connection.execute(_counted(whole, by, viewer, connection)).all()
                for name, n in names:
                    found[name] = {row[0]: int(row[1 + n]) for row in rows if row[1 + n]}
        return {name: found[name] for name in figures}

    def page(self, figure: Figure, viewer: Viewer, *, cursor: str | None = None, limit: int = 50) -> Page:
        checked_limit(limit)
        after = opened_of(cursor)
        with self._database.reading() as connection:
            query = select(cases).where(*_conditions(checked(figure), viewer, connection))
            if after is not None:
                query = query.where(cases.c.opened < after)
            rows = connection.execute(query.order_by(cases.c.opened.desc()).limit(limit + 1)).mappings().all()
        shown = tuple(case_row_of(row) for row in rows[:limit])
        return Page(shown, cursor_after(shown[-1].opened) if len(rows) > limit else None)


def _counted(figure: Figure, by: str, viewer: Viewer, connection: Connection) -> Select[*tuple[Any, ...]]:
    """Keys with their counts: of the measure, and of those that are a part of it."""
    key = func.coalesce(cases.c[by], "").label("key")
    if figure.measure == "due":
        # A limit that began again counts its case once, as late if any of them was.
        late = func.max(case((deadlines.c.status == "met", 0), else_=1)).label("late")
        ended = select(deadlines.c.case_id, late).where(*_ended(figure)).group_by(deadlines.c.case_id).subquery()
        query = select(key, func.count(), func.sum(ended.c.late)).join_from(
            ended, cases, cases.c.case_id == ended.c.case_id
        )
        # SQLite would rather look each case up by its key and read the whole row, fold and all: more than twice the time.
        query = query.with_hint(cases, "INDEXED BY ix_cases_whose", "sqlite") if by == "unit" else query
        return query.where(*_of(figure, viewer, connection)).group_by("key")
    return select(key, func.count()).where(*_conditions(figure, viewer, connection)).group_by("key")


def _conditions(figure: Figure, viewer: Viewer, connection: Connection) -> list[ColumnElement[bool]]:
    """On ``cases``: what is counted, of what, and for whom."""
    return [*_measured(figure), *_of(figure, viewer, connection)]


def _of(figure: Figure, viewer: Viewer, connection: Connection) -> list[ColumnElement[bool]]:
    """Whatever is measured: of whom, for whom."""
    found = _seen(viewer, connection)
    found.append(cases.c.secret if figure.secret else not_(cases.c.secret))
    if figure.by is not None and figure.measure != "received":
        column = cases.c[figure.by]
        found.append(column == figure.key if figure.key else or_(column.is_(None), column == ""))
    return found


def _seen(viewer: Viewer, connection: Connection) -> list[ColumnElement[bool]]:
    """As ``sight`` says; who is accused is looked up once, and not for each of sixty thousand cases."""
    found = sight(replace(viewer, blocked=frozenset()), connection)
    if viewer.blocked:
        accused = select(case_accused.c.case_id).where(case_accused.c.who.in_(sorted(viewer.blocked)))
        found.append(cases.c.case_id.not_in(accused))
    return found


def _measured(figure: Figure) -> list[ColumnElement[bool]]:
    match figure.measure:
        case "received":
            return [cases.c.case_id.in_(select(facts.c.case_id).where(*_handed_in(figure)))]
        case "closed":
            return _closed(figure)
        case "rated":
            return [*_closed(figure), EVALUATION.isnot(None)]
        case "satisfied":
            return [*_closed(figure), EVALUATION.in_(SATISFIED)]
        case "due":
            return [cases.c.case_id.in_(select(deadlines.c.case_id).where(*_ended(figure)))]
        case "late":
            late = and_(deadlines.c.status != "met", *_ended(figure))
            return [cases.c.case_id.in_(select(deadlines.c.case_id).where(late))]
        case "returned":
            span = _within(RECEIVED_AT, figure)
            return [RETURNS.isnot(None), *span]
    now_open = [cases.c.open, not_(cases.c.history)]
    if figure.measure == "overdue":
        return [*now_open, cases.c.level == "red"]
    return [*now_open, *_stamped(cases.c.due_at, figure)] if figure.measure == "upcoming" else now_open


def _closed(figure: Figure) -> list[ColumnElement[bool]]:
    return [CLOSED_AT.isnot(None), *_within(CLOSED_AT, figure)]


def _ended(figure: Figure) -> list[ColumnElement[bool]]:
    """Limits that were to be kept: void, paused and those not over are none (RULES section 7)."""
    assert figure.until is not None  # noqa: S101 — ``checked``
    due, status = deadlines.c.due_at, deadlines.c.status
    over = and_(status == "running", due < stamp(figure.until))
    return [deadlines.c.clock == RESOLVE, *_stamped(due, figure), or_(status.in_(JUDGED), over)]


def _handed_in(figure: Figure) -> list[ColumnElement[bool]]:
    assert figure.start is not None  # noqa: S101 — ``checked``
    assert figure.end is not None  # noqa: S101 — ``checked``
    of = [] if figure.by is None else [facts.c[figure.by] == figure.key]
    return [facts.c.hour >= _hour(figure.start), facts.c.hour < _hour(figure.end), *of]


def _hour(at: Any) -> str:
    """In the zone that the caller gave it in: hours of facts are those of the town's clocks."""
    return str(at.strftime("%Y-%m-%dT%H"))


def _within(column: ColumnElement[Any], figure: Figure) -> list[ColumnElement[bool]]:
    assert figure.start is not None  # noqa: S101 — ``checked``
    assert figure.end is not None  # noqa: S101 — ``checked``
    return [column >= fold_stamp(figure.start), column < fold_stamp(figure.end)]


def _stamped(column: ColumnElement[Any], figure: Figure) -> list[ColumnElement[bool]]:
    assert figure.start is not None  # noqa: S101 — ``checked``
    assert figure.end is not None  # noqa: S101 — ``checked``
    return [column >= stamp(figure.start), column < stamp(figure.end)]
