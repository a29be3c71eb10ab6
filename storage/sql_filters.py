"""What a query asks for, as SQL; ``storage.memory`` says the same in Python."""

from __future__ import annotations

from sqlalchemy import and_, or_
from sqlalchemy.sql.elements import ColumnElement

from cases.ports import CaseQuery
from storage.columns import stamp
from storage.tables import cases


def wanted(query: CaseQuery) -> list[ColumnElement[bool]]:
    """Conditions on ``cases``. ``units`` are lead offices; ``joint_only``: with a joint link, confirmed or suggested."""
    conditions: list[ColumnElement[bool]] = []
    for column, values in (
        (cases.c.state, query.states),
        (cases.c.unit, query.units),
        (cases.c.topic, query.topics),
        (cases.c.channel, query.channels),
        (cases.c.level, query.levels),
    ):
        if values:
            conditions.append(column.in_(sorted(values)))
    mine = _mine(query)
    if mine is not None:
        conditions.append(mine)
    if query.due_before is not None:
        conditions.append(cases.c.due_at < stamp(query.due_before))
    if query.open_only:
        # By the order of opening or of change most are open: the index of the queue would only bring a sort with it.
        conditions.append(cases.c.open if query.sort == "due" else cases.c.open.isnot(False))
    if query.joint_only:
        conditions.append(cases.c.joint)
    if query.history is not None:
        conditions.append(cases.c.history == query.history)
    return conditions


def _mine(query: CaseQuery) -> ColumnElement[bool] | None:
    """Mine, and what I could claim: open, with my office, and nobody's yet."""
    parts: list[ColumnElement[bool]] = []
    if query.handler is not None:
        parts.append(cases.c.handler == query.handler)
    if query.claimable_for is not None:
        parts.append(and_(cases.c.unit == query.claimable_for, cases.c.handler.is_(None), cases.c.open))
    return or_(*parts) if parts else None
