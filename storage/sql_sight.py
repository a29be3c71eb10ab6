"""Who sees which cases, as SQL: the same rule as ``cases.viewer.Viewer.may_see``, which a test compares with it."""

from __future__ import annotations

from sqlalchemy import and_, exists, false, not_, select
from sqlalchemy.sql.elements import ColumnElement

from cases.viewer import Viewer
from storage.tables import case_accused, case_senders, case_units, cases


def sight(viewer: Viewer) -> list[ColumnElement[bool]]:
    """Conditions on ``cases``: add them all to WHERE."""
    if viewer.sees_nothing:
        return [false()]
    conditions: list[ColumnElement[bool]] = []
    if not viewer.sees_secret:
        conditions.append(not_(cases.c.secret))
    if viewer.blocked:
        accused = case_accused.c.who.in_(sorted(viewer.blocked))
        conditions.append(~exists().where(and_(case_accused.c.case_id == cases.c.case_id, accused)))
    if viewer.sender is not None:
        own = select(case_senders.c.case_id).where(case_senders.c.sender == viewer.sender)
        conditions.append(cases.c.case_id.in_(own))
    if viewer.units is not None:
        subtree = case_units.c.unit.in_(sorted(viewer.units))
        conditions.append(exists().where(and_(case_units.c.case_id == cases.c.case_id, subtree)))
    return conditions
