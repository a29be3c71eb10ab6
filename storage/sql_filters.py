"""What a query asks for, as SQL; ``storage.memory`` says the same in Python."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Text, and_, func, literal_column, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from cases.ports import CaseQuery
from storage.columns import FAR, stamp
from storage.tables import AWAITS_FOLLOWUP_POSTGRESQL, AWAITS_FOLLOWUP_SQLITE, cases


def wanted(query: CaseQuery) -> list[ColumnElement[bool]]:
    """Conditions on ``cases``. ``units`` are lead offices; ``joint_only``: with a joint link, confirmed or suggested."""
    conditions: list[ColumnElement[bool]] = []
    for column, values in (
        (cases.c.state, query.states),
        (cases.c.unit, query.units),
        (cases.c.topic, query.topics),
        (cases.c.channel, query.channels),
        (cases.c.level, query.levels),
        (cases.c.place, query.places),
        (cases.c.purpose, query.purposes),
    ):
        if values:
            conditions.append(column.in_(sorted(values)))
    mine = _mine(query)
    if mine is not None:
        conditions.append(mine)
    if query.hops:
        # The condition of ix_cases_hopping: it says open as well.
        conditions.append(_exactly("cases.hops >= 2"))
        conditions.append(cases.c.hops >= query.hops)
    if query.sent_back:
        conditions.append(_exactly("cases.returned >= 1"))
    if query.due_from is not None:
        conditions.append(cases.c.due_at >= stamp(query.due_from))
        conditions.append(cases.c.due_at < FAR)
    if query.due_before is not None:
        conditions.append(cases.c.due_at < stamp(query.due_before))
    if query.open_only and not query.hops and not query.sent_back:
        # By the order of opening or of change most are open: the index of the queue would only bring a sort with it.
        conditions.append(cases.c.open if query.sort == "due" else cases.c.open.isnot(False))
    if query.joint_only:
        conditions.append(cases.c.joint)
    if query.from_number:
        conditions.append(walked(cases.c.number) >= query.from_number)
        conditions.append(walked(cases.c.opened) >= _opened(query.from_number) - INTERLEAVED)
    if query.before_number:
        conditions.append(walked(cases.c.number) < query.before_number)
        conditions.append(walked(cases.c.opened) < _opened(query.before_number) + INTERLEAVED)
    if query.history is not None:
        conditions.append(cases.c.history == query.history)
    if query.awaits_followup:
        conditions.append(awaits_followup(cases.c.state, cases.c.history, cases.c.fold))
    return conditions


def _exactly(condition: str) -> ColumnElement[Any]:
    """The condition of an index, letter for letter. Not Boolean: SQLAlchemy would write "= 1" behind it for SQLite, and no
    index would be used."""
    return literal_column(condition, NullType())


INTERLEAVED = 10_000
"""Numbers rise as cases are opened; at midnight two processes may disagree for a moment which day it is."""


def _opened(number: str) -> ColumnElement[int]:
    """Where the cases from this number on begin, so that a list walks no further than its period."""
    first = cases.alias("first")
    opened = select(first.c.opened).where(first.c.number >= number).order_by(first.c.number).limit(1)
    return func.coalesce(opened.scalar_subquery(), 1 << 60)


class walked(FunctionElement[Any]):  # noqa: N801 - a function to whoever writes a statement
    """The column, but not by an index of its own: SQLite would read a year's rows by number or by opening, where the index of
    the list holds them with all filters. PostgreSQL knows how many a period has and chooses by that."""

    type = Text()
    inherit_cache = True


@compiles(walked, "sqlite")
def _walked_sqlite(element: walked, compiler: SQLCompiler, **kw: Any) -> str:
    return f"+{compiler.process(element.clauses, **kw)}"


@compiles(walked)
def _walked(element: walked, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.clauses, **kw)


class awaits_followup(FunctionElement[Any]):  # noqa: N801 - a function to whoever writes a statement
    """``Case.awaits_followup``, letter for letter the condition of the index ``ix_cases_followup``: with parameters in the
    place of the words, no planner would know that it may use it."""

    type = NullType()
    inherit_cache = True


@compiles(awaits_followup, "sqlite")
def _awaits_sqlite(element: awaits_followup, compiler: SQLCompiler, **kw: Any) -> str:
    state, history, fold = (compiler.process(clause, **kw) for clause in element.clauses)
    return AWAITS_FOLLOWUP_SQLITE.format(state=state, history=history, fold=fold)


@compiles(awaits_followup, "postgresql")
def _awaits_postgresql(element: awaits_followup, compiler: SQLCompiler, **kw: Any) -> str:
    state, history, fold = (compiler.process(clause, **kw) for clause in element.clauses)
    return AWAITS_FOLLOWUP_POSTGRESQL.format(state=state, history=history, fold=fold)


def _mine(query: CaseQuery) -> ColumnElement[bool] | None:
    """Mine, and what I could claim: open, with my office, and nobody's yet."""
    parts: list[ColumnElement[bool]] = []
    if query.handler is not None:
        parts.append(cases.c.handler == query.handler)
    if query.claimable_for is not None:
        parts.append(and_(cases.c.unit == query.claimable_for, cases.c.handler.is_(None), cases.c.open))
    return or_(*parts) if parts else None
