"""A case by its number, for whoever may read it."""

from __future__ import annotations

from cases.errors import NotFound
from cases.ports import CaseRow
from cases.viewer import Viewer
from dashboards.parts import Desk
from dashboards.rows import audit_secret


def find_row(desk: Desk, number: str, viewer: Viewer, how: str) -> CaseRow:
    """The case of this number; NotFound says the same of what is absent and what is not for this viewer.

    A read of a report of wrongdoing is on record before anything of it is shown.
    """
    row = desk.reader.row_by_number(number, viewer)
    if row is None:
        raise NotFound("没有这个办件，或者您无权查看。", "请核对办件编号")
    audit_secret(desk.audit, [row], viewer, how, desk.clock())
    return row
