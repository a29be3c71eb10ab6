"""Who sees which cases, as SQL: the same rule as ``cases.viewer.Viewer.may_see``, which a test compares with it."""

from __future__ import annotations

from sqlalchemy import Connection, Table, and_, exists, false, func, not_, select
from sqlalchemy.sql.elements import ColumnElement

from cases.viewer import Viewer
from storage.tables import case_accused, case_senders, case_units, cases

FEW = 2000
"""Up to so many cases a viewer's list is made from these; beyond, from the order of the list, skipping the others'."""


def sight(viewer: Viewer, connection: Connection | None = None) -> list[ColumnElement[bool]]:
    """Conditions on ``cases``: add them all to WHERE. With a ``connection``, they are put in the faster of two ways:
    a clerk of one village has a handful among a hundred thousand, a dispatcher of the town nearly all.
    """
    if viewer.sees_nothing:
        return [false()]
    conditions: list[ColumnElement[bool]] = []
    if not viewer.sees_secret:
        conditions.append(not_(cases.c.secret))
    if viewer.blocked:
        accused = case_accused.c.who.in_(sorted(viewer.blocked))
        conditions.append(~exists().where(and_(case_accused.c.case_id == cases.c.case_id, accused)))
    if viewer.sender is not None:
        conditions.append(_within(case_senders, case_senders.c.sender == viewer.sender, connection))
    if viewer.units is not None:
        conditions.append(_within(case_units, case_units.c.unit.in_(sorted(viewer.units)), connection))
    return conditions


def _within(table: Table, own: ColumnElement[bool], connection: Connection | None) -> ColumnElement[bool]:
    if connection is not None and _count(connection, table, own) <= FEW:
        # IN makes SQLite begin with the viewer's own cases, EXISTS with the list's order.
        return cases.c.case_id.in_(select(table.c.case_id).where(own))
    return exists().where(and_(table.c.case_id == cases.c.case_id, own))


def _count(connection: Connection, table: Table, own: ColumnElement[bool]) -> int:
    some = select(table.c.case_id).where(own).limit(FEW + 1).subquery()
    return int(connection.scalar(select(func.count()).select_from(some)) or 0)
